import type { Trial } from '../model/capacity.ts';

/** Where a search looks. */
export interface SearchSpace {
  /** Tried first. */
  start: number;
  least: number;
  most: number;
  /** Only whole numbers make sense. */
  isWhole: boolean;
}

/** How far a search has come. */
export interface SearchState {
  /** Highest level below `high` at which the objectives are met; null: none yet. */
  low: number | null;
  /** Lowest level at which they are missed; null: none yet. */
  high: number | null;
  /** What to try next; null: both ends are close enough and confirmed. */
  next: number | null;
}

/** Both ends of the interval are no further apart than this ratio. */
export const PRECISION = 1.05;
/** Trials that agree and make a level's outcome final: two of three at the most. */
const AGREEING = 2;
/** Ends further apart than this come of doublings and halvings. */
const WIDE = 1.6;

/**
 * Doubles until the objectives are missed (or halves until they are met), repeats each miss on the way, bisects to
 * 5 %, and repeats the trials at both ends until two agree. One trial decides meanwhile: where a repeat shows that it was wrong, the
 * search goes on from there. Every level is tried three times at the most, so it ends whatever the trials say.
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

/** Whether nothing that could be tried lies between two levels, or nothing that would tell more. */
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
  const unconfirmed = (level: number): number | null => {
    const { met = 0, missed = 0 } = outcomes.find((each) => each.level === level) ?? {};
    return Math.max(met, missed) < AGREEING ? level : null;
  };
  if (low === null && high === null) return space.start;
  // A miss by chance would cost all the trials below it.
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

/** Three digits, which is finer than the precision. */
function rounded(level: number, { isWhole }: SearchSpace): number {
  const short = Number(level.toPrecision(3));
  return isWhole ? Math.max(1, Math.round(short)) : short;
}
