import { type Components, roundVariance } from './components.ts';

/** A metric whose comparison is to be precise. */
export interface Precision {
  components: Components;
  /** Length of the turns in which it is measured. */
  turnMs: number;
}

/** What a round costs: a fixed time (set-up, warm-up), and a time for each ms that every run measures. */
export interface RoundCost {
  fixedMs: number;
  perMeasuredMs: number;
}

/** How a budget is spent. */
export interface Allocation {
  rounds: number;
  /** Total length of the turns of each run in the measured phase. */
  measuredMs: number;
}

/** Pairs of turns in a block: A B, then B A. */
export const PAIRS_A_BLOCK = 2;

/**
 * Chooses the number of rounds and the number of turns per round that make a comparison most precise within a
 * budget. In a nested design, the variance of the mean is σ²(round) ÷ R + (σ²(block) + σ²(turn) ÷ 2) ÷ (R m)
 * with R rounds of m blocks each. Under a fixed budget it is smallest at m = √(fixed cost × (σ²(block) +
 * σ²(turn) ÷ 2) ÷ (cost of a block × σ²(round))) (Cochran, "Sampling Techniques", 3rd ed., section 10.6).
 * Because R and m are whole numbers and R has a minimum, all m are tried instead. Of several metrics, the one
 * with the largest variance decides.
 *
 * @param metrics at least one
 * @param least minimum number of rounds, which a verdict needs
 * @param mostMs maximum total length of the turns of a run
 * @returns null if the budget does not hold the minimum number of rounds with one block each
 */
export function allocate(
  metrics: readonly Precision[],
  { fixedMs, perMeasuredMs }: RoundCost,
  budgetMs: number,
  least: number,
  mostMs: number,
): Allocation | null {
  const blockMs = PAIRS_A_BLOCK * Math.max(...metrics.map(({ turnMs }) => turnMs));
  let best: (Allocation & { variance: number }) | null = null;
  for (let measuredMs = blockMs; measuredMs <= mostMs; measuredMs += blockMs) {
    const rounds = Math.floor(budgetMs / (fixedMs + measuredMs * perMeasuredMs));
    if (rounds < least) break;
    const variances = metrics.map(({ components, turnMs }) => {
      const pairs = measuredMs / turnMs;
      return roundVariance(components, pairs / PAIRS_A_BLOCK, pairs) / rounds;
    });
    const variance = Math.max(...variances);
    if (best === null || variance < best.variance) best = { rounds, measuredMs, variance };
  }
  return best === null ? null : { rounds: best.rounds, measuredMs: best.measuredMs };
}
