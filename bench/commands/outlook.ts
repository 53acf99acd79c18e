import { Problem } from '../model/failure.ts';
import { formatDuration } from '../request/units.ts';
import { makeRounds, type RoundsOptions } from '../strategy/rounds.ts';

/** How much longer than its warm-up and measured phase a run may take: it starts processes and opens connections. */
const STARTING = 1.5;

/**
 * What a person should hear before the first run, where the rounds may be too few for a verdict on any figure;
 * null: nothing.
 *
 * @param needed The fewest rounds in which any figure can come to a verdict.
 * @param instead What would do in place of a longer budget: `a shorter --duration`.
 * @throws Problem('usage') where the budget is too short for that many even if starting a run took no time
 */
export function fewRoundsWarning(
  options: RoundsOptions,
  needed: number,
  instead: readonly string[],
): string | null {
  const { rounds, budgetMs } = options;
  if (rounds !== null && rounds < needed)
    return `--rounds ${rounds} is too few for a verdict on any figure: ask for --rounds ${needed} at least, or leave it out.`;
  if (budgetMs === null) return null;
  const { runs, runMs } = runsOf(options, needed);
  const shortestMs = runs * runMs;
  if (budgetMs >= shortestMs * STARTING) return null;
  const verb = budgetMs < shortestMs ? 'is' : 'may be';
  const what =
    `--budget ${formatDuration(budgetMs * 1000)} ${verb} too short for a verdict on any figure: that takes ${needed} rounds, ` +
    `whose ${runs} runs take ${formatDuration(shortestMs * 1000)} without the time to start them.`;
  const enough = `--budget ${formatDuration(roundedUp(shortestMs * STARTING) * 1000)}`;
  if (budgetMs >= shortestMs) return `${what} ${enough} should do.`;
  throw new Problem('usage', `${what} Ask for ${[enough, ...instead].join(', or for ')}.`);
}

/** The runs of so many rounds, with those that have to come before; how long one of them takes at least. */
function runsOf(options: RoundsOptions, rounds: number): { runs: number; runMs: number } {
  const strategy = makeRounds({ ...options, rounds, budgetMs: null });
  const [first] = strategy.next([]);
  if (first === undefined) throw new TypeError('there is nothing to compare');
  const { warmupMs, durationMs } = options.planOf(first);
  return { runs: strategy.expectedRuns([]), runMs: warmupMs + durationMs };
}

/** To whole minutes, below one to whole seconds. */
function roundedUp(ms: number): number {
  const unit = ms > 60_000 ? 60_000 : 1000;
  return Math.ceil(ms / unit) * unit;
}
