import { emptyHistogram, encode } from '../bench/measure/histogram.ts';
import type { ScenarioOptions } from '../bench/model/load.ts';
import { type Counters, counted } from '../bench/model/recording.ts';
import type { Result } from '../bench/model/result.ts';
import type { QueueSample, Run, Slice } from '../bench/model/run.ts';
import type { ScenarioDefinition, StepDefinition } from '../bench/scenarios/definition.ts';
import { makeMixedRun } from './mixed.ts';
import { makeResult } from './result.ts';
import { CLOSED, makeRun } from './run.ts';

const SECONDS = 6;
const SECOND_US = 1_000_000;
const CONNECTIONS = 100;
const SERVERS = 3;

/** A result of a scenario: two profiles, in all steps. */
export function makeScenarioResult(scenario: ScenarioDefinition, options: ScenarioOptions = {}): Result {
  const runs = ['plain', 'tls'].flatMap((profile) =>
    scenario.steps.map((step) => makeScenarioRun(scenario, step, profile, options)),
  );
  const result = makeResult(runs);
  const steps = scenario.steps.map(({ name }) => name);
  return { ...result, plan: { ...result.plan, scenario: scenario.name, steps } };
}

/**
 * A run that has a value of its own for everything that its scenario records, so that a figure read from the
 * wrong place differs. Its equations hold, and the actions of its timeline divide the steady phase evenly.
 */
export function makeScenarioRun(
  scenario: ScenarioDefinition,
  step: StepDefinition,
  profile: string,
  options: ScenarioOptions = {},
): Run {
  const chosen = { ...defaultsOf(scenario), ...options };
  const seed = profile.length + scenario.steps.indexOf(step);
  const run = makeRun({
    profile,
    connections: CONNECTIONS,
    seconds: SECONDS,
    perSecond: 200,
    seed,
    load: step.load === 'open' ? { kind: 'open', ratePerSecond: 200, arrivals: 'uniform' } : CLOSED,
  });
  const steadyUs = run.phases.find(({ phase }) => phase === 'steady')?.startUs ?? 0;
  const totals = totalsOf(scenario, seed);
  const failures = { 'tcp/refused': 2 + seed, 'upgrade/status-502': 3, 'open/closed-1006': 5 };
  const actions = scenario.timeline(step.name, chosen, SERVERS);
  const { load, ...workload } = run.plan.workload;
  const { httpLoad } = makeMixedRun(profile);
  return {
    ...run,
    plan: {
      ...run.plan,
      step: step.name,
      servers: SERVERS,
      workload: {
        ...workload,
        load: step.load === null ? null : load,
        scenario: scenario.name,
        options: chosen,
      },
    },
    timeline: actions.map(({ action }, index) => ({
      action,
      atUs: steadyUs + Math.round(((index + 1) * SECONDS * SECOND_US) / (actions.length + 1)),
      failure: null,
    })),
    slices: run.slices.map((slice, index) => ({
      ...slice,
      counters: countersIn(scenario, totals, run.slices, index),
      gauges: gaugesAt(scenario, totals, (index + 1) / run.slices.length),
      failures: index === run.slices.length - 3 ? failures : {},
      histograms: {
        ...slice.histograms,
        ...(slice.phase === 'connect' ? {} : histogramsOf(scenario, index + seed)),
      },
    })),
    workers: [{ worker: 0, asked: CONNECTIONS, failed: 10 + seed, ...totals }],
    memory: scenario.openingStages === 1 ? [] : memoryOf(scenario.openingStages, seed),
    queues: scenario.samplesQueues ? queuesFrom(steadyUs, seed) : [],
    listenDrops: { overflows: 6 + seed, drops: 7 + seed },
    http: scenario.hasHttpLeg || scenario.httpLoad ? run.http : null,
    httpLoad: scenario.httpLoad ? httpLoad : null,
  };
}

function defaultsOf({ options }: ScenarioDefinition): ScenarioOptions {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
}

/** The final counters and gauges of the run. */
function totalsOf(
  { recorded, conservation }: ScenarioDefinition,
  seed: number,
): Counters & { opened: number } {
  const names = [...recorded.counters, ...recorded.gauges];
  const totals = {
    opened: CONNECTIONS,
    ...Object.fromEntries(names.map((name, index) => [name, 40 + 7 * index + seed])),
  } as Counters & { opened: number };
  // A sum that is part of another equation is declared after it.
  for (const { whole, parts, added = [] } of conservation.toReversed())
    totals[whole] = [...parts, ...added].reduce((sum, part) => sum + counted(totals, part), 0);
  return totals;
}

/** Connections are opened in the connect phase; everything else grows from the warm-up on. */
function countersIn(
  { recorded, work }: ScenarioDefinition,
  totals: Counters,
  slices: readonly Slice[],
  index: number,
): Counters {
  const isConnecting = (slice: Slice | undefined) => slice?.phase === 'connect';
  const connecting = slices.filter(isConnecting).length;
  const shareOf = (name: string): number => {
    const early = name === 'opened' && work !== 'handshakes';
    if (early !== isConnecting(slices[index])) return 0;
    const [at, of] = early ? [index, connecting] : [index - connecting, slices.length - connecting];
    const until = (count: number) => Math.floor((counted(totals, name) * count ** 2) / of ** 2);
    return until(at + 1) - until(at);
  };
  return Object.fromEntries(
    ['opened', 'bytesSent', 'bytesReceived', ...recorded.counters].map((name) => [name, shareOf(name)]),
  );
}

function gaugesAt({ recorded }: ScenarioDefinition, totals: Counters, share: number): Slice['gauges'] {
  const values = recorded.gauges.map((name) => [name, Math.floor(counted(totals, name) * share)]);
  return { ...Object.fromEntries(values), open: Math.floor(CONNECTIONS * share) };
}

function histogramsOf({ recorded }: ScenarioDefinition, second: number): Slice['histograms'] {
  return Object.fromEntries(
    recorded.histograms.map((name, index) => {
      const histogram = emptyHistogram();
      for (let sample = 0; sample < 40; sample++)
        histogram.recordValue((index + 1) * 1000 + second * 100 + sample * (index + 3));
      return [name, encode(histogram)];
    }),
  );
}

function memoryOf(stages: number, seed: number): Run['memory'] {
  return Array.from({ length: stages }, (_, index) => {
    const open = Math.round((CONNECTIONS * (index + 1)) / stages);
    return {
      atUs: index,
      open,
      proxyBytes: 5_000_000 + open * (17_000 + seed * 100),
      kernelBytes: 40_000_000 + open * (11_000 + seed * 100),
      proxyFiles: 30 + 2 * open,
    };
  });
}

function queuesFrom(steadyUs: number, seed: number): QueueSample[] {
  return Array.from({ length: SECONDS }, (_, second) => {
    const queued = (unread: number, unsent: number) => ({
      open: CONNECTIONS - second,
      closing: second,
      unread: unread * second * 1000,
      unsent: unsent * second * 1000,
    });
    return {
      atUs: steadyUs + second * SECOND_US + SECOND_US / 2,
      proxyBytes: 6_000_000 + second * (200_000 + seed),
      tcpBytes: 3_000_000 + second * (700_000 + seed),
      client: queued(11, 1),
      proxyClient: queued(2, 13),
      proxyServer: queued(17, 3),
      server: queued(5, 19),
    };
  });
}
