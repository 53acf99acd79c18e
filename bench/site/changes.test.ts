import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../../test/run.ts';
import { FEWEST, standingsOf } from './changes.ts';

const closed = (values: readonly (number | null)[]) =>
  standingsOf(values.map((value) => ({ value, ratePerSecond: null })));
const kinds = (values: readonly (number | null)[]) => closed(values).map(({ kind }) => kind);

/** About 100, as a quiet machine gives it. */
const STEADY = [100, 101, 99.5, 100.5, 99, 100, 101.5, 98.5];

test('a value is judged once there are enough before it, and not by those that do not count', () => {
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

test('a value that stands alone is told, and counts for nothing later', () => {
  const standings = closed([...STEADY, 150, 100, 100.5, 130]);
  assert.deepEqual(
    standings.slice(STEADY.length).map((each) => (each.kind === 'change' ? each.lasting : each.kind)),
    [false, 'same', 'same', null],
  );
  // Up and down again are two that stand alone, not one that lasts.
  const [up, down] = closed([...STEADY, 150, 60, 100]).slice(STEADY.length);
  assert.deepEqual(
    [up?.kind === 'change' && up.lasting, down?.kind === 'change' && down.lasting],
    [false, false],
  );
});

test('what hardly scatters is not a change for a percent', () => {
  assert.deepEqual(kinds([...Array(8).fill(100), 101.5, 102.5]).slice(8), ['same', 'change']);
});

test('in an open loop only values at a rate within a tenth are set beside each other', () => {
  const at = (ratePerSecond: number | null, value: number) => ({ value, ratePerSecond });
  const slow = Array.from({ length: 6 }, (_, index) => at(1000 + index, 100 + index / 10));
  assert.equal(standingsOf([...slow, at(1090, 200)]).at(-1)?.kind, 'change');
  assert.equal(standingsOf([...slow, at(1200, 200)]).at(-1)?.kind, 'early');
  assert.equal(standingsOf([...slow, at(null, 200)]).at(-1)?.kind, 'early');
  // One at another rate neither confirms a change nor takes it back.
  const [change] = standingsOf([...slow, at(1000, 200), at(5000, 100), at(1000, 201)]).slice(slow.length);
  assert.ok(change?.kind === 'change' && change.lasting === true);
});

/** Values that scatter normally in logarithms. */
function scattered(random: () => number, count: number, spread: number): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 100 * Math.exp(spread * normal);
  });
}

test('of values that only scatter one in 200 or fewer is called a change, however many came before', () => {
  const random = randomFrom(5);
  for (const before of [FEWEST, 8, 20, 40]) {
    let changes = 0;
    const tries = 4000;
    for (let each = 0; each < tries; each++) {
      const values = scattered(random, before, 0.04);
      // All on one level, whatever they are: only the last is judged.
      const level = standingsOf(values.map((value) => ({ value, ratePerSecond: null })));
      if (level.some(({ kind }) => kind === 'change')) continue;
      const last = scattered(random, 1, 0.04);
      if (closed([...values, ...last]).at(-1)?.kind === 'change') changes++;
    }
    // 0.5 % and what chance adds to it in so many tries (three standard deviations).
    assert.ok(
      changes / tries < 0.005 + 3 * Math.sqrt(0.005 / tries),
      `${changes} of ${tries} after ${before}`,
    );
  }
});

test('ten percent more is found four times in five after 20 values that scatter by 2 %', () => {
  const random = randomFrom(6);
  let found = 0;
  for (let each = 0; each < 500; each++) {
    const values = scattered(random, 21, 0.02);
    const [last = 0] = values.slice(-1);
    if (closed([...values.slice(0, -1), last * 1.1]).at(-1)?.kind === 'change') found++;
  }
  assert.ok(found > 400, `${found} of 500`);
});
