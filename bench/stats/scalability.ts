import { randomFrom } from '../model/random.ts';
import { ALPHA, type Interval } from './interval.ts';
import { eliminate } from './linear-system.ts';

/** Throughput `value`, measured at size N (the number of connections or processes). */
export interface SizedValue {
  size: number;
  value: number;
}

/** Parameters of the Universal Scalability Law. */
export interface Law {
  /** Throughput at N = 1; above 0. */
  lambda: number;
  /** Contention, at least 0. */
  sigma: number;
  /** Coherency, at least 0. */
  kappa: number;
}

/** A fitted law, with 95 % confidence intervals of its parameters. */
export interface LawFit {
  law: Law;
  intervals: Record<keyof Law, Interval>;
  /** 95 % interval of the fitted throughput at a size. */
  band(size: number): Interval;
}

/** Minimum number of different sizes for a fit of three parameters. */
export const FEWEST_SIZES = 6;

const RESAMPLES = 1000;
const MOST_ITERATIONS = 60;

/**
 * Returns the throughput X(N) = λN ÷ (1 + σ(N − 1) + κN(N − 1)). Source: N. J. Gunther, "A General Theory of
 * Computational Scalability Based on Rational Functions", arXiv:0808.1431 (2008), equation 5; also his
 * "Guerrilla Capacity Planning" (Springer, 2007), chapter 4, with α and β instead of σ and κ.
 */
export function throughputAt({ lambda, sigma, kappa }: Law, size: number): number {
  return (lambda * size) / (1 + sigma * (size - 1) + kappa * size * (size - 1));
}

/** Returns the size at which the law has its maximum, √((1 − σ) ÷ κ); null if it has none. */
export function peakOf({ sigma, kappa }: Law): number | null {
  if (kappa <= 0 || sigma >= 1) return null;
  const size = Math.sqrt((1 - sigma) / kappa);
  return Number.isFinite(size) ? size : null;
}

/**
 * Fits the law by nonlinear least squares on the logarithm of the throughput, with σ ≥ 0 and κ ≥ 0. The
 * logarithm gives every size the same weight, because the noise of throughput is proportional to its value.
 * The intervals come from a bootstrap of the residuals, which are scaled by √(n ÷ (n − 3)) because a fit
 * makes them too small.
 *
 * @returns null with fewer than six different sizes, or if the data does not determine λ, because it contains
 * no size at which throughput still grows
 */
export function fitLaw(points: readonly SizedValue[], seed: number): LawFit | null {
  if (new Set(points.map(({ size }) => size)).size < FEWEST_SIZES) return null;
  const law = leastSquares(points);
  if (law === null) return null;
  const residuals = points.map(({ size, value }) => Math.log(value / throughputAt(law, size)));
  const mean = residuals.reduce((sum, each) => sum + each, 0) / residuals.length;
  const scale = Math.sqrt(points.length / (points.length - 3));
  const random = randomFrom(seed);
  const laws: Law[] = [];
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const drawn = points.map(({ size }) => {
      const residual = residuals[Math.floor(random() * residuals.length)] as number;
      return { size, value: throughputAt(law, size) * Math.exp(scale * (residual - mean)) };
    });
    const refitted = leastSquares(drawn);
    if (refitted !== null) laws.push(refitted);
  }
  const of = (read: (each: Law) => number) => around(read(law), middle([law, ...laws].map(read)));
  return {
    law,
    intervals: {
      lambda: of(({ lambda }) => lambda),
      sigma: of(({ sigma }) => sigma),
      kappa: of(({ kappa }) => kappa),
    },
    band: (size) => of((each) => throughputAt(each, size)),
  };
}

/**
 * Widens the interval to include the estimate, which may lie just outside because of rounding if all
 * resamples agree.
 */
function around(estimate: number, { low, high }: Interval): Interval {
  return { low: Math.min(low, estimate), high: Math.max(high, estimate) };
}

/** Returns the interval that excludes the lowest 2.5 % and the highest 2.5 % of the values. */
function middle(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const out = Math.floor((sorted.length * ALPHA) / 2);
  return { low: sorted[out] as number, high: sorted[sorted.length - 1 - out] as number };
}

/**
 * Coefficients a, b and c of the scalability law, written as N ÷ X(N) = a + b(N − 1) + cN(N − 1). They are
 * 1 ÷ λ, σ ÷ λ and κ ÷ λ.
 */
