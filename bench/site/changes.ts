import { median } from '../stats/median.ts';

/** What is judged: one figure of one run, or its median over the rounds of a comparison. */
export interface Measured {
  /** Null, or not above 0: it does not count. */
  value: number | null;
  /** Offered in an open loop; null in a closed one. */
  ratePerSecond: number | null;
}

/** The values that count as the same as before. */
export interface Band {
  centre: number;
  low: number;
  high: number;
  /** How many earlier values it rests on. */
  runs: number;
}

/** How a value stands to the earlier ones. */
export type Standing =
  | { kind: 'uncounted' }
  /** Too few comparable values before it. */
  | { kind: 'early' }
  | { kind: 'same'; band: Band }
  /**
   * Beyond the noise. Lasting: the next value is as well, on the same side; false: it is not, so this one stands
   * alone; null: there is none yet.
   */
  | { kind: 'change'; band: Band; ratio: number; lasting: boolean | null };

/** Fewer earlier values say too little of how they scatter. */
export const FEWEST = 5;
/** Older values of the same level are left out: machines drift. */
export const WINDOW = 20;
/** As in a comparison, a ratio nearer to 1 is of no interest, however steady the figure. */
export const NEGLIGIBLE = 1.02;
/** In open loops at rates further apart than this, times and CPU per message are no longer comparable. */
export const RATE_TOLERANCE = 1.1;

/**
 * Judges values in the order in which they were measured, each by those before it (docs/method.md). A change that
 * lasts begins a new level, against which later ones are judged; a value that stands alone belongs to none.
 */
export function standingsOf(values: readonly Measured[]): Standing[] {
  const standings: Standing[] = [];
  let level: Measured[] = [];
  let pending: { standing: Extract<Standing, { kind: 'change' }>; measured: Measured } | null = null;
  for (const measured of values) {
    const standing = standingOf(measured, level);
    standings.push(standing);
    if (standing.kind === 'uncounted') continue;
    if (standing.kind === 'early') {
      // Of one at another rate nothing follows for a change before it.
      level.push(measured);
      continue;
    }
    const lasts =
      pending !== null && standing.kind === 'change' && isRise(standing) === isRise(pending.standing);
    if (pending !== null) pending.standing.lasting = lasts;
    if (pending !== null && lasts) {
      level = [pending.measured, measured];
      standings[standings.length - 1] = { kind: 'early' };
      pending = null;
    } else if (standing.kind === 'change') {
      pending = { standing, measured };
    } else {
      level.push(measured);
      pending = null;
    }
  }
  return standings;
}

function isRise({ ratio }: { ratio: number }): boolean {
  return ratio > 1;
}

function standingOf(measured: Measured, level: readonly Measured[]): Standing {
  const { value } = measured;
  if (value === null || value <= 0) return { kind: 'uncounted' };
  const band = bandOf(level.filter((each) => isComparable(each, measured)).slice(-WINDOW));
  if (band === null) return { kind: 'early' };
  if (value >= band.low && value <= band.high) return { kind: 'same', band };
  return { kind: 'change', band, ratio: value / band.centre, lasting: null };
}

function isComparable(a: Measured, b: Measured): boolean {
  if (a.ratePerSecond === null || b.ratePerSecond === null) return a.ratePerSecond === b.ratePerSecond;
  const ratio = a.ratePerSecond / b.ratePerSecond;
  return ratio <= RATE_TOLERANCE && ratio >= 1 / RATE_TOLERANCE;
}

/**
 * Centre: the median. Spread: the mean absolute deviation from it in logarithms, in units of a standard deviation
 * (× √(π/2) for normal values). Half width: the spread × 2.8 (1 + 3.3 ÷ (n − 2)), which leaves out less than one in
 * 200 of what only scatters normally, whatever n is: found by simulation, and held to it by a test.
 */
function bandOf(earlier: readonly Measured[]): Band | null {
  const logarithms = earlier.flatMap(({ value }) => (value === null ? [] : [Math.log(value)]));
  const n = logarithms.length;
  if (n < FEWEST) return null;
  const centre = median(logarithms);
  const deviations = logarithms.reduce((sum, each) => sum + Math.abs(each - centre), 0) / (n - 1);
  const spread = Math.sqrt(Math.PI / 2) * deviations;
  const half = Math.max(spread * 2.8 * (1 + 3.3 / (n - 2)), Math.log(NEGLIGIBLE));
  return {
    centre: Math.exp(centre),
    low: Math.exp(centre - half),
    high: Math.exp(centre + half),
    runs: n,
  };
}
