import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRounds } from '../../test/comparison.ts';
import { indexOf, makeHistory } from '../../test/history.ts';
import { makeLadderResult } from '../../test/ladder.ts';
import { makeBothSteps, makeLatencyRun, makeResult, rateOf } from '../../test/result.ts';
import { stored } from '../model/finding.ts';
import type { LoadDigest, ResultIndex } from '../model/result.ts';
import { headlineOf } from '../report/kinds/kinds.ts';
import { median } from '../stats/median.ts';
import { compareTexts, type Published, seriesOf } from './series.ts';
import { changeWord } from './series-text.ts';

const publish = (...indexes: ResultIndex[]): Published[] =>
  indexes.map((index, at) => ({ folder: `${at}`, index }));

const names = (published: Published[]) =>
  seriesOf(published).map(({ name, variant, step, answers }) => [name, variant, step, answers.length]);

test('runs of the same variant, step, workload and machine form one series, in order of time', () => {
  const first = indexOf(makeBothSteps(2, 1));
  const later = structuredClone(first);
  for (const run of later.runs) run.startedAt = '2027-01-01T00:00:00.000Z';
  assert.deepEqual(names(publish(later, first)), [
    [null, 'direct', 'throughput', 2],
    [null, 'plain', 'throughput', 2],
    [null, 'direct', 'latency', 2],
    [null, 'plain', 'latency', 2],
  ]);
  assert.deepEqual(
    seriesOf(publish(later, first))[0]?.answers.map(({ folder }) => folder),
    ['1', '0'],
  );
});

/** Changes to an index, each of which must result in a separate series. */
const DIFFERENCES: Record<string, (index: ResultIndex) => object> = {
  machine: ({ environment }) => Object.assign(environment, { cpuModel: 'Another' }),
  quota: ({ environment }) => Object.assign(environment, { cpuQuota: 1.5 }),
  name: ({ plan }) => Object.assign(plan, { series: 'nightly' }),
  connections: (index) => Object.assign(loadIn(index), { connections: 5 }),
  engine: (index) => Object.assign(loadIn(index), { engine: 'bun' }),
  payload: (index) => Object.assign(loadIn(index).workload.payload, { maxBytes: 99_999 }),
  tuning: ({ variants }) =>
    Object.assign(variants[0]?.proxy ?? {}, { tunings: [{ name: 'tune-1', text: 'events {}' }] }),
  'index that keeps no load': ({ runs }) => Object.assign(runs[0] ?? {}, { load: null }),
};

function loadIn({ runs }: ResultIndex): LoadDigest {
  return runs[0]?.load ?? assert.fail();
}

for (const [what, change] of Object.entries(DIFFERENCES)) {
  test(`a different ${what} makes a different series, with its own page`, () => {
    const first = indexOf(makeResult([makeBothSteps(2, 1).runs[1] ?? assert.fail()]));
    const other = structuredClone(first);
    change(other);
    const both = seriesOf(publish(first, other));
    assert.equal(both.length, 2);
    assert.equal(new Set(both.map(({ slug }) => slug)).size, 2);
  });
}

test('a tuning makes a different series only for the variant that has it', () => {
  const first = indexOf(makeBothSteps(3, 1));
  const other = structuredClone(first);
  const proxy = other.variants.find(({ name }) => name === 'tls')?.proxy ?? assert.fail();
  Object.assign(proxy, { tunings: [{ name: 'tune-1', text: 'events {}' }] });
  assert.deepEqual(names(publish(first, other)), [
    [null, 'direct', 'throughput', 2],
    [null, 'plain', 'throughput', 2],
    [null, 'tls', 'throughput', 1],
    [null, 'tls', 'throughput', 1],
    [null, 'direct', 'latency', 2],
    [null, 'plain', 'latency', 2],
    [null, 'tls', 'latency', 1],
    [null, 'tls', 'latency', 1],
  ]);
  const renamed = structuredClone(other);
  const again = renamed.variants.find(({ name }) => name === 'tls')?.proxy ?? assert.fail();
  Object.assign(again, { tunings: [{ name: 'tune-2', text: 'events {}' }] });
  assert.equal(seriesOf(publish(other, renamed)).length, 6, 'by its text, whatever it is called');
});

test('another version of Nginx or the kernel, or another rate of the open loop, is the same series', () => {
  const first = indexOf(makeResult([makeLatencyRun('plain', { seconds: 1 })]));
  const other = structuredClone(first);
  other.environment.kernel = '9.9.9';
  for (const run of other.runs) {
    run.nginx = '9.9.9';
    if (run.load?.workload.load?.kind === 'open') run.load.workload.load.ratePerSecond = 9100;
  }
  assert.deepEqual(names(publish(first, other)), [[null, 'plain', 'latency', 2]]);
});

