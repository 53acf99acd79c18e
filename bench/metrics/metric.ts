import type { RunFigures } from '../measure/figures.ts';
import type { Finding } from '../model/finding.ts';
import type { MetricUnit } from '../model/metric.ts';
import type { RunPlan, Step } from '../model/plan.ts';
import type { RunSummary } from '../model/result.ts';

/** The facts that determine whether a run qualifies for a metric. They are part of a result's index. */
export type RunFacts = Pick<RunSummary, 'variant' | 'step' | 'round' | 'outcome' | 'validity' | 'metrics'>;

/** Prerequisites that a run may have to meet to provide a metric. */
export const NEEDS = ['schedule', 'closed-loop', 'http', 'proxy', 'answers'] as const;
export type Need = (typeof NEEDS)[number];

/**
 * A named figure of a run. All code that displays, compares, exports or judges the figure uses this
 * definition.
 */
export interface Metric {
  /** Name in thresholds, JSON and exports, such as `response.p50`. */
  name: string;
  /** Human-readable name, such as `response time p50`. */
  title: string;
  unit: MetricUnit;
  /** Whether lower or higher is better; null if neither is. */
  better: 'lower' | 'higher' | null;
  /**
   * Determines how verdicts are worded: faster or slower for `speed`, lower or higher for `usage` (resource
   * use).
   */
  kind: 'speed' | 'usage';
  /** The step to which the metric belongs; null if it means the same in every step. */
  step: Step | null;
  /** Prerequisites that a run must meet to provide the metric. */
  needs: readonly Need[];
  /** Returns the value in base units (µs, bytes, per second); null if the run does not provide it. */
  read(figures: RunFigures, plan: Pick<RunPlan, 'proxy' | 'pacing'>): number | null;
  /** Returns why a run must not be used for the metric; null if it may be used. */
  unfit(run: RunFacts): Finding | null;
}
