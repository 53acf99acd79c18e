import { isHeadline, weightsBeside } from '../metrics/compared.ts';
import type { KeptCalibration } from '../model/calibration.ts';
import type { Step } from '../model/plan.ts';
import { allocate, type Precision } from '../stats/allocation.ts';
import { roundsForVerdicts } from './comparison.ts';
import { PAUSE_MS } from './rounds.ts';

/** How a comparison spends its time budget. */
export interface Spending {
  /** Number of rounds that are expected to fit into the budget. */
  rounds: number;
  /** Length of the measured phase of each run, in ms. */
  durationMs: number;
}

/** Maximum total length of the turns of a run. */
const MOST_MS = 15_000;

/** The sources of each metric's variation, and the costs of a round. */
type Known = Pick<KeptCalibration, 'costs'> & {
  spread: readonly Pick<KeptCalibration['spread'][number], 'name' | 'step' | 'components'>[];
};

/**
 * Assumptions for a machine that was not calibrated. They come from A/A comparisons with 1,000 connections on two CPUs
 * of a shared host, and are rounded to whole per cent and seconds (see the decision on pairs of turns).
 */
const ASSUMED: Known = {
  spread: [
    { name: 'cpuPerMessage.proxy', step: 'throughput', components: { turn: 0.1, block: 0, round: 0.02 } },
  ],
  costs: [
    { step: 'throughput', turnMs: 250, fixedMs: 7000 },
    { step: 'latency', turnMs: 250, fixedMs: 8000 },
  ],
};

/**
 * Divides a time budget between rounds and turns so that the comparison detects the smallest effect possible (see
 * `allocate`), based on where the variation on this machine comes from.
 *
 * @param calibration this machine's calibration; null if it was not calibrated
 * @param others number of variants that are compared with the baseline
 * @param budgetMs budget for the rounds, without the pilot
 * @returns null if the cost of a step is unknown, if the variation of no main metric is known, or if the budget is too
 *   small for the number of rounds that verdicts need
 */
export function spendingOf(
  calibration: Known | null,
  others: number,
  steps: readonly Step[],
  budgetMs: number,
): Spending | null {
  const { spread, costs } = calibration ?? ASSUMED;
  const own = costs.filter(({ step }) => steps.includes(step));
  const metrics = spread.filter(isHeadline).flatMap(({ step, components }): Precision[] => {
    const cost = own.find((each) => each.step === step);
    if (components === null || cost === undefined) return [];
    const { turn, block, round } = components;
    const variances = { turn: turn ** 2, block: block ** 2, round: round ** 2 };
    return [{ components: variances, turnMs: cost.turnMs }];
  });
  if (own.length < steps.length || metrics.length === 0) return null;
  const sides = others + 1;
  const cost = {
    fixedMs: own.reduce((sum, { fixedMs }) => sum + fixedMs, 0) * (sides / 2),
    perMeasuredMs: sides * steps.length,
  };
  const weights = weightsBeside(steps);
  const aim = {
    least: roundsForVerdicts(others, steps),
    comparisons: (others * weights.reduce((sum, weight) => sum + weight, 0)) / Math.max(...weights),
  };
  const found = allocate(metrics, cost, budgetMs, aim, MOST_MS);
  if (found === null) return null;
  const { rounds, measuredMs } = found;
  const turns = measuredMs / Math.max(...own.map(({ turnMs }) => turnMs));
  return { rounds, durationMs: Math.floor(measuredMs - turns * PAUSE_MS) };
}
