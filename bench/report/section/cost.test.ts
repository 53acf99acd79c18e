import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import type { ByComponent, ProcessFigures } from '../../measure/processes.ts';
import { formatBytes, formatTime } from '../../wording/format.ts';
import { bytesAxis } from '../axis.ts';
import type { BarSpec } from '../page/spec.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { type RunView, viewOf } from '../view.ts';
import { cost, levelsSentence } from './cost.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const VIEW = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));
const [TLS = assert.fail(), PLAIN = assert.fail()] = VIEW.runs;
const NONE: ByComponent = { proxy: null, server: null, generator: null };

/** Processes with these shares of a core. */
function processes(...shares: [component: keyof ByComponent, cpuShare: number | null][]): ProcessFigures[] {
  const [first = assert.fail()] = TLS.figures.processes;
  return shares.map(([component, cpuShare], at) => ({ ...first, component, cpuShare, name: `p${at}` }));
}

function withFigures(view: RunView, figures: Partial<RunView['figures']>): RunView {
  return { ...view, figures: { ...view.figures, ...figures } };
}

function costOf(...runs: RunView[]) {
  return cost({ ...VIEW, runs, steps: [{ step: 'throughput', runs }] });
}

/** The charts of a step: CPU, memory, and the busiest process. */
function chartsOf(...runs: RunView[]): BarSpec[] {
  return costOf(...runs).charts as BarSpec[];
}

test('the bars of CPU and memory are stacked, and have a part for each component with a figure in any run', () => {
  const figures = (cpu: Partial<ByComponent>, memory: Partial<ByComponent>) => ({
    cpuUsPerMessage: { ...NONE, ...cpu },
    memoryPerConnectionBytes: { ...NONE, ...memory },
  });
  const [cpu, memory] = chartsOf(
    withFigures(TLS, figures({ proxy: 5 }, { proxy: 1000, server: 2000, generator: 3000 })),
    withFigures(PLAIN, figures({ generator: 7 }, { proxy: 4000, server: 500 })),
  );
  const bars = { kind: 'bar', y: { title: '', unit: 'name' }, names: ['tls', 'plain'], stacked: true };
  assert.deepEqual(cpu, {
    ...bars,
    id: 'chart-cpu-throughput',
    x: { title: 'CPU per message', unit: 'time', min: 0 },
    series: [
      { label: 'Nginx', colour: 'component-proxy', values: [5, null] },
      { label: 'Generator', colour: 'component-generator', values: [null, 7] },
    ],
  });
  assert.deepEqual(memory, {
    ...bars,
    id: 'chart-memory-throughput',
    x: bytesAxis('resident memory per connection', 'bytes', 1000 + 2000 + 3000),
    series: [
      { label: 'Nginx', colour: 'component-proxy', values: [1000, 4000] },
      { label: 'Echo server', colour: 'component-server', values: [2000, 500] },
      { label: 'Generator', colour: 'component-generator', values: [3000, null] },
    ],
  });
  const [, unknown] = chartsOf(withFigures(TLS, figures({}, {})));
  assert.deepEqual(unknown?.x, bytesAxis('resident memory per connection', 'bytes', 0));
});

test('the axis of the busiest processes ends at a whole core, or at the busiest one if it used more', () => {
  const chartOf = (...shares: Parameters<typeof processes>) =>
    chartsOf(withFigures(TLS, { processes: processes(...shares) }))[2];
  assert.deepEqual(
    chartOf(['proxy', 0.5], ['proxy', 1.5], ['proxy', null], ['server', null], ['generator', 0]),
    {
      kind: 'bar',
      id: 'chart-busiest-throughput',
      x: { title: 'share of a core', unit: 'share', min: 0, max: 1.5 },
      y: { title: '', unit: 'name' },
      names: ['tls'],
      stacked: false,
      series: [
        { label: 'Nginx', colour: 'component-proxy', values: [1.5] },
        { label: 'Generator', colour: 'component-generator', values: [0] },
      ],
    },
  );
  assert.equal(chartOf(['server', 0.5])?.x.max, 1);
});

