import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, LOAD, OPTIONS, play, runOf } from './rounds.test.fixture.ts';
import { makeRounds, type RoundsOptions } from './rounds.ts';

test('the number of runs is known from the start, and does not change', () => {
  for (const ratePerSecond of [5000, null]) {
    const strategy = makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond } });
    const done = play(strategy);
    for (const [number] of done.entries())
      assert.equal(strategy.expectedRuns(done.slice(0, number)), done.length);
  }
});

test('a budget ends the comparison before a round that would exceed it, based on the runs so far', () => {
  // A round of four runs takes 20 s.
  const rounds = (budgetMs: number, asked: number | null = null) =>
    play(makeRounds({ ...OPTIONS, rounds: asked, budgetMs })).length / 4;
  assert.equal(rounds(100_000), 5);
  assert.equal(rounds(119_000), 5);
  assert.equal(rounds(120_000), 6);
  assert.equal(rounds(100_000, 3), 3);
  assert.equal(rounds(100_000, 50), 5);
  // The first round always starts, because the duration of a run is not known yet.
  assert.equal(rounds(1000), 1);
});

test('the number of rounds in a budget is reported as soon as it can be estimated', () => {
  const strategy = makeRounds({ ...OPTIONS, rounds: null, budgetMs: 100_000 });
  const done = play(strategy);
  // Before the first run, the expected duration comes from the plan: 1 s measured, 2 s to start.
  const { warmupMs, durationMs } = BASE.plan;
  const planned = Math.floor(100_000 / (warmupMs + durationMs + 2000) / 4) * 4;
  assert.deepEqual(
    [0, 1].map((runs) => strategy.expectedRuns(done.slice(0, runs))),
    [planned, planned],
  );
  assert.equal(strategy.expectedRuns(done.slice(0, 4)), 20);
  assert.equal(strategy.expectedRuns(done), done.length);
});

test('the rounds in a budget are whole, without the pilot, and not fewer than were begun', () => {
  const pilot = makeRounds({
    ...OPTIONS,
    ...{ rounds: null, budgetMs: 119_000, load: { ...LOAD, ratePerSecond: null } },
  });
  // 23 runs of 5 s fit: the pilot's 4, and four rounds of 4.
  assert.equal(pilot.expectedRuns(play(pilot, runOf, 4)), 20);
  const done = play(makeRounds(OPTIONS));
  assert.equal(makeRounds({ ...OPTIONS, rounds: null, budgetMs: 5000 }).expectedRuns(done), 12);
});

test('at least one round is expected, however small the budget', () => {
  for (const budgetMs of [1, 20_000])
    assert.equal(makeRounds({ ...OPTIONS, rounds: null, budgetMs }).expectedRuns([]), 4);
});

test('before the first run, its length in the rounds determines how many fit into the budget', () => {
  const planOf: RoundsOptions['planOf'] = ({ variant, step, durationMs = 1 }) => ({
    ...BASE.plan,
    ...{ variant, step, durationMs },
  });
  const expected = (roundDurationMs?: number) =>
    makeRounds({
      ...OPTIONS,
      ...{ planOf, rounds: null, budgetMs: 2_000_000 },
      ...(roundDurationMs === undefined ? {} : { roundDurationMs }),
    }).expectedRuns([]);
  const { warmupMs } = BASE.plan;
  assert.equal(expected(), Math.floor(2_000_000 / (warmupMs + 1 + 2000) / 4) * 4);
  assert.equal(expected(50_000), Math.floor(2_000_000 / (warmupMs + 50_000 + 2000) / 4) * 4);
});
