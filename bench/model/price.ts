import * as v from 'valibot';
import { findingSchema, stored } from './finding.ts';
import { metricUnitSchema } from './metric.ts';
import { stepSchema } from './plan.ts';

const figure = v.pipe(v.number(), v.finite());

/** One figure through the proxy beside the same without it. */
const pricedFigureSchema = v.pipe(
  v.strictObject({
    /** As thresholds have it; `….total` is that of all processes that do the work. */
    name: v.string(),
    /** Of the two runs that it is taken from. */
    step: stepSchema,
    unit: metricUnitSchema,
    baseline: figure,
    variant: figure,
    /** Variant ÷ baseline. */
    ratio: v.pipe(figure, v.gtValue(0)),
    /** Why the pair may show something other than the proxy, with the variant that it is about. */
    doubts: v.optional(v.array(v.strictObject({ variant: v.string(), reason: findingSchema }))),
    /** The same in older results: a sentence. */
    doubt: v.exactOptional(v.nullable(v.string())),
  }),
  v.transform(({ doubt, doubts, ...figure }) => ({
    ...figure,
    doubts: doubts ?? (doubt == null ? [] : [{ variant: '', reason: stored(doubt) }]),
  })),
);
export type PricedFigure = v.InferOutput<typeof pricedFigureSchema>;

/**
 * What going through the proxy costs each variant. Based on one pair of runs per step, so there are no intervals.
 */
export const priceSchema = v.strictObject({
  kind: v.literal('price'),
  /** Name of the variant without a proxy. */
  baseline: v.string(),
  variants: v.array(v.strictObject({ variant: v.string(), figures: v.array(pricedFigureSchema) })),
});
export type Price = v.InferOutput<typeof priceSchema>;
export type VariantPrice = Price['variants'][number];
