import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeScenarioResult } from '../../../test/scenario-run.ts';
import { emptyHistogram, encode } from '../../measure/histogram.ts';
import type { Run } from '../../model/run.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { viewOf } from '../view.ts';
import { outageChart } from './outages.ts';

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
