import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { Problem } from '../model/failure.ts';
import type { RoundsOptions } from '../strategy/rounds.ts';
import { fewRoundsWarning } from './outlook.ts';

const BASE = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
const INSTEAD = ['fewer variants', 'a shorter --duration'];

/** Two variants in both steps, 5 s a run. */
const OPTIONS: RoundsOptions = {
  variants: ['plain', 'tls'],
  steps: ['throughput', 'latency'],
  inFlight: 1,
  ratePerSecond: 5000,
  arrivals: 'uniform',
  planOf: ({ variant, step, round }) => ({
    ...BASE.plan,
    ...{ variant, step, round, warmupMs: 2000, durationMs: 3000 },
  }),
  rounds: null,
  budgetMs: null,
  together: true,
  seed: 7,
};

function warning(changes: Partial<RoundsOptions>, needed = 7): string | null {
  return fewRoundsWarning({ ...OPTIONS, ...changes }, needed, INSTEAD);
}

function refusal(changes: Partial<RoundsOptions>, needed = 7): string {
  try {
    assert.fail(`not refused, but: ${warning(changes, needed)}`);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.kind, 'usage');
    return error.message;
  }
}

test('rounds that are too few for any verdict are warned of, with how many it takes', () => {
  assert.equal(
    warning({ rounds: 6 }),
    '--rounds 6 is too few for a verdict on any figure: ask for --rounds 7 at least, or leave it out.',
  );
  assert.equal(warning({ rounds: 7 }), null);
  // Whoever asks for one round is not told of the budget as well.
  assert.match(warning({ rounds: 1, budgetMs: 1000 }) ?? '', /^--rounds 1 /);
});

test('a budget that cannot hold the rounds of a verdict is refused, with one that can and what else would do', () => {
  // 7 rounds of four runs of 5 s
  assert.equal(
    refusal({ budgetMs: 139_999 }),
    '--budget 139999ms is too short for a verdict on any figure: that takes 7 rounds, whose 28 runs take 140s ' +
      'without the time to start them. Ask for --budget 4m, or for fewer variants, or for a shorter --duration.',
  );
  assert.match(refusal({ budgetMs: 60_000, rounds: 10 }), /^--budget 1m is too short/);
});

test('a budget that is hardly enough is warned of, and one with room for starting the runs is not', () => {
  assert.equal(
    warning({ budgetMs: 140_000 }),
    '--budget 140s may be too short for a verdict on any figure: that takes 7 rounds, whose 28 runs take 140s ' +
      'without the time to start them. --budget 4m should do.',
  );
  assert.match(warning({ budgetMs: 209_999 }) ?? '', /may be too short/);
  assert.equal(warning({ budgetMs: 210_000 }), null);
});

test('the pilot, the steps and the variants count in the time it takes', () => {
  const runs = (changes: Partial<RoundsOptions>) =>
    Number(/whose (\d+) runs/.exec(refusal({ budgetMs: 1000, ...changes }))?.[1]);
  assert.equal(runs({ ratePerSecond: null }), 4 + 28);
  assert.equal(runs({ steps: ['throughput'] }), 14);
  assert.equal(runs({ variants: ['plain', 'tls', 'http2'] }), 42);
});

test('the budget that is asked for is one of which nothing is said', () => {
  for (const needed of [6, 7, 8, 12]) {
    for (const variants of [
      ['a', 'b'],
      ['a', 'b', 'c', 'd'],
    ]) {
      const message = refusal({ budgetMs: 1000, variants }, needed);
      const [, minutes] = /Ask for --budget (\d+)m, /.exec(message) ?? [];
      assert.equal(warning({ budgetMs: Number(minutes) * 60_000, variants }, needed), null, message);
    }
  }
});
