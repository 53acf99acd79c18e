import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import type { RunFigures } from '../../measure/figures.ts';
import { emptyHistogram } from '../../measure/histogram.ts';
import type { HostFigures } from '../../measure/hosts.ts';
import type { Point } from '../../measure/series.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import { tableOf } from '../page-text.test.fixture.ts';
import { type RunView, type View, viewOf } from '../view.ts';
import { causesIn, eventsOf } from './bands.ts';
import { effects, rounds } from './comparison.ts';
import { percentileChart } from './distributions.ts';
import { handshakes } from './handshakes.ts';
import { hasHosts, hosts } from './hosts.ts';
import { tcp } from './tcp.ts';
import { ofAll, ofSlices, rateChart, timeOf } from './time-charts.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const VIEW = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));

/** A view of runs with these figures. */
function viewWith(...figures: Partial<RunFigures>[]): View {
  const runs = figures.map((each, index) => {
    const base = VIEW.runs[index % 2] as RunView;
    return { ...base, figures: { ...base.figures, ...each } };
  });
  return { ...VIEW, runs, steps: [{ step: 'throughput', runs }] };
}

const host = (name: string, changes: Partial<HostFigures> = {}): HostFigures => ({
  ...{ name, role: 'generator', cpus: 4, machine: null, workers: 2, connections: 1000 },
  share: { connections: 0.5, messages: 0.25 },
  sendLag: null,
  ...{ cpu: 1.234, used: 0.5, clock: { errorUs: 20, driftUs: -5 } },
  ...changes,
});

/** A send lag with too few samples for its p99. */
const LAG = {
  ...{ count: 9, min: 1, mean: 2, p50: 3, p90: 4, p95: null, p99: null, p999: null, p9999: null, max: 5 },
};

test('hosts are listed by role, with what each generator contributed and each machine', () => {
  const machine = { cpuModel: 'CPU', memoryBytes: 2 ** 30, os: 'Debian', kernel: '6.1', arch: 'x64' };
  const none = { cpu: null, used: null, clock: { errorUs: 20, driftUs: null } };
  const section = hosts(
    viewWith(
      { hosts: [host('g1'), host('n1', { role: 'proxy', ...none })] },
      {
        hosts: [
          host('g1'),
          host('g2', { share: { connections: null, messages: null }, sendLag: LAG }),
          host('s1', { role: 'server', machine: machine as HostFigures['machine'] }),
        ],
      },
    ),
  );
  for (const names of ['2 hosts: g1, g2.', ' n1', ' s1.'])
    assert.ok(section.finding.includes(names), section.finding);
  const page = section.body?.markup ?? '';
  assert.deepEqual(tableOf(page, 'What each generator host contributed'), [
    ['tls', 'throughput', 'g1', '2', '1,000', '25 %', '–', '–'],
    ['plain', 'throughput', 'g1', '2', '1,000', '25 %', '–', '–'],
    ['plain', 'throughput', 'g2', '2', '1,000', '–', '3 µs', '–'],
  ]);
  const used = ['1.23 of 4', '50 %', '–', '–', '–', '±20 µs', '5 µs'];
  assert.deepEqual(tableOf(page, 'The machines'), [
    ['tls', 'throughput', 'g1', 'generator', ...used],
    ['tls', 'throughput', 'n1', 'Nginx', '–', '–', '–', '–', '–', '±20 µs', '–'],
    ['plain', 'throughput', 'g1', 'generator', ...used],
    ['plain', 'throughput', 'g2', 'generator', ...used],
    [
      ...['plain', 'throughput', 's1', 'echo servers', '1.23 of 4', '50 %', 'CPU', '1 GiB'],
      ...['Debian, kernel 6.1, x64', '±20 µs', '5 µs'],
    ],
  ]);
});

test('only roles that hosts have are mentioned; without generators there is no table of the load', () => {
  const section = hosts(viewWith({ hosts: [host('s1', { role: 'server' })] }));
  assert.equal(section.finding, 'The echo servers were on s1.');
  assert.ok(!section.body?.markup.includes('generator host'));
  assert.deepEqual(
    [[], [{}], [{ hosts: [] }], [{}, { hosts: [{}] }]].map((runs) => hasHosts(runs as never)),
    [false, false, false, true],
  );
});

