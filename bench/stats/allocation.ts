import { type Components, roundVariance } from './components.ts';
import { detectableFactor } from './detectable.ts';

/** A metric for which a comparison should be precise. */
export interface Precision {
  components: Components;
  /** Length of the turns in which the metric is measured. */
  turnMs: number;
}

/**
 * Duration of a round: a fixed part (set-up, warm-up), and a part proportional to the time for which each run
 * is measured.
 */
export interface RoundCost {
  fixedMs: number;
  perMeasuredMs: number;
}

/** How a time budget is divided into rounds and turns. */
export interface Allocation {
  rounds: number;
  /** Total length of each run's turns in the measured phase. */
  measuredMs: number;
}

/** Requirements that the allocation must meet. */
export interface Aim {
  /** Minimum number of rounds: as many as a verdict on every metric needs. */
  least: number;
  /** Number of comparisons to assume when adjusting verdicts on these metrics for multiple comparisons. */
  comparisons: number;
}

/** Pairs of turns in a block: A B, then B A. */
export const PAIRS_A_BLOCK = 2;

/**
 * Chooses the number of rounds and the number of turns per round so that a comparison detects the smallest
 * effect possible within a budget. In a nested design, the variance of a round is σ²(round) + (σ²(block) +
 * σ²(turn) ÷ 2) ÷ m with m blocks (Cochran, "Sampling Techniques", 3rd ed., section 10.6). The effect that R
 * such rounds detect follows from the test, which has less power with few rounds: see `detectableFactor`. All
 * values of m are tried. If there are several metrics, the one with the largest detectable effect decides.
 *
 * @param metrics at least one
 * @param mostMs maximum total length of the turns of a run
 * @returns null if the minimum number of rounds, with one block each, does not fit into the budget
 */
export function allocate(
  metrics: readonly Precision[],
  { fixedMs, perMeasuredMs }: RoundCost,
  budgetMs: number,
  { least, comparisons }: Aim,
  mostMs: number,
): Allocation | null {
  const blockMs = PAIRS_A_BLOCK * Math.max(...metrics.map(({ turnMs }) => turnMs));
  let best: (Allocation & { detectable: number }) | null = null;
  for (let measuredMs = blockMs; measuredMs <= mostMs; measuredMs += blockMs) {
    const rounds = Math.floor(budgetMs / (fixedMs + measuredMs * perMeasuredMs));
    if (rounds < least) break;
    const deviations = metrics.map(({ components, turnMs }) => {
      const pairs = measuredMs / turnMs;
      return Math.sqrt(roundVariance(components, pairs / PAIRS_A_BLOCK, pairs));
    });
    const detectable = detectableFactor(rounds, comparisons) * Math.max(...deviations);
    if (best === null || detectable < best.detectable) best = { rounds, measuredMs, detectable };
  }
  return best === null ? null : { rounds: best.rounds, measuredMs: best.measuredMs };
}
