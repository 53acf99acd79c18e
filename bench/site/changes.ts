import { median } from '../stats/median.ts';

/** A value to judge: one run's value for a metric, or the median over the rounds of a comparison. */
export interface RatedValue {
  /** The value; ignored if null or not above 0. */
  value: number | null;
  /** Offered rate in an open loop; null in a closed one. */
  ratePerSecond: number | null;
}

/** The range within which values count as unchanged. */
export interface Band {
  centre: number;
  low: number;
  high: number;
  /** Number of earlier values on which the band is based. */
  runs: number;
}

/** The result of comparing a value with earlier ones. */
export type Standing =
  | { kind: 'uncounted' }
  /** Too few comparable earlier values for a verdict. */
  | { kind: 'early' }
  | { kind: 'same'; band: Band }
  /**
   * A change beyond noise. `lasting` is true if the next value confirms the change by moving in the same
   * direction. It is false if the next value does not confirm the change, which makes this value an outlier.
   * It is null if there is no next value yet.
   */
  | { kind: 'change'; band: Band; ratio: number; lasting: boolean | null };

/** Minimum number of earlier values. With fewer, their variation cannot be estimated. */
export const FEWEST = 5;
/** Maximum number of earlier values. Values before those are ignored, even at the same level, because machines drift. */
export const WINDOW = 20;
/**
 * Smallest relevant ratio. As in a comparison, a ratio closer to 1 is irrelevant, however stable the metric
 * is.
 */
export const NEGLIGIBLE = 1.02;
/**
 * Two open loops are comparable if the ratio of their rates is no greater than this. Otherwise their times
 * and CPU per message are not comparable.
 */
export const RATE_TOLERANCE = 1.1;

/**
 * Judges values in the order in which they were measured, each against earlier ones (see docs/method.md). A
 * lasting change begins a new level, against which later values are judged. An outlier does not belong to any
 * level.
 */
export function standingsOf(values: readonly RatedValue[]): Standing[] {
  const standings: Standing[] = [];
  let level: RatedValue[] = [];
  let pending: { standing: Extract<Standing, { kind: 'change' }>; measured: RatedValue } | null = null;
  for (const measured of values) {
    const standing = standingOf(measured, level);
    standings.push(standing);
    if (standing.kind === 'uncounted') continue;
    if (standing.kind === 'early') {
      // A value at a different rate neither confirms nor refutes the preceding change.
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

function standingOf(measured: RatedValue, level: readonly RatedValue[]): Standing {
  const { value } = measured;
  if (value === null || value <= 0) return { kind: 'uncounted' };
  const band = bandOf(level.filter((each) => isComparable(each, measured)).slice(-WINDOW));
  if (band === null) return { kind: 'early' };
  if (value >= band.low && value <= band.high) return { kind: 'same', band };
  return { kind: 'change', band, ratio: value / band.centre, lasting: null };
}

function isComparable(a: RatedValue, b: RatedValue): boolean {
  if (a.ratePerSecond === null || b.ratePerSecond === null) return a.ratePerSecond === b.ratePerSecond;
  const ratio = a.ratePerSecond / b.ratePerSecond;
  return ratio <= RATE_TOLERANCE && ratio >= 1 / RATE_TOLERANCE;
}

/**
 * Computes the band. Its centre is the median. The spread is the mean absolute deviation from the median, in
 * logarithms, expressed as a standard deviation (× √(π/2) for normal values). The half-width is the spread ×
 * 2.8 (1 + 3.3 ÷ (n − 2)). With purely normal variation, fewer than one in 200 values fall outside the band,
 * for any n. The factors were found by simulation, and a test asserts this rate.
 */
function bandOf(earlier: readonly RatedValue[]): Band | null {
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
