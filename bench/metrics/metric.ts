import type { RunFigures } from '../measure/figures.ts';
import type { Finding } from '../model/finding.ts';
import type { MetricUnit } from '../model/metric.ts';
import type { RunPlan, Step } from '../model/plan.ts';
import type { RunSummary } from '../model/result.ts';

/** The facts about a run that decide whether it qualifies for a metric. A result's index contains them. */
export type RunFacts = Pick<RunSummary, 'variant' | 'step' | 'round' | 'outcome' | 'validity' | 'metrics'>;

/** Prerequisites that a metric can have on a run. */
export const NEEDS = ['schedule', 'closed-loop', 'http', 'proxy'] as const;
export type Need = (typeof NEEDS)[number];

/**
 * A named figure of a run. All code that shows, compares, exports or judges the figure uses this one
 * definition.
 */
export interface Metric {
  /** Name in thresholds, JSON and exports: `response.p50`. */
  name: string;
  /** Human-readable name: `response time p50`. */
  title: string;
  unit: MetricUnit;
  /** The better direction; null if neither is better. */
  better: 'lower' | 'higher' | null;
  /**
   * Determines the wording of verdicts: `speed` is faster or slower, `usage` (resource use) is lower or
   * higher.
   */
  kind: 'speed' | 'usage';
  /** The step that the metric belongs to; null if it means the same in every step. */
  step: Step | null;
  /** Prerequisites for a run to provide the metric. */
  needs: readonly Need[];
  /** Reads the value in base units (µs, bytes, per second); null if the run does not provide it. */
  read(figures: RunFigures, plan: Pick<RunPlan, 'proxy' | 'pacing'>): number | null;
  /** Returns the reason why a run may not be used for the metric; null if it may. */
  unfit(run: RunFacts): Finding | null;
}
