import { test } from 'node:test';
import { assertGolden } from '../../test/golden.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { makeScenarioRun } from '../../test/scenario-run.ts';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { ScenarioOptions } from '../model/load.ts';
import { broadcast } from './broadcast/definition.ts';
import type { ScenarioDefinition } from './definition.ts';
import { ECHO_METRICS } from './echo/metrics.ts';
import { SCENARIOS } from './registry.ts';

/** What each built-in scenario declares, and what follows from its options, compared with a golden file. */

/** Values of options that change what follows from them. */
const VARIED: Record<string, ScenarioOptions[]> = {
  idle: [{ ping: 'client' }, { ping: 'server', 'ping-every': 300, hold: 2000 }],
  reload: [
    { reloads: 3, 'reload-every': 2000 },
    { upgrade: 'same' },
    { upgrade: '@new' },
    { upgrade: 'new' },
  ],
  connect: [{ resume: 'on' }, { close: 'server' }, { close: 'server', echo: 'on' }, { pending: 50 }],
  storm: [{ cut: 'backend', recovery: 4000 }, { cut: 'proxy' }],
  broadcast: [
    { room: 10 },
    { room: 59 },
    { publishers: 11 },
    { room: 10, publishers: 7 },
    { room: 10, publishers: 8 },
    { room: 10, publishers: 4 },
  ],
  'backend-loss': [{ loss: 'stop' }],
  'slow-consumer': [{ 'slow-share': 1 }, { 'slow-share': 99, stall: 2000 }, { 'slow-share': 9 }],
  mixed: [{ 'http-for': 3000, 'http-rate': 7, 'http-connections': 3 }, { 'http-for': 5001 }],
};

const CONNECTIONS = [1, 2, 10, 12, 15, 99, 100, 101, 999, 1000, 1001, 5000];
const PAYLOADS = [16, 17, 18, 19, 20, 21, 22, 23, 24, 64];

function defaultsOf({ options }: ScenarioDefinition): ScenarioOptions {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
}

/** Names, values and numbers, without titles and other texts. */
function data(value: unknown): string {
  return JSON.stringify(value, (key, each) => {
    if (['title', 'question', 'help', 'label', 'expected', 'metrics'].includes(key)) return undefined;
    return each instanceof RegExp ? String(each) : each;
  });
}

/** One of the middle and one of the tail stand for all statistics of a time. */
const isOtherStatistic = (name: string) => /\.(min|mean|p90|p95|p999|p9999|max)$/.test(name);

/** What follows from these options. */
function consequences(scenario: ScenarioDefinition, given: ScenarioOptions): string[] {
  const options = { ...defaultsOf(scenario), ...given };
  const payload = (minBytes: number) => ({ minBytes, maxBytes: minBytes + 1, type: 'text' as const });
  const asked = (connections: number, bytes: number) => ({ connections, options, payload: payload(bytes) });
  const isWrong = (connections: number, bytes: number) =>
    scenario.problemOf(asked(connections, bytes)) !== null;
  return [
    `with ${data(given)}`,
    ...scenario.steps.flatMap(({ name }) => [
      `lengths of ${name} ${data(scenario.lengths(name, options))}`,
      ...[1, 3].map((servers) => `timeline of ${name} ${data(scenario.timeline(name, options, servers))}`),
    ]),
    `default rate ${data(CONNECTIONS.map((each) => [each, scenario.defaultRate(each, options)]))}`,
    `too few or too many ${data(CONNECTIONS.filter((each) => isWrong(each, 64)))}`,
    `too small ${data(PAYLOADS.filter((each) => isWrong(1000, each)))}`,
    `largest message ${scenario.largestMessage(payload(70_000))}`,
    `server arguments ${data(scenario.serverArguments(options))}`,
    `connections ${data(scenario.connectionTraits?.(options) ?? null)}`,
    `http ${data(scenario.httpLoad?.(options) ?? null)}`,
  ];
}

for (const scenario of SCENARIOS)
  test(`${scenario.name} declares what its golden file says`, () => {
    const { metrics, title: _title, question: _question, ...rest } = scenario;
    const fields = Object.entries(rest)
      .filter(([, value]) => typeof value !== 'function')
      .toSorted(([a], [b]) => a.localeCompare(b));
    const lines = [
      ...fields.map(([name, value]) => `${name} ${data(value)}`),
      ...[{}, ...(VARIED[scenario.name] ?? [])].flatMap((given) => consequences(scenario, given)),
      ...metrics.flatMap(({ name, unit, better, kind, step, needs, unfit }) =>
        isOtherStatistic(name) ? [] : `${name} ${data({ unit, better, kind, step, needs })} ${unfit.name}`,
      ),
    ];
    assertGolden(`definitions/${scenario.name}.txt`, `${lines.join('\n')}\n`);
  });

/** The metrics that a run provides, of those that its scenario has. */
function valuesOf(scenario: ScenarioDefinition, figures: RunFigures): string[] {
  return scenario.metrics.flatMap(({ name, read }) => {
    // The metrics of messages are those of `echo`.
    if (scenario.name !== 'echo' && ECHO_METRICS.some((metric) => metric.name === name)) return [];
    if (isOtherStatistic(name)) return [];
    const value = read(figures, { proxy: null, pacing: null });
    return value === null ? [] : [`${name} ${Math.round(value * 1000) / 1000}`];
  });
}

/** The figures of a run without messages, connections and other work, in which everything else is recorded. */
function idleFigures(scenario: ScenarioDefinition): RunFigures {
  const [step] = scenario.steps;
  const run = makeScenarioRun(scenario, step ?? broadcast.steps[0], 'plain');
  const nothing = Object.fromEntries(
    ['opened', ...scenario.recorded.counters, ...scenario.recorded.gauges].map((name) => [name, 0]),
  );
  return figuresOf({
    ...run,
    slices: run.slices.map((slice) => ({ ...slice, counters: nothing, gauges: { open: 0 }, histograms: {} })),
    workers: run.workers.map((worker) => ({ ...worker, asked: 0, ...nothing, opened: 0, failed: 0 })),
    memory: [],
    queues: [],
    timeline: [],
    http: null,
    httpLoad: null,
  });
}

/** A run that records nothing of its scenario. */
const unrelated = () =>
  figuresOf(makeRun({ profile: 'direct', seconds: 2, connections: 10, perSecond: 100, load: OPEN }));

test('each metric reads what a run has recorded', () => {
  const lines = SCENARIOS.flatMap((scenario) =>
    scenario.steps.map((step) => {
      const run = makeScenarioRun(scenario, step, 'tls');
      for (const { counters } of run.slices)
        Object.assign(counters, { bytesSent: 1000, bytesReceived: 3000 });
      return `${step.name}: ${valuesOf(scenario, figuresOf(run)).join(', ')}`;
    }),
  );
  assertGolden('definitions/values.txt', `${lines.join('\n')}\n`);
});

test('a metric without data has no value, and one of nothing is 0', () => {
  const lines = SCENARIOS.flatMap((scenario) => [
    `${scenario.name}, of nothing: ${valuesOf(scenario, idleFigures(scenario)).join(', ')}`,
    `${scenario.name}, unrelated: ${valuesOf(scenario, unrelated()).join(', ')}`,
  ]);
  assertGolden('definitions/metrics.txt', `${lines.join('\n')}\n`);
});
