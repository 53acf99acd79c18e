import * as v from 'valibot';
import { amount, count } from './load.ts';
import { positive, stepSchema } from './plan.ts';

/**
 * The verdict on an effect. Times and throughput are `faster` or `slower`; resources (CPU, memory) are `cheaper` or
 * `dearer`. `no difference detected` does not mean that there is none: see `detectable`.
 */
export const EFFECT_VERDICTS = [
  'faster',
  'slower',
  'cheaper',
  'dearer',
  'no difference detected',
  'too few rounds',
] as const;
export type EffectVerdict = (typeof EFFECT_VERDICTS)[number];

/** The verdict over all headline figures. `mixed`: better in one, worse in another. */
export const OVERALL_VERDICTS = [...EFFECT_VERDICTS, 'mixed'] as const;
export type OverallVerdict = (typeof OVERALL_VERDICTS)[number];

const figure = v.pipe(v.number(), v.finite());
/** A ratio, variant ÷ baseline. */
const ratio = v.pipe(figure, v.gtValue(0));

/** One figure of a variant and of the baseline. */
export const comparedFigureSchema = v.strictObject({
  /** Named as in thresholds: `cpuPerMessage.proxy`, `response.p50`. */
  name: v.string(),
  /** Of the runs it comes from. */
  step: stepSchema,
  unit: v.picklist(['µs', 'B', '1/s']),
  /** Medians over the rounds that count; null if none does. */
  baseline: v.nullable(figure),
  variant: v.nullable(figure),
  /** Variant ÷ baseline: the median over the rounds of the ratio within each. */
  effect: v.nullable(ratio),
  /** 95 % interval of the effect; null with too few rounds for one. */
  interval: v.nullable(v.tuple([ratio, ratio])),
  /** Two-sided, adjusted for all figures of all variants. */
  pValue: v.nullable(v.pipe(amount, v.maxValue(1))),
  verdict: v.picklist(EFFECT_VERDICTS),
  /** Smallest effect that would have been detected, as a ratio above 1; null with too few rounds. */
  detectable: v.nullable(ratio),
  /** The figure in each round in which it counts on both sides. */
  rounds: v.array(v.strictObject({ round: positive, baseline: figure, variant: figure })),
  /** The figure in each run, if the two sides are from different sessions and therefore not paired. */
  runs: v.exactOptional(v.strictObject({ baseline: v.array(figure), variant: v.array(figure) })),
});
export type ComparedFigure = v.InferOutput<typeof comparedFigureSchema>;

/** One variant compared with the baseline. */
export const variantComparisonSchema = v.strictObject({
  variant: v.string(),
  /**
   * Set if it differs from the comparison's: among stored results each variant is compared with its counterpart.
   */
  baseline: v.exactOptional(v.string()),
  /** Over the headline figures: Nginx CPU per message in the closed loop, and p50 of the response time. */
  verdict: v.picklist(OVERALL_VERDICTS),
  figures: v.array(comparedFigureSchema),
});
export type VariantComparison = v.InferOutput<typeof variantComparisonSchema>;

/** Figures of a run that do not count, and why. They are left out of the round on both sides. */
export const excludedSchema = v.strictObject({
  variant: v.string(),
  step: stepSchema,
  round: positive,
  figures: v.array(v.string()),
  reason: v.string(),
});
export type Excluded = v.InferOutput<typeof excludedSchema>;

/** A stored result. */
const sourceSchema = v.strictObject({ id: v.string(), startedAt: v.string() });

/** How the two stored results of a comparison relate. */
export const storedSchema = v.strictObject({
  baseline: sourceSchema,
  variant: sourceSchema,
  /** Other differences between the two sessions, any of which may cause an effect. */
  differences: v.array(v.strictObject({ what: v.string(), baseline: v.string(), variant: v.string() })),
  /** Variants that only one of the two has. */
  unmatched: v.array(v.strictObject({ variant: v.string(), in: v.picklist(['baseline', 'variant']) })),
});
export type Stored = v.InferOutput<typeof storedSchema>;

/** What follows from the rounds of a comparison, or from the runs of two stored results. */
export const comparisonSchema = v.strictObject({
  kind: v.literal('comparison'),
  /** Name of the variant with which the others are compared. */
  baseline: v.string(),
  /**
   * `asked` is null if as many rounds were run as fitted into the budget. `used` counts rounds that finished
   * without losses.
   */
  rounds: v.strictObject({ asked: v.nullable(positive), used: count }),
  comparisons: v.array(variantComparisonSchema),
  excluded: v.array(excludedSchema),
  /** Set if the sides are two stored results. `rounds.used` is then that of the side with fewer. */
  stored: v.exactOptional(storedSchema),
});
export type Comparison = v.InferOutput<typeof comparisonSchema>;
