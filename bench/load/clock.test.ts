import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockSince, monotonicNs } from './clock.ts';

const sinceUs = (epochNs: bigint) => Number(monotonicNs() - epochNs) / 1e3;

test('a clock follows the monotonic clock even if reading the latter was interrupted', () => {
  const epochNs = monotonicNs() - 5_000_000n;
  let readings = 0;
  const clock = clockSince(epochNs, () => {
    const now = monotonicNs();
    // The first and every second reading is interrupted for 10 ms after the clock was read.
    if (readings++ % 2 === 0) for (const until = performance.now() + 10; performance.now() < until; );
    return now;
  });
  const before = sinceUs(epochNs);
  const told = clock();
  const after = sinceUs(epochNs);
  assert.ok(told > before - 1_000 && told < after + 1_000, `${told} between ${before} and ${after}`);
  assert.ok(before >= 5_000);
});

test('the first of the fastest readings counts, of twenty', (t) => {
  // Durations of the readings in ms. The clock that is read lags behind by another time in each reading.
  const lasting = [5, 3, 2, 4, 2, ...Array<number>(15).fill(3)];
  let ms = 1000;
  let calls = 0;
  t.mock.method(performance, 'now', () => {
    // Every second call ends a reading.
    if (calls++ % 2 === 1) ms += lasting[(calls >> 1) - 1] ?? 0;
    return ms;
  });
  let readings = 0;
  const clock = clockSince(1_000_000n, () => BigInt(ms) * 1_000_000n + BigInt(readings++) * 7_000_000n);
  assert.deepEqual([readings, calls], [20, 40]);
  t.mock.restoreAll();
  // The third reading begins after 1008 ms and lasts 2 ms. The other clock then shows 1022 ms, of which 1 ms
  // belongs to the epoch.
  t.mock.method(performance, 'now', () => 2000);
  assert.equal(clock(), 2_000_000 + 1_021_000 - 1_009_000);
});
