import * as v from 'valibot';
import { stepSchema } from './plan.ts';

const figure = v.pipe(v.number(), v.finite());

/** One figure through the proxy and the same figure without it. */
export const pricedFigureSchema = v.strictObject({
  /** Named as in thresholds. `….total` is the sum over all processes that do the work. */
  name: v.string(),
  /** Of the two runs it comes from. */
  step: stepSchema,
  unit: v.picklist(['µs', 'B', '1/s']),
  baseline: figure,
  variant: figure,
  /** Variant ÷ baseline. */
  ratio: v.pipe(figure, v.gtValue(0)),
  /** Why the pair may show something other than the proxy, in a sentence; null if there is no doubt. */
  doubt: v.nullable(v.string()),
});
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
