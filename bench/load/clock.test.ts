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
