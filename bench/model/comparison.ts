import * as v from 'valibot';
import { findingSchema } from './finding.ts';
import { amount, count } from './load.ts';
import { metricUnitSchema } from './metric.ts';
import { positive, stepSchema } from './plan.ts';

/**
 * Verdict on an effect: `faster` or `slower` for times and throughput, `lower` or `higher` for resource use
 * (CPU, memory). `no difference detected` does not mean that there is no difference: see `detectable`.
 */
export const EFFECT_VERDICTS = [
  'faster',
  'slower',
  'lower',
  'higher',
  'no difference detected',
  'too few rounds',
] as const;
export type EffectVerdict = (typeof EFFECT_VERDICTS)[number];

/** Combined verdict on the headline metrics; `mixed` means that some improved and others got worse. */
export const OVERALL_VERDICTS = [...EFFECT_VERDICTS, 'mixed'] as const;
export type OverallVerdict = (typeof OVERALL_VERDICTS)[number];

/** Maps the verdict names used in older results to the current ones. */
const FORMER: Readonly<Record<string, EffectVerdict>> = { cheaper: 'lower', dearer: 'higher' };

const current = v.pipe(
  v.string(),
  v.transform((verdict) => FORMER[verdict] ?? verdict),
);
export const effectVerdictSchema = v.pipe(current, v.picklist(EFFECT_VERDICTS));

/** Reports whether a verdict is an improvement; null if it is neither better nor worse. */
export function isBetter(verdict: OverallVerdict): boolean | null {
  if (verdict === 'faster' || verdict === 'lower') return true;
  return verdict === 'slower' || verdict === 'higher' ? false : null;
}

const figure = v.pipe(v.number(), v.finite());
/** Variant ÷ baseline ratio. */
const ratio = v.pipe(figure, v.gtValue(0));

/** The pairs of turns on which a metric is based. */
const comparedTurnsSchema = v.strictObject({
  /** Pairs of turns in the included rounds. */
  pairs: count,
  /** Pairs excluded on both sides because the host took CPU time, or because something else was running. */
  steal: count,
  other: count,
  /** The effect computed from all pairs, including the excluded ones; null if no pair was excluded. */
  withAll: v.nullable(v.strictObject({ effect: ratio, interval: v.nullable(v.tuple([ratio, ratio])) })),
});
export type ComparedTurns = v.InferOutput<typeof comparedTurnsSchema>;

/** One metric, measured for a variant and for the baseline. */
export const comparedFigureSchema = v.strictObject({
  /** Metric name as used in thresholds, such as `cpuPerMessage.proxy` or `response.p50`. */
  name: v.string(),
  step: stepSchema,
  unit: metricUnitSchema,
  /** Medians over the included rounds; null if there are none. */
  baseline: v.nullable(figure),
  variant: v.nullable(figure),
  /** Variant ÷ baseline ratio: the median of the per-round ratios. */
  effect: v.nullable(ratio),
  /** 95 % confidence interval of the effect; null if there are too few rounds. */
  interval: v.nullable(v.tuple([ratio, ratio])),
  /** Two-sided p-value, adjusted for multiple comparisons across all metrics and variants. */
  pValue: v.nullable(v.pipe(amount, v.maxValue(1))),
  verdict: effectVerdictSchema,
  /** Smallest effect that would have been detected, as a ratio above 1; null if there are too few rounds. */
  detectable: v.nullable(ratio),
  /** Number of rounds that a verdict needs. Set if there were too few rounds. */
  needed: v.exactOptional(positive),
  /** Set if the runs were interleaved and the metric is measured in turns. */
  turns: v.exactOptional(comparedTurnsSchema),
  /** Values per round. A round is included if the metric is valid for both sides. */
  rounds: v.array(v.strictObject({ round: positive, baseline: figure, variant: figure })),
  /**
   * Values per run. Set if the two sides come from different sessions, so that their runs cannot be paired.
   */
  runs: v.exactOptional(v.strictObject({ baseline: v.array(figure), variant: v.array(figure) })),
});
export type ComparedFigure = v.InferOutput<typeof comparedFigureSchema>;

/** One variant compared with the baseline. */
export const variantComparisonSchema = v.strictObject({
  variant: v.string(),
  /**
   * Set if this variant's baseline differs from the comparison's: in a comparison of stored results, each
   * variant has a separate baseline.
   */
  baseline: v.exactOptional(v.string()),
  /**
   * Verdict on the scenario's headline metrics. Those of `echo` are the proxy's CPU time per message in the
   * closed loop, and the p50 response time in the open loop.
   */
  verdict: v.pipe(current, v.picklist(OVERALL_VERDICTS)),
  figures: v.array(comparedFigureSchema),
});
export type VariantComparison = v.InferOutput<typeof variantComparisonSchema>;

/**
 * Metrics for which a run is not used, and the reason. In the run's round, these metrics are excluded for both
 * sides.
 */
export const excludedSchema = v.strictObject({
  variant: v.string(),
  step: stepSchema,
  round: positive,
  figures: v.array(v.string()),
  reason: findingSchema,
});
export type Excluded = v.InferOutput<typeof excludedSchema>;

/** Identifies a stored result. */
const sourceSchema = v.strictObject({ id: v.string(), startedAt: v.string() });

/** The two stored results on which a comparison is based, and their differences. */
export const storedSchema = v.strictObject({
  baseline: sourceSchema,
  variant: sourceSchema,
  /** Differences between the two sessions apart from the variants; any of them may have caused an effect. */
  differences: v.array(v.strictObject({ what: v.string(), baseline: v.string(), variant: v.string() })),
  /** Variants that occur in only one of the two results. */
  unmatched: v.array(v.strictObject({ variant: v.string(), in: v.picklist(['baseline', 'variant']) })),
});
export type Stored = v.InferOutput<typeof storedSchema>;

/** Conclusions drawn from the rounds of a comparison or from the runs of two stored results. */
export const comparisonSchema = v.strictObject({
  kind: v.literal('comparison'),
  /** Name of the variant that the others are compared to. */
  baseline: v.string(),
  /**
   * `asked` is null if the time budget determined the number of rounds. `used` counts the rounds that
   * finished without losses.
   */
  rounds: v.strictObject({ asked: v.nullable(positive), used: count }),
  comparisons: v.array(variantComparisonSchema),
  excluded: v.array(excludedSchema),
  /**
   * Set if the two sides are stored results. In that case `rounds.used` is the smaller of the two run counts.
   */
  stored: v.exactOptional(storedSchema),
});
export type Comparison = v.InferOutput<typeof comparisonSchema>;