test('a comparison contributes the median over its rounds, without the pilot', () => {
  const index = indexOf(makeRounds());
  const pilot = structuredClone(index.runs[0] ?? assert.fail());
  pilot.round = null;
  const [excluded, ...counting] = index.runs.filter(
    ({ variant, step }) => variant === 'plain' && step === 'throughput',
  );
  assert.ok(excluded);
  excluded.metrics['connections.failed'] = 1;
  index.runs.unshift(pilot);
  const series = seriesOf(publish(index)).find(
    ({ variant, step }) => variant === 'plain' && step === 'throughput',
  );
  assert.equal(series?.answers[0]?.runs.length, 3);
  const trend = series.trends.find(({ figure }) => figure.name === 'cpuPerMessage.proxy');
  assert.equal(
    trend?.points[0]?.value,
    median(counting.map(({ metrics }) => metrics['cpuPerMessage.proxy'] ?? assert.fail())),
  );
});

test('if a rate was chosen, the run at that rate counts; a search without one contributes nothing', () => {
  const runs = [12_000, 8900, 17_000].map((rate) => makeLatencyRun('plain', { seconds: 1 }, rate));
  const search = indexOf(makeResult(runs));
  assert.deepEqual(seriesOf(publish(search)), []);
  const decided = { ...search, conclusions: [rateOf(8900)] };
  assert.deepEqual(
    seriesOf(publish(decided)).map(({ answers }) => answers.map(({ ratePerSecond }) => ratePerSecond)),
    [[8900]],
  );
});

test('two runs at different rates are a search; a single round counts, whatever the rate of the pilot', () => {
  const runs = [12_000, 8900].map((rate) => makeLatencyRun('plain', { seconds: 1 }, rate));
  const index = indexOf(makeResult(runs));
  assert.deepEqual(seriesOf(publish(index)), []);
  const [, round] = index.runs;
  assert.ok(round);
  round.round = 1;
  assert.deepEqual(
    seriesOf(publish(index)).map(({ answers }) => answers.map(({ runs }) => runs)),
    [[[round]]],
  );
});

test('results that started at the same time are ordered by folder, by code unit', () => {
  const index = indexOf(makeResult([makeLatencyRun('plain', { seconds: 1 })]));
  const published = ['b', 'a', 'B'].map((folder) => ({ folder, index }));
  assert.deepEqual(
    seriesOf(published).map(({ answers }) => answers.map(({ folder }) => folder)),
    [['B', 'a', 'b']],
  );
  assert.deepEqual([compareTexts('a', 'a'), compareTexts('a', 'b'), compareTexts('a', 'B')], [0, -1, 1]);
});

test('a run that does not count is a point without a value, with the reason', () => {
  const index = indexOf(makeResult([makeLatencyRun('plain', { seconds: 1 })]));
  const other = structuredClone(index);
  for (const run of other.runs)
    run.validity = { ...run.validity, verdict: 'suspect', reasons: [stored('It swayed.')] };
  const [series] = seriesOf(publish(index, other));
  const p99 = series?.trends.find(({ figure }) => figure.name === 'response.p99');
  assert.deepEqual(
    p99?.points.map(({ doubt, standing }) => [doubt, standing.kind]),
    [
      [null, 'early'],
      [stored('It swayed.'), 'uncounted'],
    ],
  );
  const p50 = series?.trends.find(({ figure }) => figure.name === 'response.p50');
  assert.ok(p50?.points.every(({ value }) => value !== null));
});

test('in a generated history, the change is found in the figure that changed', () => {
  const series = seriesOf(makeHistory(50).map((index) => ({ folder: index.id, index })));
  const found = series.flatMap(({ variant, step, trends }) =>
    trends.flatMap(({ figure, points }) =>
      points.flatMap(({ standing, answer }) =>
        standing.kind === 'change'
          ? [[variant, step, figure.name, standing.lasting, answer.startedAt.slice(0, 10)]]
          : [],
      ),
    ),
  );
  const cpu = found.filter(
    ([variant, step, name]) => variant === 'tls' && step === 'throughput' && name === 'cpuPerMessage.proxy',
  );
  assert.deepEqual(cpu, [
    ['tls', 'throughput', 'cpuPerMessage.proxy', false, '2026-01-17'],
    ['tls', 'throughput', 'cpuPerMessage.proxy', true, '2026-01-31'],
  ]);
});

test('the runs of a ladder differ in their load, so they are in no series; its findings are a headline', () => {
  const index = indexOf(makeLadderResult({ levels: [1, 4] }));
  assert.deepEqual(seriesOf([{ folder: '1', index }]), []);
  const [ladder] = index.conclusions;
  assert.ok(ladder?.kind === 'ladder');
  const headline = headlineOf(index);
  assert.equal(headline?.kind, 'ladder');
  assert.deepEqual(
    headline.lines.map(({ sentence }) => sentence),
    ladder.findings.map(({ text }) => text),
  );
});

