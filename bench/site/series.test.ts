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
import { type Published, seriesOf } from './series.ts';
import { changeWord } from './series-text.ts';

const publish = (...indexes: ResultIndex[]): Published[] =>
  indexes.map((index, at) => ({ folder: `${at}`, index }));

const names = (published: Published[]) =>
  seriesOf(published).map(({ name, variant, step, answers }) => [name, variant, step, answers.length]);

test('runs of the same variant, step, workload and machine are one series, in the order of time', () => {
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

/** Each makes a series of its own. */
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
  test(`another ${what} is another series, with a page of its own`, () => {
    const first = indexOf(makeResult([makeBothSteps(2, 1).runs[1] ?? assert.fail()]));
    const other = structuredClone(first);
    change(other);
    const both = seriesOf(publish(first, other));
    assert.equal(both.length, 2);
    assert.equal(new Set(both.map(({ slug }) => slug)).size, 2);
  });
}

test('a tuning makes another series of the variant that has it, and of no other', () => {
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

test('another version of Nginx, kernel or rate of the open loop is the same series', () => {
  const first = indexOf(makeResult([makeLatencyRun('plain', { seconds: 1 })]));
  const other = structuredClone(first);
  other.environment.kernel = '9.9.9';
  for (const run of other.runs) {
    run.nginx = '9.9.9';
    if (run.load?.workload.load?.kind === 'open') run.load.workload.load.ratePerSecond = 9100;
  }
  assert.deepEqual(names(publish(first, other)), [[null, 'plain', 'latency', 2]]);
});

test('of a comparison the rounds count, by their median, and not the pilot', () => {
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

test('where a rate was decided the run at it counts; a search without a rate answers nothing', () => {
  const runs = [12_000, 8900, 17_000].map((rate) => makeLatencyRun('plain', { seconds: 1 }, rate));
  const search = indexOf(makeResult(runs));
  assert.deepEqual(seriesOf(publish(search)), []);
  const decided = { ...search, conclusions: [rateOf(8900)] };
  assert.deepEqual(
    seriesOf(publish(decided)).map(({ answers }) => answers.map(({ ratePerSecond }) => ratePerSecond)),
    [[8900]],
  );
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

test('of a made-up history the change that was made is found, in the figure that it was made in', () => {
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

test('the runs of a ladder differ in their load, so none is in a series; its findings are a headline', () => {
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

test('a change is named by its direction, and for speed by whether it is good', () => {
  const [series] = seriesOf(makeHistory(1).map((index) => ({ folder: index.id, index })));
  const figure = series?.trends[0]?.figure;
  assert.ok(figure);
  const words = (kind: 'usage' | 'speed', better: 'lower' | 'higher') =>
    [0.5, 2].map((ratio) => changeWord({ ...figure, kind, better }, ratio));
  assert.deepEqual(words('usage', 'lower'), ['lower', 'higher']);
  assert.deepEqual(words('speed', 'lower'), ['faster', 'slower']);
  assert.deepEqual(words('speed', 'higher'), ['slower', 'faster']);
});
