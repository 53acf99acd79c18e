import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../../test/run.ts';
import { FEWEST, standingsOf } from './changes.ts';

const closed = (values: readonly (number | null)[]) =>
  standingsOf(values.map((value) => ({ value, ratePerSecond: null })));
const kinds = (values: readonly (number | null)[]) => closed(values).map(({ kind }) => kind);

/** Values close to 100, as measured on a quiet machine. */
const STEADY = [100, 101, 99.5, 100.5, 99, 100, 101.5, 98.5];

test('a value is judged if enough earlier values count', () => {
  assert.deepEqual(kinds([...STEADY.slice(0, FEWEST), 100]), [...Array(FEWEST).fill('early'), 'same']);
  assert.deepEqual(kinds([100, null, 0, 101, -1]), ['early', 'uncounted', 'uncounted', 'early', 'uncounted']);
  assert.deepEqual(kinds([...Array(FEWEST - 1).fill(100), null, 150]).at(-1), 'early');
});

test('a change that the next value confirms begins a new level', () => {
  const standings = closed([...STEADY, 120, 121, 119, 120, 120.5, 120, 100]);
  assert.deepEqual(
    standings.slice(STEADY.length).map((each) => (each.kind === 'change' ? each.lasting : each.kind)),
    [true, 'early', 'early', 'early', 'early', 'same', null],
  );
  const [change] = standings.slice(STEADY.length);
  assert.ok(change?.kind === 'change');
  assert.ok(change.band.low < 100 && change.band.high > 101.5 && change.band.high < 120);
  assert.equal(change.ratio, 120 / change.band.centre);
  assert.equal(change.band.runs, STEADY.length);
});

test('a single outlier is reported, and ignored from then on', () => {
  const standings = closed([...STEADY, 150, 100, 100.5, 130]);
  assert.deepEqual(
    standings.slice(STEADY.length).map((each) => (each.kind === 'change' ? each.lasting : each.kind)),
    [false, 'same', 'same', null],
  );
  // A rise followed by a fall counts as two outliers, not as one lasting change.
  const [up, down] = closed([...STEADY, 150, 60, 100]).slice(STEADY.length);
  assert.deepEqual(
    [up?.kind === 'change' && up.lasting, down?.kind === 'change' && down.lasting],
    [false, false],
  );
});

test('a difference of one per cent is not a change, however little the values vary', () => {
  assert.deepEqual(kinds([...Array(8).fill(100), 101.5, 102.5]).slice(8), ['same', 'change']);
});

test('in an open loop, only values at rates within a tenth of each other are compared', () => {
  const at = (ratePerSecond: number | null, value: number) => ({ value, ratePerSecond });
  const slow = Array.from({ length: 6 }, (_, index) => at(1000 + index, 100 + index / 10));
  assert.equal(standingsOf([...slow, at(1090, 200)]).at(-1)?.kind, 'change');
  assert.equal(standingsOf([...slow, at(1200, 200)]).at(-1)?.kind, 'early');
  assert.equal(standingsOf([...slow, at(null, 200)]).at(-1)?.kind, 'early');
  // A value at another rate neither confirms nor refutes a change.
  const [change] = standingsOf([...slow, at(1000, 200), at(5000, 100), at(1000, 201)]).slice(slow.length);
  assert.ok(change?.kind === 'change' && change.lasting === true);
});

/** Draws values whose logarithms are normally distributed. */
function scattered(random: () => number, count: number, spread: number): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 100 * Math.exp(spread * normal);
  });
}

test('if values only vary randomly, at most one in 200 is called a change, however many came before', () => {
  const random = randomFrom(5);
  for (const before of [FEWEST, 8, 20, 40]) {
    let changes = 0;
    const tries = 4000;
    for (let each = 0; each < tries; each++) {
      const values = scattered(random, before, 0.04);
      // Keeps only histories on a single level, so that just the last value is judged.
      const level = standingsOf(values.map((value) => ({ value, ratePerSecond: null })));
      if (level.some(({ kind }) => kind === 'change')) continue;
      const last = scattered(random, 1, 0.04);
      if (closed([...values, ...last]).at(-1)?.kind === 'change') changes++;
    }
    // 0.5 %, plus three standard deviations for the number of tries.
    assert.ok(
      changes / tries < 0.005 + 3 * Math.sqrt(0.005 / tries),
      `${changes} of ${tries} after ${before}`,
    );
  }
});

test('an increase of ten per cent is found in four of five cases, after 20 values that vary by 2 %', () => {
  const random = randomFrom(6);
  let found = 0;
  for (let each = 0; each < 500; each++) {
    const values = scattered(random, 21, 0.02);
    const [last = 0] = values.slice(-1);
    if (closed([...values.slice(0, -1), last * 1.1]).at(-1)?.kind === 'change') found++;
  }
  assert.ok(found > 400, `${found} of 500`);
});
