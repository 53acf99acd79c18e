import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import type { Point } from '../../measure/series.ts';
import { bytesAxis } from '../axis.ts';
import { type RunView, viewOf } from '../view.ts';
import { ECHOED_AXIS, isOpen, ofAll, ofSlices, rateChart, timeOf } from './time-charts.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const [CLOSED_VIEW = assert.fail(), OPEN_VIEW = assert.fail()] = viewOf(
  makeResult([makeRun(SMALL), makeRun({ ...SMALL, load: OPEN })]),
).runs;

/** A point of a chart with these figures; all others are unknown. */
function point(atUs: number, figures: Partial<Point>): Point {
  const none = { sentPerSecond: null, echoedPerSecond: null, duePerSecond: null };
  return {
    ...{ phase: 'steady', atUs, startUs: atUs, endUs: atUs + 1e6, bytesSentPerSecond: null, ...none },
    ...{ bytesReceivedPerSecond: null, ...figures },
  } as Point;
}

/** A run in an open loop with these points. */
function drawn(...points: Point[]): RunView {
  return { ...OPEN_VIEW, zeroUs: 0, points };
}

test('messages that differ from the schedule by exactly one in twenty are on schedule', () => {
  const labelsOf = (...rates: [due: number | null, sent: number | null][]) => {
    const view = drawn(
      ...rates.map(([duePerSecond, sentPerSecond], at) => point(at * 1e6, { duePerSecond, sentPerSecond })),
    );
    return rateChart(view, [view], 'x').series.map(({ label }) => label);
  };
  const kept = ['sent', 'echoed', 'bytes'];
  assert.deepEqual(labelsOf([100, 95], [100, 105]), kept);
  assert.deepEqual(labelsOf([100, null], [null, 10]), kept);
  // One second that is off schedule is enough, whether too few or too many were sent in it.
  for (const sent of [94, 106]) assert.deepEqual(labelsOf([100, 100], [100, sent]), ['due', ...kept]);
});

test('an axis of rates starts at 0 and ends 5 % above the highest rate of any run', () => {
  const axisOf = (...runs: RunView[]) => rateChart(runs[0] ?? assert.fail(), runs, 'x').y;
  const axis = { title: 'messages', unit: 'rate', min: 0 };
  const low = drawn(point(0, { sentPerSecond: 1 }));
  for (const name of ['sentPerSecond', 'echoedPerSecond', 'duePerSecond'] as const)
    assert.deepEqual(axisOf(low, drawn(point(0, {}), point(1, { [name]: 200 }), point(2, { [name]: 100 }))), {
      ...axis,
      max: 210,
    });
  assert.deepEqual(axisOf(drawn(point(0, {}))), { ...axis, max: 0 });
  assert.deepEqual(ECHOED_AXIS, { title: 'echoed per second', unit: 'rate', min: 0 });
});

test('the axis of bytes ends at twice the most bytes, sent and received, of any second', () => {
  const view = drawn(
    point(0, { bytesSentPerSecond: 5000, bytesReceivedPerSecond: 3000 }),
    point(1, { bytesSentPerSecond: 9000 }),
    point(2, { bytesReceivedPerSecond: 9000 }),
  );
  assert.deepEqual(
    rateChart(view, [view], 'x').y2,
    bytesAxis('bytes, both ways', 'bytesRate', 2 * (5000 + 3000)),
  );
});

test('a chart of slices is the chart of all runs with points of its own, unknown figures included', () => {
  const [steady] = CLOSED_VIEW.run.slices.filter(({ phase }) => phase === 'steady');
  assert.ok(steady);
  const view = { ...CLOSED_VIEW, zeroUs: 0 };
  const run = { ...view.run, slices: [{ ...steady, startUs: 3e6, endUs: 4e6 }] };
  const axis = { title: 'a', unit: 'rate' } as const;
  const { series, ...others } = ofSlices('x', [{ ...view, run }], axis, () => null);
  const { series: _, ...expected } = ofAll('x', [view], axis, () => null);
  assert.deepEqual([others, series[0]?.points], [expected, [{ x: 3.5, y: null }]]);
});

test('phases without a duration give a time axis no ends', () => {
  const run = { ...CLOSED_VIEW.run, phases: [{ phase: 'steady' as const, startUs: 1e6, endUs: 1e6 }] };
  assert.deepEqual(timeOf([{ ...CLOSED_VIEW, run }]), {
    title: 'seconds into the steady phase',
    unit: 'seconds',
  });
});

test('only a run with a schedule is an open loop', () => {
  const { run } = CLOSED_VIEW;
  const silent = {
    ...run,
    plan: { ...run.plan, workload: { ...run.plan.workload, load: null } },
  };
  assert.deepEqual([OPEN_VIEW, CLOSED_VIEW, { ...CLOSED_VIEW, run: silent }].map(isOpen), [
    true,
    false,
    false,
  ]);
});