test('listen queues and sockets in TIME_WAIT are those of all runs', () => {
  const counts = (listenOverflows: number | null, timeWaitPeak: number | null): Partial<RunFigures> => ({
    tcp: { listenOverflows, listenDrops: 3, timeWaitPeak } as RunFigures['tcp'],
  });
  const { finding, body, charts } = tcp(viewWith(counts(1, 5), counts(2, 9), counts(null, null)));
  assert.match(finding, /overflowed 3 times\. At most 9 sockets /);
  assert.match(tcp(viewWith(counts(0, 1))).finding, /^No .* At most 1 socket was /);
  for (const none of [viewWith(), viewWith(counts(null, null))])
    assert.match(tcp(none).finding, /^No .* At most 0 sockets /);
  assert.deepEqual(tableOf(body?.markup ?? '', 'TCP counters of the system'), [
    ['tls', 'throughput', '1', '3', '5'],
    ['plain', 'throughput', '2', '3', '9'],
    ['tls', 'throughput', '–', '3', '–'],
  ]);
  const [chart] = charts;
  assert.ok(chart?.kind === 'line');
  assert.deepEqual(
    chart.series.map(({ pattern }) => pattern),
    [0, 2, 2],
  );
});

test('the chart of open connections lasts from the first handshake to the next full second after the last', () => {
  const points = (base: RunView, ...ends: number[]) => ({
    ...base,
    connecting: ends.map((endUs) => ({ endUs, open: endUs / 1e5 })) as unknown as Point[],
    run: { ...base.run, phases: [{ phase: 'connect' as const, startUs: 500_000, endUs: 3e6 }] },
  });
  const [first, second] = VIEW.runs;
  assert.ok(first && second);
  const latencies = { ...second.figures.latencies, tls: null };
  const runs = [
    points(first, 1e6, 2_700_000),
    { ...points(second), figures: { ...second.figures, latencies } },
  ];
  const [chart, medians] = handshakes({ ...VIEW, runs, steps: [{ step: 'throughput', runs }] }).charts;
  assert.ok(chart?.kind === 'line' && medians?.kind === 'bar');
  assert.deepEqual([chart.x.min, chart.x.max], [0, 3]);
  assert.deepEqual(
    chart.series.map(({ points }) => points),
    [
      [
        { x: 0, y: 0 },
        { x: 0.5, y: 10 },
        { x: 2.2, y: 27 },
      ],
      [{ x: 0, y: 0 }],
    ],
  );
  assert.deepEqual(medians.names, ['tls', 'plain']);
  assert.equal(medians.series.find(({ label }) => label === 'TLS')?.values[1], null);
  const [none] = handshakes({
    ...VIEW,
    runs: [points(second)],
    steps: [{ step: 'throughput', runs: [points(second)] }],
  }).charts;
  assert.equal(none?.x.max, 1);
});

test('a percentile chart ends at the decade that its samples reach', () => {
  const curve = (count: number) => {
    const times = emptyHistogram();
    times.recordValueWithCount(100, count);
    times.recordValue(200);
    const { x, series } = percentileChart([{ name: 'a', colour: 'series-0', pattern: 0, times }]);
    return [x.ticks, x.min, x.max, series[0]?.points.at(-1)?.y];
  };
  assert.deepEqual(curve(9), [[2, 10], 1, 10, 100]);
  assert.deepEqual(curve(99), [[2, 10], 1, 10, 100]);
  assert.deepEqual(curve(100), [[2, 10, 100], 1, 100, 100]);
  assert.deepEqual(percentileChart([]).x.ticks, [2, 10]);
  assert.equal(percentileChart([]).x.max, 10);
});