test('the busiest process is found among all components and runs, without generators that spin', () => {
  const told = (...runs: RunView[]) =>
    [...(costOf(...runs).body?.markup ?? '').matchAll(/<p class="finding">(.*?)<\/p>/g)].at(-1)?.[1];
  const using = (
    view: RunView,
    shares: [number | null, number, number],
    pacing: 'spin' | 'sleep' = 'sleep',
  ) => ({
    ...withFigures(view, {
      processes: processes(['proxy', shares[0]], ['server', shares[1]], ['generator', shares[2]]),
    }),
    run: { ...view.run, plan: { ...view.run.plan, pacing } },
  });
  const busiest = (whose: string, share: string) =>
    `The busiest process was ${whose}, at ${share} of a core.`;
  assert.equal(told(using(TLS, [0.2, 0.3, 0.1])), busiest('the echo server of tls', '30 %'));
  assert.equal(told(using(TLS, [null, 0.3, 0.4])), busiest('the generator of tls', '40 %'));
  assert.equal(told(using(TLS, [0.2, 0, 0]), using(PLAIN, [1, 0, 0])), busiest('Nginx of plain', '100 %'));
  assert.equal(
    told(using(TLS, [0.2, 0, 0.9], 'spin'), using(PLAIN, [0, 0, 0.5])),
    busiest('the generator of plain', '50 %').replace('.', ' (not counting spinning generators).'),
  );
  for (const runs of [[using(TLS, [0, 0, 0])], [using(TLS, [null, 0, 0.9], 'spin')]])
    assert.equal(told(...runs), 'No CPU was measured.');
});

test('the finding is that of the first step', () => {
  const figures = (proxy: number) => ({ cpuUsPerMessage: { ...NONE, proxy } });
  const [first, second] = [withFigures(TLS, figures(5)), withFigures(TLS, figures(700))];
  const steps = [
    { step: 'throughput', runs: [first] },
    { step: 'latency', runs: [second] },
  ];
  const section = cost({ ...VIEW, runs: [first, second], steps });
  assert.equal(
    section.finding,
    levelsSentence('CPU per message', [first], ({ figures }) => figures.cpuUsPerMessage, formatTime),
  );
  assert.deepEqual(
    section.charts.map(({ id }) => id),
    ['throughput', 'latency'].flatMap((step) =>
      ['cpu', 'memory', 'busiest'].map((id) => `chart-${id}-${step}`),
    ),
  );
});

test('components without any figure have no column, but the generator has one', () => {
  const pageOf = (memory: Partial<ByComponent>) => {
    const memoryPerConnectionBytes = { ...NONE, ...memory };
    return costOf(withFigures(TLS, { cpuUsPerMessage: NONE, memoryPerConnectionBytes })).body?.markup ?? '';
  };
  const headsIn = (page: string) => headsOf({ body: { markup: page } })[0]?.split(': ')[1];
  assert.equal(
    headsIn(pageOf({})),
    'Variant →, Step →, Generator CPU per message, Generator memory per connection',
  );
  const page = pageOf({ server: 2048 });
  assert.equal(
    headsIn(page),
    'Variant →, Step →, Generator CPU per message, Echo server memory per connection, Generator memory per connection',
  );
  assert.deepEqual(tableOf(page, 'CPU per message and memory per connection'), [
    ['tls', 'throughput', '–', formatBytes(2048), '–'],
  ]);
});

test('every process has a row; what was not measured is a dash', () => {
  const [first = assert.fail()] = TLS.figures.processes;
  const known = {
    ...{ name: 'a', cpuShare: 0.5, residentBytes: 2048, loopUtilisation: 0.25, loopDelayMaxUs: 3000 },
    ...{ voluntarySwitchesPerSecond: 1, involuntarySwitchesPerSecond: 2 },
  };
  const unknown = Object.fromEntries(Object.keys(known).map((name) => [name, null]));
  const view = withFigures(TLS, {
    processes: [
      { ...first, ...known },
      { ...first, ...unknown, name: 'b' },
    ],
  });
  assert.deepEqual(tableOf(costOf(view).body?.markup ?? '', 'Every process in the steady phase'), [
    ['tls', 'throughput', 'a', '50 %', '2 KiB', '1', '2', '25 %', '3 ms'],
    ['tls', 'throughput', 'b', ...Array(6).fill('–')],
  ]);
});

test('a figure that no component has is that of the generator, and not measured', () => {
  const { run } =
    viewOf(makeResult([makeRun({ ...SMALL, profile: 'direct', load: OPEN })])).runs[0] ?? assert.fail();
  assert.equal(
    levelsSentence('CPU', [{ ...TLS, run }], () => NONE, String),
    'Generator CPU was not measured.',
  );
});
