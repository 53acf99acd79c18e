import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Trial } from '../model/capacity.ts';
import { PRECISION, type SearchSpace, type SearchState, searchState } from './capacity-search.ts';

type Told = Pick<Trial, 'level' | 'met'>;

const RATES: SearchSpace = { start: 1000, least: 200, most: 10_000_000, isWhole: false };
const CONNECTIONS: SearchSpace = { start: 1000, least: 1, most: 1_000_000, isWhole: true };

/** More trials than any search needs, whatever their outcomes. */
const ENDLESS = 1000;

/** Tries the proposed levels until the search ends. */
function play(space: SearchSpace, isMet: (level: number, number: number) => boolean) {
  const trials: Told[] = [];
  for (;;) {
    const state = searchState(trials, space);
    if (state.next === null) return { trials, state };
    assert.ok(state.next >= space.least && state.next <= space.most, `${state.next} is out of bounds`);
    trials.push({ level: state.next, met: isMet(state.next, trials.length) });
    assert.ok(trials.length < ENDLESS, 'it does not end');
  }
}

function levels(trials: readonly Told[]): number[] {
  return trials.map(({ level }) => level);
}

function agreeing(trials: readonly Told[], level: number | null, met: boolean): number {
  return trials.filter((trial) => trial.level === level && trial.met === met).length;
}

test('doubles until a miss, repeats the miss, bisects to 5 %, and repeats both bounds', () => {
  const { trials, state } = play(RATES, (level) => level <= 5000);
  assert.deepEqual(levels(trials), [1000, 2000, 4000, 8000, 8000, 5660, 4760, 5190, 4970, 4970, 5190]);
  assert.deepEqual(state, { low: 4970, high: 5190, next: null });
});

test('a miss is repeated at once if it is more than 1.6 times the highest level that was met', () => {
  const nextAfter = (high: number) =>
    searchState(
      [
        { level: 100, met: true },
        { level: high, met: false },
      ],
      { ...RATES, least: 1 },
    ).next;
  assert.deepEqual([160, 161].map(nextAfter), [126, 161]);
});

test('halves if even the first level is missed, and repeats each miss', () => {
  const { trials, state } = play(RATES, (level) => level <= 300);
  assert.deepEqual(levels(trials).slice(0, 5), [1000, 1000, 500, 500, 250]);
  assert.ok(state.low !== null && state.high !== null && state.low <= 300 && state.high > 300);
});

test('ends at the highest level if all are met, and at the lowest if none is, each confirmed', () => {
  const all = play({ ...RATES, most: 3000 }, () => true);
  assert.deepEqual(levels(all.trials), [1000, 2000, 3000, 3000]);
  assert.deepEqual(all.state, { low: 3000, high: null, next: null });
  const none = play(RATES, () => false);
  assert.deepEqual(levels(none.trials), [1000, 1000, 500, 500, 250, 250, 200, 200]);
  assert.deepEqual(none.state, { low: null, high: 200, next: null });
});

test('a first miss by chance is detected by its repeats before any bisection', () => {
  const { trials, state } = play(RATES, (level, number) => number > 0 && level <= 5000);
  assert.deepEqual(levels(trials).slice(0, 4), [1000, 1000, 1000, 2000]);
  assert.equal(agreeing(trials, 1000, true), 2);
  assert.ok(state.low !== null && state.high !== null && state.low <= 5000 && state.high > 5000);
});

test('numbers of connections are whole and at least 1', () => {
  const { trials, state } = play({ ...CONNECTIONS, start: 5 }, (level) => level < 3);
  assert.deepEqual(levels(trials), [5, 5, 3, 3, 2, 2]);
  assert.deepEqual(state, { low: 2, high: 3, next: null });
  const none = play({ ...CONNECTIONS, start: 3 }, () => false);
  assert.deepEqual(levels(none.trials), [3, 3, 2, 2, 1, 1]);
  assert.deepEqual(none.state, { low: null, high: 1, next: null });
  assert.deepEqual(play({ ...CONNECTIONS, start: 5 }, (level) => level <= 10).state, {
    low: 10,
    high: 11,
    next: null,
  });
  // A rate may be a fraction of a message per second.
  const rates = play({ start: 1.5, least: 0.2, most: 10, isWhole: false }, () => false);
  assert.deepEqual(levels(rates.trials), [1.5, 1.5, 0.75, 0.75, 0.375, 0.375, 0.2, 0.2]);
});

test('levels met above a miss do not count, and the bounds are within 5 %', () => {
  const trials = [
    { level: 1000, met: false },
    { level: 1000, met: false },
    { level: 2000, met: true },
    { level: 2000, met: true },
  ];
  assert.deepEqual(searchState(trials, RATES), { low: null, high: 1000, next: 500 });
  assert.equal(PRECISION, 1.05);
});

test('contradictory trials are followed by a third, but never a fourth', () => {
  const contradicting: Told[] = [
    { level: 1000, met: true },
    { level: 2000, met: false },
    { level: 1000, met: false },
  ];
  assert.deepEqual(searchState(contradicting, RATES), { low: null, high: 2000, next: 1000 });
});

test('without noise, the bounds contain the true value, are within 5 %, and are confirmed in few trials', () => {
  const space = fc.constantFrom(RATES, CONNECTIONS);
  fc.assert(
    fc.property(space, fc.double({ min: 300, max: 900_000, noNaN: true }), (where, truth) => {
      const { trials, state } = play(where, (level) => level <= truth);
      const { low, high } = state;
      assert.ok(low !== null && high !== null);
      assert.ok(low <= truth && truth < high);
      assert.ok(high / low <= PRECISION || (where.isWhole && high - low === 1));
      assert.ok(agreeing(trials, low, true) >= 2 && agreeing(trials, high, false) >= 2);
      // Doublings (or halvings with their repeats), a repeat, five bisections, and a repeat at each bound.
      const steps = Math.log2(truth / where.start);
      assert.ok(trials.length <= Math.max(steps, -2 * steps) + 10, `${trials.length} trials`);
    }),
  );
});

test('whatever the trials show, the search ends, no level is tried four times, and two trials agree at both bounds', () => {
  const answers = fc.infiniteStream(fc.boolean());
  fc.assert(
    fc.property(fc.constantFrom(RATES, { ...CONNECTIONS, most: 5000 }), answers, (where, said) => {
      const { trials, state } = play({ ...where, most: 5000 }, () => said.next().value);
      for (const level of levels(trials))
        assert.ok(levels(trials).filter((each) => each === level).length <= 3);
      const { low, high } = state;
      assert.ok(low !== null || high !== null);
      if (low !== null) assert.ok(agreeing(trials, low, true) >= 2);
      if (high !== null) assert.ok(agreeing(trials, high, false) >= 2);
      assert.ok(low === null || high === null || low < high);
    }),
  );
});

test('with noise about the true value, the error of the bounds does not exceed the noise', () => {
  const noise = fc.record({
    truth: fc.integer({ min: 500, max: 500_000 }),
    seed: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  });
  fc.assert(
    fc.property(noise, ({ truth, seed }) => {
      // Within 10 % of the true value, a trial may have either outcome, with more randomness closer to it.
      const { state, trials } = play(RATES, (level) => level * (0.9 + 0.2 * seed.next().value) <= truth);
      const { low, high }: SearchState = state;
      assert.ok(low !== null && high !== null);
      assert.ok(low <= truth / 0.9 && high > truth / 1.1, `${low} to ${high} for ${truth}`);
      assert.ok(high / low <= PRECISION);
      assert.ok(trials.length <= 60, `${trials.length} trials`);
    }),
  );
});
