import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { ownTimes } from './clock-offset.ts';
import { inOwnTime } from './own-time.ts';

test('samples of a process on a host whose clock gains a millisecond per second are moved to the right times', () => {
  const [series] = makeRun({ seconds: 2 }).processes;
  assert.ok(series);
  const errorNs = 1n;
  const before = { offsetNs: 200_000_000n, errorNs, atNs: 0n };
  const after = { offsetNs: 210_000_000n, errorNs, atNs: 10_000_000_000n };
  const other = { ...series, bornUs: 1_001_000, endedUs: null };
  const own = inOwnTime(other, ownTimes(0n, before, after));
  assert.deepEqual([own.bornUs, own.endedUs], [1_000_000, null]);
  assert.equal(own.samples.length, series.samples.length);
  for (const [at, { atUs, ...sample }] of own.samples.entries()) {
    const { atUs: otherUs, ...unchanged } = series.samples[at] ?? assert.fail();
    assert.ok(Math.abs(atUs - otherUs / 1.001) <= 1);
    assert.deepEqual(sample, unchanged);
  }
});
