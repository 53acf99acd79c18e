import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import { PHASES } from '../model/load.ts';
import { COMMON_COUNTERS, counted, zeroCounters } from '../model/recording.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, encode } from './histogram.ts';
import { MESSAGE_NAMES } from './messages.ts';
import { seriesOf } from './series.ts';

function sum(list: readonly number[]): number {
  return list.reduce((total, next) => total + next, 0);
}

test('a series keeps every message, however few points it has', () => {
  const run = makeRun({ seconds: 50 });
  for (const limit of [1000, 20, 3]) {
    const points = seriesOf(run, limit);
    assert.ok(points.length <= limit + PHASES.length);
    assert.deepEqual(
      points.map((point) => point.atUs),
      points.map((point) => point.atUs).toSorted((a, b) => a - b),
    );
  }
  const steady = seriesOf(run, 10).filter((point) => point.phase === 'steady');
  const mean = sum(steady.map((point) => point.echoedPerSecond ?? 0)) / steady.length;
  assert.ok(Math.abs(mean - (figuresOf(run).messages.perSecond ?? 0)) / mean < 0.05);
});

test('a point combines the recordings of its seconds', () => {
  const run = makeRun({ load: OPEN, seconds: 4 });
  const histogram = (...values: number[]) => {
    const recorded = emptyHistogram();
    for (const value of values) recorded.recordValueWithCount(value, 1000);
    return encode(recorded);
  };
  const steady = run.slices.filter((slice) => slice.phase === 'steady');
  for (const [i, slice] of steady.entries()) {
    slice.counters = {
      ...zeroCounters([...COMMON_COUNTERS, ...MESSAGE_NAMES.counters]),
      due: 50 + i,
      sent: 10 + i,
      echoed: 20 + i,
      bytesSent: 30 + i,
      bytesReceived: 40 + i,
    };
    slice.gauges.open = 9 - i;
    slice.histograms = { response: histogram(100, 100, i === 0 ? 900 : 100) };
  }
  // Each point covers two seconds in the connect, warm-up and steady phases.
  const points = seriesOf(run, 5);
  assert.deepEqual(
    points.map(({ phase, atUs }) => [phase, atUs / 1e6]),
    [
      ['connect', 1],
      ['warm-up', 3],
      ['steady', 5],
      ['steady', 7],
      ['drain', 8.25],
    ],
  );
  assert.deepEqual(points[2], {
    startUs: 4e6,
    endUs: 6e6,
    atUs: 5e6,
    phase: 'steady',
    duePerSecond: 50.5,
    sentPerSecond: 10.5,
    echoedPerSecond: 20.5,
    openedPerSecond: 0,
    bytesSentPerSecond: 30.5,
    bytesReceivedPerSecond: 40.5,
    open: 8,
    p50Us: 100,
    p99Us: 900,
    maxUs: 900,
  });
});

test('late echoes in a longer slice extend the point of their second, and keep its phase', () => {
  const run = makeRun({ seconds: 1 });
  const at = run.slices.findIndex((slice) => slice.phase === 'steady');
  const slice = run.slices[at];
  assert.ok(slice);
  const tail = { ...slice, phase: 'warm-up' as const, endUs: slice.endUs };
  slice.endUs -= 400_000;
  for (const place of [at, at + 1]) {
    const slices = run.slices.toSpliced(place, 0, tail);
    assert.deepEqual(
      seriesOf({ ...run, slices }).map(({ phase }) => phase),
      ['connect', 'connect', 'warm-up', 'warm-up', 'steady', 'drain'],
    );
  }
  run.slices.splice(at + 1, 0, tail);
  const point = seriesOf(run).find(({ phase }) => phase === 'steady');
  assert.equal(point?.open, slice.gauges.open);
  assert.equal(point?.atUs, (tail.startUs + tail.endUs) / 2);
  assert.equal(point?.echoedPerSecond, counted(slice.counters, 'echoed') * 2);
});