test('a change is named by its direction, or as faster or slower for speed', () => {
  const [series] = seriesOf(makeHistory(1).map((index) => ({ folder: index.id, index })));
  const figure = series?.trends[0]?.figure;
  assert.ok(figure);
  const words = (kind: 'usage' | 'speed', better: 'lower' | 'higher') =>
    [0.5, 2].map((ratio) => changeWord({ ...figure, kind, better }, ratio));
  assert.deepEqual(words('usage', 'lower'), ['lower', 'higher']);
  assert.deepEqual(words('speed', 'lower'), ['faster', 'slower']);
  assert.deepEqual(words('speed', 'higher'), ['slower', 'faster']);
});

test('series are ordered by name, step, variant and machine; unnamed ones come last', () => {
  const index = indexOf(makeBothSteps(2, 1));
  const copyOf = (series: string | null, cpuModel: string): ResultIndex => {
    const copy = structuredClone(index);
    Object.assign(copy.plan, { series });
    Object.assign(copy.environment, { cpuModel });
    return copy;
  };
  const all = seriesOf(publish(copyOf(null, 'B'), copyOf('z', 'A'), copyOf(null, 'A'), copyOf('a', 'A')));
  const of = (name: string | null, machine: string, step: string, variant: string) =>
    [name, machine, step, variant].join(' ');
  const steps = ['throughput', 'latency'] as const;
  assert.deepEqual(
    all.map(({ name, machine, step, variant }) => of(name, machine.slice(0, 1), step, variant)),
    [
      ...['a', 'z'].flatMap((name) =>
        steps.flatMap((step) => ['direct', 'plain'].map((variant) => of(name, 'A', step, variant))),
      ),
      ...steps.flatMap((step) =>
        ['direct', 'plain'].flatMap((variant) =>
          ['A', 'B'].map((machine) => of(null, machine, step, variant)),
        ),
      ),
    ],
  );
});

test('main metrics come first, and metrics without a value are left out, as is a series without any', () => {
  const index = indexOf(makeBothSteps(2, 1));
  const metricsOf = () =>
    seriesOf(publish(index)).map(({ step, trends }) => [step, ...trends.map(({ figure }) => figure.name)]);
  assert.deepEqual(metricsOf(), [
    ['throughput', 'messages.perSecond', 'handshake.p50'],
    [
      ...['throughput', 'messages.perSecond', 'cpuPerMessage.proxy', 'handshake.p50'],
      ...['cpuPerConnection.proxy', 'memoryPerConnection.proxy'],
    ],
    ['latency', 'response.p50', 'response.p99'],
    ['latency', 'response.p50', 'response.p99', 'cpuPerMessage.proxy'],
  ]);
  for (const run of index.runs.slice(1)) run.metrics = {};
  assert.deepEqual(metricsOf(), [['throughput', 'messages.perSecond', 'handshake.p50']]);
});

test('the name of a page starts with letters of the variant, followed by step and a short hash', () => {
  const slugOf = (variant: string) => {
    const index = indexOf(makeResult([makeBothSteps(2, 1).runs[1] ?? assert.fail()]));
    for (const run of index.runs) run.variant = variant;
    return seriesOf(publish(index))[0]?.slug.replace(/-[0-9a-f]{10}$/, ' #');
  };
  assert.deepEqual(['tls+buf_16k@é/1.2', '-.a', '…', 'x'.repeat(41)].map(slugOf), [
    'tls+buf-16k-1.2-throughput #',
    'a-throughput #',
    'throughput #',
    `${'x'.repeat(40)}-throughput #`,
  ]);
});

test('without rounds or a chosen rate, the last run counts; other loads are other series', () => {
  const [first, last] = [1, 2].map((seed) => makeLatencyRun('plain', { seconds: 1, seed }));
  assert.ok(first && last);
  const twice = indexOf(makeResult([first, last]));
  const [series] = seriesOf(publish(twice));
  assert.deepEqual(series?.answers, [
    { folder: '0', startedAt: last.startedAt, runs: [twice.runs[1]], ratePerSecond: 8900 },
  ]);
  const poisson = structuredClone(twice);
  for (const { load } of poisson.runs) Object.assign(load?.workload.load ?? {}, { arrivals: 'poisson' });
  assert.equal(seriesOf(publish(twice, poisson)).length, 2);
  const closed = indexOf(makeResult([makeBothSteps(2, 1).runs[1] ?? assert.fail()]));
  const more = structuredClone(closed);
  Object.assign(more.runs[0]?.load?.workload.load ?? {}, { inFlight: 2 });
  assert.equal(seriesOf(publish(closed, more)).length, 2);
  const arch = structuredClone(closed);
  Object.assign(arch.environment, { arch: 'arm64' });
  assert.equal(seriesOf(publish(closed, arch)).length, 2);
  // The order of the keys of a load does not matter.
  const turned = structuredClone(closed);
  for (const run of turned.runs)
    run.load = Object.fromEntries(Object.entries(run.load ?? {}).reverse()) as LoadDigest;
  assert.equal(seriesOf(publish(closed, turned)).length, 1);
});
