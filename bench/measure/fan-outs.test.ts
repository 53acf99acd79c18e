import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FanOut } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { FanOutMerger } from './fan-out-merger.ts';
import { FAN_OUT_HISTOGRAMS, FanOuts } from './fan-outs.ts';
import { bucketsOf, decode } from './histogram.ts';

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
  fanOuts.record({ number: 1, intendedUs: 0, members: 1 }, 5);
  assert.equal(fanOuts.drain().length, 1);
  assert.deepEqual(fanOuts.drain(), []);
  assert.equal(new FanOutMerger().addTo(SLICES), SLICES);
});
