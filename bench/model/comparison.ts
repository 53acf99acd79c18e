import * as v from 'valibot';
import { findingSchema } from './finding.ts';
import { amount, count } from './load.ts';
import { metricUnitSchema } from './metric.ts';
import { positive, stepSchema } from './plan.ts';

/**
 * Verdict on an effect. Times and throughput are `faster` or `slower`; resource use (CPU, memory) is `lower`
 * or `higher`. `no difference detected` does not mean that there is no difference: see `detectable`.
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

/** Combined verdict on the headline metrics; `mixed` means better in one and worse in another. */
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
/** Ratio variant ÷ baseline. */
const ratio = v.pipe(figure, v.gtValue(0));

/** One metric, measured for a variant and for the baseline. */
export const comparedFigureSchema = v.strictObject({
  /** Metric name as used in thresholds: `cpuPerMessage.proxy`, `response.p50`. */
  name: v.string(),
  /** The step whose runs the metric comes from. */
  step: stepSchema,
  unit: metricUnitSchema,
  /** Medians over the included rounds; null if there are none. */
  baseline: v.nullable(figure),
  variant: v.nullable(figure),
  /** Variant ÷ baseline: the median of the ratios within each round. */
  effect: v.nullable(ratio),
  /** 95 % confidence interval of the effect; null if there are too few rounds. */
  interval: v.nullable(v.tuple([ratio, ratio])),
  /** Two-sided p-value, adjusted for multiple comparisons over all metrics of all variants. */
  pValue: v.nullable(v.pipe(amount, v.maxValue(1))),
  verdict: effectVerdictSchema,
  /** Smallest effect that would have been detected, as a ratio above 1; null if there are too few rounds. */
  detectable: v.nullable(ratio),
  /** Values per round. A round is included if the metric is valid on both sides. */
  rounds: v.array(v.strictObject({ round: positive, baseline: figure, variant: figure })),
  /** Values per run. Set if the two sides come from different sessions and are therefore unpaired. */
  runs: v.exactOptional(v.strictObject({ baseline: v.array(figure), variant: v.array(figure) })),
});
export type ComparedFigure = v.InferOutput<typeof comparedFigureSchema>;

/** One variant compared with the baseline. */
export const variantComparisonSchema = v.strictObject({
  variant: v.string(),
  /**
   * Set if it differs from the comparison's baseline, because each variant among stored results is compared
   * with its own counterpart.
   */
  baseline: v.exactOptional(v.string()),
  /** Verdict on the headline metrics: Nginx CPU per message in the closed loop, and p50 response time. */
  verdict: v.pipe(current, v.picklist(OVERALL_VERDICTS)),
  figures: v.array(comparedFigureSchema),
});
export type VariantComparison = v.InferOutput<typeof variantComparisonSchema>;

/** Metrics of a run that are excluded, and the reason. They are excluded from the round on both sides. */
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

/** Relation between the two stored results of a comparison. */
export const storedSchema = v.strictObject({
  baseline: sourceSchema,
  variant: sourceSchema,
  /** Other differences between the two sessions. Any of them may cause an effect. */
  differences: v.array(v.strictObject({ what: v.string(), baseline: v.string(), variant: v.string() })),
  /** Variants found in only one of the two results. */
  unmatched: v.array(v.strictObject({ variant: v.string(), in: v.picklist(['baseline', 'variant']) })),
});
export type Stored = v.InferOutput<typeof storedSchema>;

/** Conclusions from the rounds of a comparison, or from the runs of two stored results. */
export const comparisonSchema = v.strictObject({
  kind: v.literal('comparison'),
  /** Name of the variant that the others are compared with. */
  baseline: v.string(),
  /**
   * `asked` is null if the time budget determined the number of rounds. `used` counts the rounds that
   * finished without losses.
   */
  rounds: v.strictObject({ asked: v.nullable(positive), used: count }),
  comparisons: v.array(variantComparisonSchema),
  excluded: v.array(excludedSchema),
  /**
   * Set if the sides are two stored results. In that case `rounds.used` is the smaller of their run counts.
   */
  stored: v.exactOptional(storedSchema),
});
export type Comparison = v.InferOutput<typeof comparisonSchema>;
