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

test('the birth and end of a process are moved like its samples, to whole µs that are never negative', () => {
  const sample = (atUs: number) => ({ atUs, cpuUs: 5 });
  const series = { name: 'a', bornUs: 1, endedUs: 20, samples: [0, 3, 9].map(sample) };
  assert.deepEqual(
    inOwnTime(series, (otherUs) => otherUs - 2.4),
    { name: 'a', bornUs: 0, endedUs: 18, samples: [0, 1, 7].map(sample) },
  );
  const running = { bornUs: null, endedUs: null, samples: [] };
  assert.deepEqual(
    inOwnTime(running, () => 7),
    running,
  );
  assert.deepEqual(
    inOwnTime({ samples: [] }, () => 7),
    { samples: [] },
  );
});
