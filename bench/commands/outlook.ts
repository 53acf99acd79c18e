import type { KeptCalibration } from '../model/calibration.ts';
import { Problem } from '../model/failure.ts';
import type { Strategy } from '../model/strategy.ts';
import { formatDuration } from '../request/units.ts';
import { makeRounds, type RoundsOptions } from '../strategy/rounds.ts';
import type { Spending } from '../strategy/spending.ts';
import { formatSeconds } from '../wording/format.ts';
import { counted } from '../wording/words.ts';

/**
 * Factor by which a run takes longer than its warm-up and measured phase, because it also starts processes
 * and opens connections.
 */
const STARTING = 1.5;

type MakeStrategy = (options: RoundsOptions) => Strategy;

/**
 * Returns a warning to print before the first run if there may be too few rounds for a verdict on any metric;
 * otherwise null. The rounds are run anyway, whether the user chose a number of rounds or a budget.
 *
 * @param needed smallest number of rounds in which any metric can get a verdict
 * @param instead alternatives to a longer budget, such as `a shorter --duration`
 * @param makeStrategy creates the strategy whose runs must fit into the budget
 * @throws Problem('usage') if the budget is too short for one round, because an incomplete round yields no
 * comparison
 */
export function fewRoundsWarning(
  options: RoundsOptions,
  needed: number,
  instead: readonly string[],
  makeStrategy: MakeStrategy = makeRounds,
): string | null {
  const { rounds, budgetMs } = options;
  if (rounds !== null && rounds < needed)
    return `--rounds ${rounds} is too few for a verdict on any metric. Use at least --rounds ${needed}, or leave it out.`;
  if (budgetMs === null) return null;
  const { runs, runMs } = runsOf(options, needed, makeStrategy);
  const shortestMs = runs * runMs;
  if (budgetMs >= shortestMs * STARTING) return null;
  const enough = `--budget ${formatDuration(roundedUp(shortestMs * STARTING) * 1000)}`;
  const remedy = `Use ${[enough, ...instead].join(', or ')}.`;
  const one = runsOf(options, 1, makeStrategy);
  if (budgetMs < one.runs * one.runMs) {
    throw new Problem(
      'usage',
      `--budget ${formatDuration(budgetMs * 1000)} is too short for even one round: a round needs ${one.runs} runs, ` +
        `which take ${formatSeconds((one.runs * one.runMs) / 1000)} plus the time to start them. ${remedy}`,
    );
  }
  const verb = budgetMs < shortestMs ? 'is' : 'may be';
  const what =
    `--budget ${formatDuration(budgetMs * 1000)} ${verb} too short for a verdict on any metric: ${needed === 1 ? 'a round needs' : `${needed} rounds need`} ${runs} runs, ` +
    `which take ${formatSeconds(shortestMs / 1000)} plus the time to start them.`;
  return `${what} ${remedy}`;
}

/** States how a time budget is divided between rounds and turns, and the basis for this division. */
export function spendingSentence(
  { rounds, durationMs }: Spending,
  calibration: Pick<KeptCalibration, 'startedAt'> | null,
): string {
  const basis =
    calibration === null
      ? 'on a typical machine. Use `calibrate` to find the best division for this one'
      : `according to the calibration of ${calibration.startedAt.slice(0, 10)}`;
  return (
    `The budget is enough for about ${counted(rounds, 'round')}. Each run measures for ${formatDuration(durationMs * 1000)}. ` +
    `This division of the budget gives the most precise results ${basis}.`
  );
}

/**
 * Number of runs in the given number of rounds, including runs before the first round, and the minimum
 * duration of a run.
 */
function runsOf(
  options: RoundsOptions,
  rounds: number,
  makeStrategy: MakeStrategy,
): { runs: number; runMs: number } {
  const strategy = makeStrategy({ ...options, rounds, budgetMs: null });
  const [first] = strategy.next([]);
  if (first === undefined) throw new TypeError('there is nothing to compare');
  const { warmupMs, durationMs } = options.planOf(first);
  return { runs: strategy.expectedRuns([]), runMs: warmupMs + durationMs };
}

/** Rounds up to whole minutes, or to whole seconds below one minute. */
function roundedUp(ms: number): number {
  const unit = ms > 60_000 ? 60_000 : 1000;
  return Math.ceil(ms / unit) * unit;
}
