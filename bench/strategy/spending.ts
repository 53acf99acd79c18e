import { isHeadline } from '../metrics/compared.ts';
import type { KeptCalibration } from '../model/calibration.ts';
import type { Step } from '../model/plan.ts';
import { allocate, type Precision } from '../stats/allocation.ts';
import { PAUSE_MS } from './rounds.ts';

/** How a comparison spends its time budget. */
export interface Spending {
  /** Number of rounds that it is expected to hold. */
  rounds: number;
  /** Length of the measured phase of each run, in ms. */
  durationMs: number;
}

/** Maximum total length of the turns of a run. */
const MOST_MS = 15_000;

/**
 * Divides a time budget between rounds and turns, based on where the variation on this machine comes from
 * (see `allocate`).
 *
 * @param budgetMs for the rounds, without the pilot
 * @param least number of rounds that verdicts need
 * @returns null if the calibration did not decompose a main metric of these steps, or if the budget does not
 * hold `least` rounds
 */
export function spendingOf(
  { spread, costs }: Pick<KeptCalibration, 'spread' | 'costs'>,
  steps: readonly Step[],
  budgetMs: number,
  least: number,
): Spending | null {
  const own = costs.filter(({ step }) => steps.includes(step));
  const metrics = spread.filter(isHeadline).flatMap(({ step, components }): Precision[] => {
    const cost = own.find((each) => each.step === step);
    if (components === null || cost === undefined) return [];
    const { turn, block, round } = components;
    const variances = { turn: turn ** 2, block: block ** 2, round: round ** 2 };
    return [{ components: variances, turnMs: cost.turnMs }];
  });
  if (own.length < steps.length || metrics.length === 0) return null;
  const cost = {
    fixedMs: own.reduce((sum, { fixedMs }) => sum + fixedMs, 0),
    // Two sides take turns in each step.
    perMeasuredMs: 2 * steps.length,
  };
  const found = allocate(metrics, cost, budgetMs, least, MOST_MS);
  if (found === null) return null;
  const { rounds, measuredMs } = found;
  const turns = measuredMs / Math.max(...own.map(({ turnMs }) => turnMs));
  return { rounds, durationMs: Math.floor(measuredMs - turns * PAUSE_MS) };
}
