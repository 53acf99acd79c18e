import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeptCalibration } from '../../test/calibration.ts';
import { makeRun } from '../../test/run.ts';
import type { LoadOptions } from '../model/load.ts';
import type { RoundsOptions } from '../strategy/rounds.ts';
import { fewRoundsWarning, spendingSentence } from './outlook.ts';

const BASE = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
const INSTEAD = ['fewer variants', 'a shorter --duration'];

const LOAD: LoadOptions = { inFlight: 1, ratePerSecond: 5000, arrivals: 'uniform' };

/** Two variants in both steps, with runs of 5 s. */
const OPTIONS: RoundsOptions = {
  variants: ['plain', 'tls'],
  steps: ['throughput', 'latency'],
  load: LOAD,
  planOf: ({ variant, step }) => ({
    ...BASE.plan,
    ...{ variant, step, warmupMs: 2000, durationMs: 3000 },
  }),
  rounds: null,
  budgetMs: null,
  together: true,
  pilotSteps: ['throughput', 'latency'],
  seed: 7,
};

function warning(changes: Partial<RoundsOptions>, needed = 7): string | null {
  return fewRoundsWarning({ ...OPTIONS, ...changes }, needed, INSTEAD);
}

test('if there are too few rounds for any verdict, the warning gives the number needed', () => {
  assert.equal(
    warning({ rounds: 6 }),
    '--rounds 6 is too few for a verdict on any metric. Use at least --rounds 7, or leave it out.',
  );
  assert.equal(warning({ rounds: 7 }), null);
  // Only one of the two warnings is printed.
  assert.match(warning({ rounds: 1, budgetMs: 1000 }) ?? '', /^--rounds 1 /);
});

test('the sentence about a budget says on what its division is based', () => {
  const spending = { rounds: 1, durationMs: 2500 };
  assert.equal(
    spendingSentence({ ...spending, rounds: 12 }, null),
    'The budget is enough for about 12 rounds. Each run measures for 2500ms. This division of the budget gives the ' +
      'most precise results on a typical machine. Use `calibrate` to find the best division for this one.',
  );
  assert.equal(
    spendingSentence(spending, makeKeptCalibration()),
    'The budget is enough for about 1 round. Each run measures for 2500ms. This division of the budget gives the ' +
      'most precise results according to the calibration of 2025-01-02.',
  );
});

test('a budget that is too short for one round is rejected, as is --rounds 0', () => {
  // A round has four runs of 5 s, as does the pilot.
  assert.throws(() => warning({ budgetMs: 19_999 }), {
    kind: 'usage',
    message:
      '--budget 19999ms is too short for even one round: a round needs 4 runs, which take 20 s plus the time to start them. ' +
      'Use --budget 4m, or fewer variants, or a shorter --duration.',
  });
  assert.match(warning({ budgetMs: 20_000 }) ?? '', /^--budget 20s is too short for a verdict/);
  const withPilot = { load: { ...LOAD, ratePerSecond: null } };
  assert.throws(() => warning({ ...withPilot, budgetMs: 39_999 }), { kind: 'usage', message: /8 runs/ });
  assert.match(warning({ ...withPilot, budgetMs: 40_000 }) ?? '', /verdict/);
});

test('a budget that is too short for these rounds gets a warning, with alternatives', () => {
  // 7 rounds of four runs of 5 s
  assert.equal(
    warning({ budgetMs: 139_999 }),
    '--budget 139999ms is too short for a verdict on any metric: 7 rounds need 28 runs, which take 140 s plus the ' +
      'time to start them. Use --budget 4m, or fewer variants, or a shorter --duration.',
  );
  assert.match(warning({ budgetMs: 60_000, rounds: 10 }) ?? '', /^--budget 1m is too short/);
});

test('a command that needs only one round says so', () => {
  assert.match(warning({ budgetMs: 20_000 }, 1) ?? '', / any metric: a round needs 4 runs, /);
});

test('a barely sufficient budget gets a warning; one with time to start the runs does not', () => {
  assert.match(warning({ budgetMs: 140_000 }) ?? '', /^--budget 140s may be too short .* Use --budget 4m, /);
  assert.match(warning({ budgetMs: 209_999 }) ?? '', /may be too short/);
  assert.equal(warning({ budgetMs: 210_000 }), null);
});

test('the pilot, the steps and the variants count', () => {
  const runs = (changes: Partial<RoundsOptions>) =>
    Number(/need (\d+) runs/.exec(warning({ budgetMs: 60_000, ...changes }) ?? '')?.[1]);
  assert.equal(runs({ load: { ...LOAD, ratePerSecond: null } }), 4 + 28);
  assert.equal(runs({ steps: ['throughput'] }), 14);
  assert.equal(runs({ variants: ['plain', 'tls', 'http2'] }), 42);
});

test('the suggested budget gets no warning', () => {
  for (const needed of [6, 7, 8, 12]) {
    for (const variants of [
      ['a', 'b'],
      ['a', 'b', 'c', 'd'],
    ]) {
      const message = warning({ budgetMs: 40_000, variants }, needed) ?? '';
      const [, minutes] = /Use --budget (\d+)m, /.exec(message) ?? [];
      assert.equal(warning({ budgetMs: Number(minutes) * 60_000, variants }, needed), null, message);
    }
  }
});
