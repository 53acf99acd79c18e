import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Exchange, measureOffset, offsetFrom, ownTimes } from './clock-offset.ts';

const AHEAD = 200_000_000n;

/** An exchange with a clock that is ahead by 200 ms, whose question and answer take these times. */
const exchange = (sentNs: bigint, thereNs: bigint, backNs: bigint): Exchange => ({
  sentNs,
  otherNs: sentNs + thereNs + AHEAD,
  receivedNs: sentNs + thereNs + backNs,
});

test('the true offset is within the error, however the delays are distributed', () => {
  const delay = fc.bigInt({ min: 0n, max: 10_000_000n });
  const exchanges = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 15n }), delay, delay), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(exchanges, (all) => {
      const [first, ...rest] = all.map((each) => exchange(...each));
      assert.ok(first);
      const { offsetNs, errorNs } = offsetFrom([first, ...rest]);
      const off = offsetNs > AHEAD ? offsetNs - AHEAD : AHEAD - offsetNs;
      assert.ok(off <= errorNs);
      const shortest = Math.min(...all.map(([, there, back]) => Number(there + back)));
      assert.ok(Number(errorNs) <= shortest / 2 + 1);
    }),
  );
});

test('the offset comes from the exchange with the shortest round trip', () => {
  const { offsetNs, errorNs } = offsetFrom([
    exchange(0n, 900n, 100n),
    exchange(5_000n, 50n, 50n),
    exchange(9_000n, 0n, 400n),
  ]);
  assert.deepEqual([offsetNs, errorNs], [AHEAD, 51n]);
  // Of several that are equally short, it is the first.
  assert.deepEqual(offsetFrom([exchange(5n, 10n, 10n), exchange(100n, 20n, 0n)]), {
    offsetNs: AHEAD,
    errorNs: 11n,
    atNs: 15n,
  });
});

test('times of a clock that is 200 ms ahead and drifts are right within the error, throughout the run', () => {
  const drift = fc.integer({ min: -200, max: 200 });
  const delay = fc.bigInt({ min: 1_000n, max: 400_000n });
  const seconds = fc.integer({ min: 1, max: 600 });
  fc.assert(
    fc.property(drift, seconds, fc.tuple(delay, delay, delay, delay), (ppm, runS, delays) => {
      const [there, back, thereAfter, backAfter] = delays;
      const other = (ns: bigint) => ns + AHEAD + (ns * BigInt(ppm)) / 1_000_000n;
      const compared = (sentNs: bigint, to: bigint, from: bigint) =>
        offsetFrom([{ sentNs, otherNs: other(sentNs + to), receivedNs: sentNs + to + from }]);
      const before = compared(5_000_000_000n, there, back);
      const epochNs = 6_000_000_000n;
      const endNs = epochNs + BigInt(runS) * 1_000_000_000n;
      const after = compared(endNs + 500_000_000n, thereAfter, backAfter);
      const toOwn = ownTimes(epochNs, before, after);
      const hostEpoch = epochNs + before.offsetNs;
      const errorUs = Number(before.errorNs > after.errorNs ? before.errorNs : after.errorNs) / 1e3;
      for (const part of [0n, 1n, 2n, 3n]) {
        const ns = epochNs + ((endNs - epochNs) * part) / 3n;
        const own = toOwn(Number(other(ns) - hostEpoch) / 1e3);
        assert.ok(Math.abs(own - Number(ns - epochNs) / 1e3) <= errorUs + 1);
      }
    }),
  );
  const unknown = ownTimes(0n, { offsetNs: AHEAD, errorNs: 1n, atNs: 0n }, null);
  assert.equal(unknown(1_234), 1_234);
  const at = (atNs: bigint, offsetNs: bigint) => ({ offsetNs, errorNs: 1n, atNs });
  // Two comparisons at the same time do not show any drift.
  assert.equal(ownTimes(0n, at(5n, 0n), at(5n, 9n))(1_234), 1_234);
  // The other clock is twice as fast: 3 ms after the comparison at 1 ms, 6 ms have passed on it.
  const halved = ownTimes(2_000_000n, at(3_000_000n, 0n), at(5_000_000n, 2_000_000n));
  assert.deepEqual([halved(1_000), halved(7_000)], [1_000, 4_000]);
});

test('a clock is asked repeatedly, and a question that fails is not hidden', async () => {
  let asked = 0;
  let nowNs = 0n;
  const here = () => nowNs++;
  const { offsetNs } = await measureOffset(here, async () => {
    asked++;
    return nowNs + AHEAD;
  });
  assert.equal(asked, 50);
  assert.ok(offsetNs - AHEAD <= 1n);
  await assert.rejects(
    measureOffset(here, async () => Promise.reject(new Error('no answer'))),
    /no answer/,
  );
});
