import * as v from 'valibot';
import { findingSchema, stored } from './finding.ts';
import { metricUnitSchema } from './metric.ts';
import { stepSchema } from './plan.ts';

const figure = v.pipe(v.number(), v.finite());

/** One metric, measured with and without the proxy. */
const pricedFigureSchema = v.pipe(
  v.strictObject({
    /** Metric name as used in thresholds. `….total` is the sum over all processes that do the work. */
    name: v.string(),
    step: stepSchema,
    unit: metricUnitSchema,
    baseline: figure,
    variant: figure,
    /** Variant ÷ baseline ratio. */
    ratio: v.pipe(figure, v.gtValue(0)),
    /** Reasons why the ratio may reflect something other than the proxy, each with the variant concerned. */
    doubts: v.optional(v.array(v.strictObject({ variant: v.string(), reason: findingSchema }))),
    /** Used instead of `doubts` in older results: one sentence. */
    doubt: v.exactOptional(v.nullable(v.string())),
  }),
  v.transform(({ doubt, doubts, ...figure }) => ({
    ...figure,
    doubts: doubts ?? (doubt == null ? [] : [{ variant: '', reason: stored(doubt) }]),
  })),
);
export type PricedFigure = v.InferOutput<typeof pricedFigureSchema>;

/**
 * The proxy's cost for each variant. It is based on a single pair of runs per step, so there are no
 * confidence intervals.
 */
export const priceSchema = v.strictObject({
  kind: v.literal('price'),
  /** Name of the variant without a proxy. */
  baseline: v.string(),
  variants: v.array(v.strictObject({ variant: v.string(), figures: v.array(pricedFigureSchema) })),
});
export type Price = v.InferOutput<typeof priceSchema>;
export type VariantPrice = Price['variants'][number];