test('a chart over time lasts from the warm-up to the end of all runs, in whole seconds', () => {
  const timed = (zeroUs: number, ...phases: [string, number, number][]) => ({
    ...(VIEW.runs[0] as RunView),
    zeroUs,
    run: {
      ...(VIEW.runs[0] as RunView).run,
      phases: phases.map(([phase, startUs, endUs]) => ({ phase, startUs, endUs })),
    } as RunView['run'],
  });
  const long = timed(4e6, ['connect', 0, 2e6], ['warm-up', 2_600_000, 4e6], ['steady', 4e6, 6_200_000]);
  const early = timed(1e6, ['steady', 1e6, 2e6]);
  const axis = { title: 'seconds into the steady phase', unit: 'seconds' };
  assert.deepEqual(timeOf([long, early]), { ...axis, min: -2, max: 3 });
  assert.deepEqual(timeOf([early]), { ...axis, min: 0, max: 1 });
  assert.deepEqual(timeOf([timed(0, ['connect', 0, 2e6])]), axis);
});

const point = (atUs: number, changes: object): Point =>
  ({
    ...{ phase: 'steady', atUs, startUs: atUs, endUs: atUs + 1e6, duePerSecond: null },
    ...{ sentPerSecond: 100, echoedPerSecond: 90.6, bytesSentPerSecond: 1000, bytesReceivedPerSecond: 500 },
    ...changes,
  }) as unknown as Point;

test('messages due are drawn if the schedule was not kept; bytes have an axis twice as high', () => {
  const [scheduled] = viewOf(makeResult([makeRun({ ...SMALL, load: OPEN })])).runs;
  assert.ok(scheduled);
  const drawn = (...points: Point[]) => {
    const view = { ...scheduled, zeroUs: 0, points };
    const { y, y2, series } = rateChart(view, [view], 'x');
    return { max: y.max, bytes: y2?.max, labels: series.map(({ label }) => label), series };
  };
  const kept = drawn(point(1e6, { duePerSecond: 105 }), point(2e6, { sentPerSecond: null }));
  assert.deepEqual(kept.labels, ['sent', 'echoed', 'bytes']);
  const late = drawn(point(1e6, { duePerSecond: 106 }));
  assert.deepEqual(late.labels, ['due', 'sent', 'echoed', 'bytes']);
  assert.deepEqual([late.max, late.bytes], [106 * 1.05, 3072]);
  assert.deepEqual(
    drawn(point(1e6, {}), point(2_345_678, { bytesSentPerSecond: null })).series.map(({ points }) => points),
    [
      [
        { x: 1, y: 100 },
        { x: 2.35, y: 100 },
      ],
      [
        { x: 1, y: 91 },
        { x: 2.35, y: 91 },
      ],
      [
        { x: 1, y: 1500 },
        { x: 2.35, y: null },
      ],
    ],
  );
});

test('phases are shaded for a single run; of several, the events of the first are marked', () => {
  const kill = (atUs: number, server: number, failure: string | null = null) => ({
    ...{ action: { kind: 'kill-server' as const, server }, atUs, failure },
  });
  const timeline = [kill(5e6, 0), kill(5_900_000, 1), kill(7e6, 0), kill(8e6, 0, 'It failed.')];
  const runs = VIEW.runs.map((view) => ({ ...view, run: { ...view.run, timeline } })) as RunView[];
  const [first] = runs;
  assert.ok(first);
  assert.deepEqual(
    eventsOf(first).map(({ from, to, kind }) => [from, to, kind]),
    [
      [1, 1, 'event'],
      [3, 3, 'event'],
    ],
  );
  const kinds = (of: readonly RunView[]) =>
    ofAll('x', of, { title: '', unit: 'rate' }, () => null).bands?.map(({ kind }) => kind);
  assert.deepEqual(kinds(runs), ['event', 'event']);
  assert.deepEqual(kinds([first]), ['phase', 'phase', 'event', 'event']);
  assert.deepEqual(kinds([]), []);
});

test('the causes of a disturbance are those of the seconds that overlap it', () => {
  const seconds = [null, 'steal', 'other', 'steal'].map((cause, at) => ({
    ...{ startUs: at * 1e6, endUs: (at + 1) * 1e6, cause },
  }));
  const view = { ...VIEW.runs[0], seconds } as RunView;
  const causes = (startUs: number, endUs: number) => causesIn(view, { startUs, endUs });
  assert.deepEqual(
    [causes(0, 1e6), causes(0, 1e6 + 1), causes(1e6, 4e6), causes(2e6, 3e6), causes(4e6, 5e6)],
    ['', 'steal', 'steal, other work', 'other work', ''],
  );
  assert.equal(causesIn({ ...view, seconds: null }, { startUs: 0, endUs: 1e6 }), '');
});