type Coefficients = readonly [number, number, number];

function termsOf(size: number): Coefficients {
  return [1, size - 1, size * (size - 1)];
}

/**
 * Fits the law to the logarithms of throughput by the Gauss–Newton method. Each iteration solves a linear
 * problem with non-negative coefficients. A step that does not reduce the sum of squares is halved.
 */
function leastSquares(points: readonly SizedValue[]): Law | null {
  const rows = points.map(({ size, value }) => ({ terms: termsOf(size), time: size / value }));
  const sumOf = (found: Coefficients) =>
    rows.reduce((sum, { terms, time }) => sum + Math.log(time / dot(terms, found)) ** 2, 0);
  let found = nonNegative(rows.map(({ terms, time }) => ({ terms: scaled(terms, 1 / time), target: 1 })));
  let sum = sumOf(found);
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const current = found;
    const aim = nonNegative(
      rows.map(({ terms, time }) => {
        const fitted = dot(terms, current);
        return { terms: scaled(terms, 1 / fitted), target: 1 + Math.log(time / fitted) };
      }),
    );
    let [share, next, lower] = [1, aim, sumOf(aim)];
    while (!(lower < sum) && share > 1e-4) {
      share /= 2;
      next = between(current, aim, share);
      lower = sumOf(next);
    }
    if (!(lower < sum)) break;
    const gain = sum - lower;
    [found, sum] = [next, lower];
    if (gain <= 1e-14 * (1 + sum)) break;
  }
  const [a, b, c] = found;
  return a > 0 && Number.isFinite(sum) ? { lambda: 1 / a, sigma: b / a, kappa: c / a } : null;
}

function dot([a, b, c]: Coefficients, [x, y, z]: Coefficients): number {
  return a * x + b * y + c * z;
}

function scaled([a, b, c]: Coefficients, factor: number): Coefficients {
  return [a * factor, b * factor, c * factor];
}

function between([a, b, c]: Coefficients, [x, y, z]: Coefficients, share: number): Coefficients {
  return [a + share * (x - a), b + share * (y - b), c + share * (z - c)];
}

interface Row {
  terms: Coefficients;
  target: number;
}

type Index = 0 | 1 | 2;

/** All non-empty sets of coefficients, by index. For each set, the coefficients outside it are 0. */
const SUPPORTS: readonly (readonly Index[])[] = [[0, 1, 2], [0, 1], [0, 2], [1, 2], [0], [1], [2]];

/**
 * Solves a linear least-squares problem with non-negative coefficients. There are only three, so every set of
 * them is tried; the best solution without a negative coefficient is the constrained minimum.
 */
function nonNegative(rows: readonly Row[]): Coefficients {
  // Scaling the columns keeps the equations well conditioned, although N(N − 1) can reach 10⁸.
  const lengthOf = (at: Index) => Math.sqrt(rows.reduce((sum, { terms }) => sum + terms[at] ** 2, 0)) || 1;
  const lengths: Coefficients = [lengthOf(0), lengthOf(1), lengthOf(2)];
  const product = (i: Index, j: Index) =>
    rows.reduce((sum, { terms }) => sum + terms[i] * terms[j], 0) / lengths[i] / lengths[j];
  const rowOf = (i: Index): Coefficients => [product(i, 0), product(i, 1), product(i, 2)];
  const matrix = [rowOf(0), rowOf(1), rowOf(2)] as const;
  const targetOf = (i: Index) =>
    rows.reduce((sum, { terms, target }) => sum + terms[i] * target, 0) / lengths[i];
  const targets: Coefficients = [targetOf(0), targetOf(1), targetOf(2)];
  let best: { found: Coefficients; gain: number } | null = null;
  for (const support of SUPPORTS) {
    const solution = eliminate(support.map((i) => [...support.map((j) => matrix[i][j]), targets[i]]));
    if (solution === null || solution.some((each) => each < 0)) continue;
    const found: [number, number, number] = [0, 0, 0];
    for (const [at, index] of support.entries()) found[index] = (solution[at] as number) / lengths[index];
    // Reduction of the sum of squares relative to a solution in which all coefficients are 0.
    const gain = support.reduce<number>(
      (sum, index, at) => sum + (solution[at] as number) * targets[index],
      0,
    );
    if (best === null || gain > best.gain) best = { found, gain };
  }
  return best?.found ?? [1, 0, 0];
}
