import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeScenarioResult } from '../../../test/scenario-run.ts';
import { emptyHistogram, encode } from '../../measure/histogram.ts';
import type { Run } from '../../model/run.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import type { RunView } from '../view.ts';
import { viewOf } from '../view.ts';
import { outageChart, outageFigure } from './outages.ts';

/** Replaces the outages of a run by these, in µs, all of them recorded in one slice. */
function setOutages(run: Run, outagesUs: readonly number[]): void {
  for (const slice of run.slices) {
    const { outage: _, ...others } = slice.histograms;
    slice.histograms = others;
  }
  const steady = run.slices.find(({ phase }) => phase === 'steady');
  assert.ok(steady);
  const histogram = emptyHistogram();
  for (const us of outagesUs) histogram.recordValue(us);
  if (outagesUs.length > 0) steady.histograms.outage = encode(histogram);
}

test('the chart of outages steps down to the clients that never came back, whatever ends within a second', () => {
  const result = makeScenarioResult(scenarioNamed('reload'));
  const [some, none] = result.runs;
  assert.ok(some && none);
  setOutages(some, [10_000, 10_000, 50_000, 200_000]);
  setOutages(none, []);
  const { runs } = viewOf(result);
  const chart = outageChart(runs);
  assert.ok(chart);
  const [line, flat] = chart.series;
  const [waiting = 0, otherWaiting = 0] = runs.map(({ figures }) => figures.counts.waiting ?? 0);
  assert.ok(waiting > 0 && otherWaiting > 0);
  const at = (second: number) => (line?.points.findLast(({ x }) => x <= second)?.y ?? 0) - waiting;
  assert.deepEqual([0, 0.005, 0.02, 0.1, 0.19, 0.21].map(at), [4, 4, 2, 1, 1, 0]);
  assert.equal(line?.points.at(-1)?.y, waiting);
  assert.deepEqual(
    flat?.points.map(({ y }) => y),
    [otherWaiting, otherWaiting],
  );
  setOutages(some, []);
  assert.equal(outageChart(viewOf(result).runs), null, 'nobody came back');
});

test('the longest outage is divided into 200 intervals, rounded up to whole microseconds', () => {
  const result = makeScenarioResult(scenarioNamed('reload'));
  const [run, other] = result.runs;
  assert.ok(run && other);
  const drawn = (...outagesUs: number[]) => {
    setOutages(run, outagesUs);
    setOutages(other, []);
    const { runs } = viewOf(structuredClone(result));
    const views = runs.map((view) => ({ ...view, figures: { ...view.figures, counts: {} } })) as RunView[];
    const { series = [], ...chart } = outageChart(views) ?? assert.fail();
    return { chart, series };
  };
  const chart = (max: number) => ({
    ...{ kind: 'line', id: 'chart-outage' },
    x: { title: 'seconds since a client lost its connection', unit: 'seconds', min: 0, max },
    y: { title: 'clients without a connection', unit: 'count', min: 0 },
  });
  const { chart: even, series } = drawn(3, 1000);
  assert.deepEqual(even, chart(0.001005));
  const [line, flat] = series;
  const points = line?.points ?? [];
  assert.deepEqual(
    [...points.slice(0, 3), ...points.slice(-3)],
    [
      { x: 0, y: 2 },
      { x: 5e-6, y: 1 },
      { x: 10e-6, y: 1 },
      { x: 0.001, y: 1 },
      { x: 0.001005, y: 0 },
      { x: 0.001005, y: 0 },
    ],
  );
  assert.equal(line?.stepped, true);
  // Without counts, no client is known to wait.
  assert.deepEqual(flat?.points, [
    { x: 0, y: 0 },
    { x: 0.001005, y: 0 },
  ]);
  assert.deepEqual(drawn(1001).chart, chart(0.001002));
  assert.deepEqual(drawn(1).chart, chart(2e-6));
});

test('the clients that came back are counted, with half and all of their times, and those that did not', () => {
  const chart = outageChart(viewOf(makeScenarioResult(scenarioNamed('reload'))).runs);
  const [base] = viewOf(makeScenarioResult(scenarioNamed('reload'))).runs;
  assert.ok(chart && base);
  const told = (count: number | null, waiting?: number) => {
    const { outage } = base.figures.latencies;
    const summary = count === null ? null : { ...outage, count, p50: 1000, max: 5000 };
    const latencies = { ...base.figures.latencies, outage: summary };
    const figures = { ...base.figures, latencies, counts: waiting === undefined ? {} : { waiting } };
    const { markup } = outageFigure(chart, [{ ...base, name: 'a', figures } as RunView]);
    return /<p class="finding">(.*?)<\/p>/.exec(markup)?.[1];
  };
  assert.equal(told(0), 'a: no client lost its connection.');
  assert.equal(told(null), 'a: no client lost its connection.');
  assert.equal(told(0, 1), 'a: no client came back.');
  assert.equal(told(1), 'a: 1 client came back, 5 ms after losing its connection.');
  const two =
    'a: 2 clients came back, half of them within 1 ms of losing their connections, and the last after 5 ms.';
  assert.equal(told(2), two);
  assert.equal(told(2, 1), `${two} 1 client was not back at the end.`);
  assert.equal(told(2, 2), `${two} 2 clients were not back at the end.`);
});