test('a round in which both sides are equal is not lower; only differences count as found', () => {
  const comparison = makeComparison();
  const [each] = comparison.comparisons;
  const [figure] = each?.figures ?? [];
  assert.ok(each && figure);
  const found = (...figures: Partial<ComparedFigure>[]) => {
    const compared = { ...each, figures: figures.map((changes) => ({ ...figure, ...changes })) };
    const result = { ...makeRounds(), conclusions: [{ ...comparison, comparisons: [compared] }] };
    const view = { ...VIEW, result };
    return [rounds(view).finding, effects(view).finding].map((text) => text.match(/\d+ of \d+/)?.[0]);
  };
  const values = [
    { round: 1, baseline: 5, variant: 5 },
    { round: 2, baseline: 5, variant: 4 },
    { round: 3, baseline: 5, variant: 6 },
  ];
  assert.deepEqual(found({ effect: null }, { rounds: values }), ['1 of 3', '2 of 2']);
  assert.deepEqual(found({ rounds: values, verdict: 'no difference detected' }), ['1 of 3', '0 of 1']);
  assert.deepEqual(found({ effect: null }), [undefined, '1 of 1']);
});

test('a chart of slices has a point in the middle of each slice after the connections were opened', () => {
  const [base] = VIEW.runs;
  assert.ok(base);
  const slices = [
    ['connect', 0, 1e6],
    ['warm-up', 1e6, 1e6],
    ['steady', 1_004_000, 2e6],
    ['steady', 2e6, 4_030_000],
  ].map(([phase, startUs, endUs]) => ({ phase, startUs, endUs }));
  const view = { ...base, zeroUs: 1e6, run: { ...base.run, slices } } as unknown as RunView;
  const { series } = ofSlices('x', [view], { title: '', unit: 'rate' }, ({ endUs }) => endUs);
  assert.deepEqual(series, [
    {
      label: 'tls',
      colour: base.colour,
      pattern: base.pattern,
      points: [
        { x: 0.5, y: 2e6 },
        { x: 2.02, y: 4_030_000 },
      ],
    },
  ]);
});

test('each line of the chart of rates has its own colour and pattern, and bytes have their own axis', () => {
  const [scheduled] = viewOf(makeResult([makeRun({ ...SMALL, load: OPEN })])).runs;
  assert.ok(scheduled);
  const view = { ...scheduled, points: [point(1e6, { duePerSecond: 200 })] };
  assert.deepEqual(
    rateChart(view, [view], 'x').series.map(({ points: _, ...line }) => line),
    [
      { label: 'due', colour: 'series-2', pattern: 3 },
      { label: 'sent', colour: 'series-0', pattern: 1 },
      { label: 'echoed', colour: 'series-1', pattern: 0 },
      { label: 'bytes', colour: 'series-3', pattern: 2, second: true },
    ],
  );
});

test('sockets in TIME_WAIT are drawn at the seconds of the samples that have them', () => {
  const sampled = VIEW.runs.map((view) => {
    const samples = [1, null, 3].map((timeWait, at) => ({ atUs: view.zeroUs + at * 1e6, timeWait }));
    return { ...view, run: { ...view.run, machine: { ...view.run.machine, samples } } };
  }) as unknown as RunView[];
  const [chart] = tcp({ ...VIEW, runs: Array.from({ length: 4 }, () => sampled).flat() }).charts;
  assert.ok(chart?.kind === 'line');
  assert.deepEqual(chart.series[0]?.points, [
    { x: 0, y: 1 },
    { x: 2, y: 3 },
  ]);
  assert.deepEqual(
    chart.series.map(({ pattern }) => pattern),
    [0, 2, 2, 4, 4, 0, 0, 2],
  );
  assert.deepEqual(tcp({ ...VIEW, runs: [] }).charts[0]?.y, {
    title: 'sockets in TIME_WAIT',
    unit: 'count',
    min: 0,
  });
});
