import type { RunFigures } from '../measure/figures.ts';
import type { Finding } from '../model/finding.ts';
import type { MetricUnit } from '../model/metric.ts';
import type { RunPlan, Step } from '../model/plan.ts';
import type { RunSummary } from '../model/result.ts';

/** What a metric needs to know of a run to say whether it qualifies; the index of a result has it. */
export type RunFacts = Pick<RunSummary, 'variant' | 'step' | 'round' | 'outcome' | 'validity' | 'metrics'>;

/** What a run must have for a metric to exist. */
export const NEEDS = ['schedule', 'closed-loop', 'http', 'proxy'] as const;
export type Need = (typeof NEEDS)[number];

/** A named figure of a run, defined once: whatever shows, compares, exports or judges it goes by this. */
export interface Metric {
  /** As thresholds, JSON and exports have it: `response.p50`. */
  name: string;
  /** As a person would call it: `response time p50`. */
  title: string;
  unit: MetricUnit;
  /** Null: neither is better. */
  better: 'lower' | 'higher' | null;
  /** Of speed one is faster or slower; of what is used up, lower or higher. */
  kind: 'speed' | 'usage';
  /** The step whose question it answers; null: it is the same question in each. */
  step: Step | null;
  /** What a run must have to provide it. */
  needs: readonly Need[];
  /** In base units (µs, bytes, per second); null where the run does not give it. */
  read(figures: RunFigures, plan: Pick<RunPlan, 'proxy' | 'pacing'>): number | null;
  /** Why a run may not be used for it; null where it may. */
  unfit(run: RunFacts): Finding | null;
}
