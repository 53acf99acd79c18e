import * as v from 'valibot';
import { estimateSchema } from './estimate.ts';
import { findingSchema } from './finding.ts';
import { amount, ratePerSecondOf, scenarioName } from './load.ts';
import { positive, type RunPlan, stepSchema } from './plan.ts';

/** The quantities that can increase from level to level in a ladder (a series of runs). */
export const LADDER_AXES = ['connections', 'rate', 'payload', 'nginx-workers'] as const;
export type LadderAxis = (typeof LADDER_AXES)[number];

const level = v.pipe(amount, v.gtValue(0));
const figure = v.pipe(v.number(), v.finite());

/** One run of a ladder, in which one quantity increases from level to level. */
export const ladderPointSchema = v.strictObject({
  /** Connections, messages per second, bytes per message or Nginx workers, depending on the axis. */
  level,
  round: positive,
  /** Metrics by name, in base units; null if the run lacks the metric. */
  figures: v.record(v.string(), v.nullable(figure)),
  /** Why the run is excluded from the curve and the fit of the first metric; null if it is included. */
  excluded: v.nullable(findingSchema),
  /**
   * Names of the metrics for which the run does not count; null in older results, in which a run counts for
   * all metrics or for none.
   */
  unfit: v.optional(v.nullable(v.array(v.string())), null),
});
export type LadderPoint = v.InferOutput<typeof ladderPointSchema>;

/** Reports whether a run counts for a metric. */
export function countsFor({ excluded, unfit }: LadderPoint, metric: string): boolean {
  return unfit === null ? excluded === null : !unfit.includes(metric);
}

/**
 * The Universal Scalability Law, X(N) = λN ÷ (1 + σ(N − 1) + κN(N − 1)), fitted to the first metric of a
 * series of runs with increasing load.
 */
const lawSchema = v.strictObject({
  /** Throughput at N = 1. */
  lambda: estimateSchema,
  /** Contention: the share of work that is serialised. */
  sigma: estimateSchema,
  /** Coherency: the cost of keeping N parties consistent with each other. */
  kappa: estimateSchema,
  /**
   * The level at which the fitted curve has its maximum; null if there is none up to twice the largest level.
   */
  peak: v.nullable(level),
  /** The fitted curve with its 95 % band, from the smallest level to twice the largest. */
  curve: v.array(v.strictObject({ level, ...estimateSchema.entries })),
});
export type FittedLaw = v.InferOutput<typeof lawSchema>;

/** How the figures of a scenario change as one quantity grows. */
export const ladderSchema = v.strictObject({
  kind: v.literal('ladder'),
  variant: v.string(),
  scenario: scenarioName,
  step: stepSchema,
  over: v.picklist(LADDER_AXES),
  /** All levels that were requested, in ascending order. */
  levels: v.array(level),
  /** Number of runs at each level. */
  rounds: positive,
  /** Names of the metrics. The curve is fitted to the first one. */
  metrics: v.pipe(v.array(v.string()), v.minLength(1)),
  /** Runs in the order in which they ran. An interrupted run is not included. */
  points: v.array(ladderPointSchema),
  /** The fitted law; null if the law does not apply, or if too few levels have a valid run. */
  law: v.nullable(lawSchema),
  /**
   * Nginx memory per connection, in bytes; null if the number of connections is not the quantity that
   * increases, or if fewer than three levels are valid.
   */
  memorySlope: v.nullable(estimateSchema),
  /** Conclusions from the runs, in the order in which to report them. */
  findings: v.array(findingSchema),
});
export type Ladder = v.InferOutput<typeof ladderSchema>;

/** Returns the level of a planned run on the given axis; null if the run lacks that quantity. */
export function levelOf({ connections, workload, proxy }: RunPlan, over: LadderAxis): number | null {
  switch (over) {
    case 'connections':
      return connections;
    case 'rate':
      return ratePerSecondOf(workload.load);
    case 'payload':
      return workload.payload.maxBytes;
    case 'nginx-workers':
      return proxy?.workers ?? null;
  }
}
