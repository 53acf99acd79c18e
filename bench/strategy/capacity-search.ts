import type { Trial } from '../model/capacity.ts';

/** The range of levels in which to search. */
export interface SearchSpace {
  start: number;
  least: number;
  most: number;
  /** Whether levels must be whole numbers. */
  isWhole: boolean;
}

/** Progress of a search. */
export interface SearchState {
  /** Highest level below `high` that meets the objectives; null if none has been found yet. */
  low: number | null;
  /** Lowest level that misses the objectives; null if none has been found yet. */
  high: number | null;
  /** The next level to try; null if the search has ended. */
  next: number | null;
}

/** The search ends when the ratio of the upper to the lower bound is no greater than this. */
export const PRECISION = 1.05;
/** Number of trials that must agree to settle a level: two, out of at most three. */
const AGREEING = 2;
/**
 * While the ratio of the bounds exceeds this, the search is still doubling or halving and has not begun to
 * bisect.
 */
const WIDE = 1.6;

/**
 * Computes the state of the search and the next level to try. The search doubles the level until the
 * objectives are missed (or halves it until they are met), repeating each miss on the way. It then bisects to
 * a precision of 5 %, and repeats the trials at each bound until two of them agree. Until a level is
 * repeated, its single trial counts. If the second trial contradicts the first, a third one decides. No level
 * is tried more than three times, so the search always terminates.
 */
export function searchState(
  trials: readonly Pick<Trial, 'level' | 'met'>[],
  space: SearchSpace,
): SearchState {
  const outcomes = outcomesOf(trials);
  const missed = outcomes.filter((each) => each.missed > each.met).map(({ level }) => level);
  const high = missed.length === 0 ? null : Math.min(...missed);
  const held = outcomes.filter((each) => each.met > each.missed && each.level < (high ?? Infinity));
  const low = held.length === 0 ? null : Math.max(...held.map(({ level }) => level));
  const undecided = outcomes.find((each) => each.met === each.missed)?.level;
  return { low, high, next: undecided ?? nextOf(low, high, space, outcomes) };
}

/**
 * Reports whether the two bounds are close enough: they are within the precision or, if levels are whole
 * numbers, no level lies between them.
 */
function isClose(low: number, high: number, { isWhole }: Pick<SearchSpace, 'isWhole'>): boolean {
  return high / low <= PRECISION || (isWhole && high - low <= 1);
}

interface LevelOutcome {
  level: number;
  met: number;
  missed: number;
}

function outcomesOf(trials: readonly Pick<Trial, 'level' | 'met'>[]): LevelOutcome[] {
  return [...new Set(trials.map(({ level }) => level))].map((level) => {
    const own = trials.filter((trial) => trial.level === level);
    const met = own.filter((trial) => trial.met).length;
    return { level, met, missed: own.length - met };
  });
}

function nextOf(
  low: number | null,
  high: number | null,
  space: SearchSpace,
  outcomes: readonly LevelOutcome[],
): number | null {
  const unconfirmed = (level: number): number | null =>
    outcomes.some((each) => each.level === level && Math.max(each.met, each.missed) < AGREEING)
      ? level
      : null;
  if (low === null && high === null) return space.start;
  // A miss is confirmed first. If it had occurred by chance, all trials at lower levels would be wasted.
  const isFar = high !== null && (low === null || high / low > WIDE);
  if (isFar && unconfirmed(high) !== null) return high;
  if (low === null && high !== null)
    return high > space.least ? Math.max(space.least, rounded(high / 2, space)) : null;
  if (low !== null && high === null)
    return low < space.most ? Math.min(space.most, rounded(low * 2, space)) : unconfirmed(low);
  if (low === null || high === null) return null;
  if (!isClose(low, high, space)) return rounded(Math.sqrt(low * high), space);
  return unconfirmed(low) ?? unconfirmed(high);
}

/** Rounds to three significant digits, which is finer than the precision of the search. */
function rounded(level: number, { isWhole }: SearchSpace): number {
  const short = Number(level.toPrecision(3));
  return isWhole ? Math.max(1, Math.round(short)) : short;
}
