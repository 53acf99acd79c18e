import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FanOut } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { BUCKETS } from './counts.ts';
import { FanOutMerger } from './fan-out-merger.ts';
import { FAN_OUT_HISTOGRAMS, FanOuts } from './fan-outs.ts';
import { bucketsOf, decode, encodePairs } from './histogram.ts';

function slice(startUs: number, endUs: number, phase: Slice['phase']): Slice {
  return { startUs, endUs, phase, counters: {}, failures: {}, gauges: { open: 0 }, histograms: {} };
}

const SLICES = [
  slice(0, 900, 'connect'),
  slice(1000, 2000, 'warm-up'),
  slice(2000, 3000, 'steady'),
  slice(3000, 4000, 'steady'),
  slice(4000, 5000, 'drain'),
];

/** One worker's record of a publication, with the delay of each of its members. */
function recorded(number: number, intendedUs: number, members: number, ...delays: number[]): FanOut[] {
  const fanOuts = new FanOuts();
  for (const delay of delays) fanOuts.record({ number, intendedUs, members }, delay);
  return fanOuts.drain();
}

/** Returns first, median and last receiver of the publications due in each slice. */
function receivers(...fanOuts: FanOut[]): number[][][] {
  const merger = new FanOutMerger();
  for (const fanOut of fanOuts) merger.add(fanOut);
  return merger.addTo(SLICES).map(({ histograms }) =>
    FAN_OUT_HISTOGRAMS.map((name) => {
      const encoded = histograms[name];
      return encoded === undefined
        ? []
        : [...bucketsOf(decode(encoded))].flatMap(([us, count]) => Array<number>(count).fill(us));
    }),
  );
}

const NONE = [[], [], []];

describe('the receivers of a publication', () => {
  test('are added to the histograms of a slice, and the rest of the slice is kept', () => {
    const merger = new FanOutMerger();
    for (const fanOut of recorded(0, 2500, 2, 30, 40)) merger.add(fanOut);
    const own = encodePairs(Uint32Array.from([9, 1]));
    const slices = SLICES.map((each) => ({ ...each, histograms: { service: own } }));
    const one = (us: number) => encodePairs(Uint32Array.from([us, 1]));
    assert.deepEqual(
      merger.addTo(slices),
      slices.with(2, {
        ...(slices[2] ?? assert.fail()),
        histograms: {
          service: own,
          firstReceiver: one(30),
          medianReceiver: one(30),
          lastReceiver: one(40),
        } as { service: string },
      }),
    );
  });

  test('a publication from before the warm-up counts nowhere', () => {
    assert.deepEqual(receivers(...recorded(0, 500, 1, 7)), [NONE, NONE, NONE, NONE, NONE]);
  });

  test('more receivers than members count too', () => {
    assert.deepEqual(receivers(...recorded(0, 2500, 1, 5, 6, 7, 8))[2], [[5], [6], [8]]);
  });

  test('without any receiver, a publication takes until the end, or no time if it is due later', () => {
    const none = (intendedUs: number) => ({ number: 0, intendedUs, members: 1, delays: new Uint32Array() });
    assert.deepEqual(receivers(none(4000.4))[4], [[1000], [1000], [1000]]);
    assert.deepEqual(receivers(none(6000))[4], [[0], [0], [0]]);
  });

  test('a member that received it later than the end of the recordings is the last', () => {
    assert.deepEqual(receivers(...recorded(0, 4900, 3, 10, 700))[4], [[10], [700], [700]]);
  });

  test('are those of all workers combined, not of each worker', () => {
    const merged = receivers(...recorded(0, 2500, 5, 30, 10, 400), ...recorded(0, 2500, 5, 20, 50));
    assert.deepEqual(merged, [NONE, NONE, [[10], [30], [400]], NONE, NONE]);
  });

  test('are found even if a worker reports them in several recordings', () => {
    const merged = receivers(...recorded(3, 2900, 4, 10, 20), ...recorded(3, 2900, 4, 700, 900));
    assert.deepEqual(merged[2], [[10], [20], [900]]);
  });

  test('count in the slice in which the publication was due, whenever they received it', () => {
    const merged = receivers(
      ...recorded(0, 1999, 1, 1500),
      ...recorded(1, 2000, 1, 7),
      ...recorded(2, 3999, 1, 999),
    );
    assert.deepEqual(
      merged.map(([first]) => first),
      [[], [1500], [7], [999], []],
    );
  });

  test('a member that has not received it by the end counts as last, with the time waited so far', () => {
    assert.deepEqual(receivers(...recorded(0, 3000, 3, 10, 20))[3], [[10], [20], [2000]]);
    assert.deepEqual(receivers(...recorded(0, 3000, 5, 10, 20))[3], [[10], [2000], [2000]]);
  });

  test('several publications in one second each count once', () => {
    const merged = receivers(...recorded(0, 2100, 2, 1, 3), ...recorded(1, 2200, 2, 2, 5));
    assert.deepEqual(merged[2], [
      [1, 2],
      [1, 2],
      [3, 5],
    ]);
  });
});

test('deliveries are returned only once, and slices without publications are not changed', () => {
  const fanOuts = new FanOuts();
  const [first, second] = [1, 2].map((number) => ({ number, intendedUs: 3, members: 4 }));
  assert.ok(first && second);
  fanOuts.record(first, 5);
  fanOuts.record(second, -7);
  fanOuts.record(first, 5.5);
  fanOuts.record(first, 1e12);
  assert.deepEqual(fanOuts.drain(), [
    { ...first, delays: Uint32Array.from([5, 1, 6, 1, BUCKETS - 1, 1]) },
    { ...second, delays: Uint32Array.from([0, 1]) },
  ]);
  assert.deepEqual(fanOuts.drain(), []);
  fanOuts.record(first, 8);
  assert.deepEqual(fanOuts.drain(), [{ ...first, delays: Uint32Array.from([8, 1]) }]);
  assert.equal(new FanOutMerger().addTo(SLICES), SLICES);
});