test('no point crosses a phase boundary', () => {
  assert.deepEqual(
    seriesOf(makeRun({ seconds: 3 }), 4).map(({ phase, atUs }) => [phase, atUs / 1e6]),
    [
      ['connect', 1],
      ['warm-up', 3],
      ['steady', 5],
      ['steady', 6.5],
      ['drain', 7.25],
    ],
  );
});

test('a slice shorter than a quarter of a second has no rates, and an empty one has no point', () => {
  const run = makeRun({ seconds: 1 });
  const drain = run.slices.at(-1) ?? assert.fail();
  drain.counters.sent = 30;
  const last = (durationUs: number) => {
    drain.endUs = drain.startUs + durationUs;
    const { phase, sentPerSecond, maxUs } = seriesOf(run).at(-1) ?? assert.fail();
    return [phase, sentPerSecond, maxUs !== null];
  };
  assert.deepEqual(
    [last(250_000), last(249_999), last(0)],
    [
      ['drain', 120, true],
      ['drain', null, true],
      ['steady', last(0)[1], true],
    ],
  );
  assert.deepEqual(seriesOf({ ...run, slices: [] }), []);
});

test('a series has at most 120 points by default, in chronological order', () => {
  const run = makeRun({ seconds: 1 });
  const [any] = run.slices;
  assert.ok(any);
  const lasting = (seconds: number) => ({
    ...run,
    slices: Array.from({ length: seconds }, (_, second) => ({
      ...any,
      startUs: (seconds - 1 - second) * 1e6,
      endUs: (seconds - second) * 1e6,
    })),
  });
  const at = (seconds: number) => seriesOf(lasting(seconds)).map(({ atUs }) => atUs / 1e6);
  assert.deepEqual(
    at(120),
    Array.from({ length: 120 }, (_, i) => i + 0.5),
  );
  assert.deepEqual(at(121), [...Array.from({ length: 60 }, (_, i) => 2 * i + 1), 120.5]);
});

test('a second without open connections or samples has neither', () => {
  const run = makeRun({ seconds: 1 });
  const of = (count: number) => {
    const histogram = emptyHistogram();
    for (let us = 1; us <= count; us++) histogram.recordValue(us);
    return encode(histogram);
  };
  const steady = run.slices.find(({ phase }) => phase === 'steady') ?? assert.fail();
  steady.gauges.open = 0;
  const point = () => {
    const { open, p50Us, p99Us, maxUs } =
      seriesOf(run).find(({ phase }) => phase === 'steady') ?? assert.fail();
    return { open, p50Us, p99Us, maxUs };
  };
  steady.histograms = { service: of(1000) };
  assert.deepEqual(point(), { open: 0, p50Us: 500, p99Us: 990, maxUs: 1000 });
  steady.histograms = { service: of(20) };
  assert.deepEqual(point(), { open: 0, p50Us: 10, p99Us: null, maxUs: 20 });
  steady.histograms = { service: of(1) };
  assert.deepEqual(point(), { open: 0, p50Us: null, p99Us: null, maxUs: 1 });
  steady.histograms = {};
  assert.deepEqual(point(), { open: 0, p50Us: null, p99Us: null, maxUs: null });
});

test('late echoes of the warm-up do not create another point for their second', () => {
  const run = makeRun({ seconds: 3 });
  const steady = run.slices.findIndex((slice) => slice.phase === 'steady');
  const slice = run.slices[steady];
  assert.ok(slice);
  const tail = {
    ...slice,
    phase: 'warm-up' as const,
    counters: { ...slice.counters, sent: 0, echoed: 0, bytesSent: 0, bytesReceived: 0 },
  };
  const before = seriesOf(run);
  run.slices.splice(steady + 1, 0, tail);
  const after = seriesOf(run);
  assert.deepEqual(
    after.map(({ phase, echoedPerSecond }) => ({ phase, echoedPerSecond })),
    before.map(({ phase, echoedPerSecond }) => ({ phase, echoedPerSecond })),
  );
});
