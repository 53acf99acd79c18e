import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Slice } from '../model/run.ts';
import { emptyHistogram, encode, encodePairs } from './histogram.ts';
import { inTimeShare } from './punctuality.ts';

test('abandoned messages are never in time, even if no response is known', () => {
  const [any] = makeRun({ seconds: 1 }).slices;
  assert.ok(any);
  const slice = (due: number, histograms: Slice['histograms']) => ({ ...any, counters: { due }, histograms });
  const five = encodePairs(Uint32Array.from([7, 5]));
  const share = (...args: Parameters<typeof inTimeShare>) => inTimeShare(...args);
  assert.equal(share([slice(10, { lostWait: five })], 0), 0);
  assert.equal(share([slice(10, { response: five })], 0), 0.5);
  assert.equal(
    share([slice(10, { response: five, unsentWait: five }), slice(10, { response: five })], 0),
    0.25,
  );
  assert.equal(share([slice(4, { response: five })], 5), 0.5);
  const slow = (us: number) => {
    const histogram = emptyHistogram();
    histogram.recordValueWithCount(us, 5);
    return share([slice(10, { response: encode(histogram) })], 0);
  };
  assert.deepEqual([slow(1_000_000), slow(1_002_000)], [0.5, 0]);
  assert.deepEqual([share([], 0), share([slice(0, {})], 0), share([], 2)], [null, null, 0]);
});
