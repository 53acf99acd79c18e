import * as v from 'valibot';
import { stepSchema } from './plan.ts';

const figure = v.pipe(v.number(), v.finite());

/** One figure through the proxy beside the same without it. */
export const pricedFigureSchema = v.strictObject({
  /** As thresholds have it; `….total` is that of all processes that do the work. */
  name: v.string(),
  /** Of the two runs that it is taken from. */
  step: stepSchema,
  unit: v.picklist(['µs', 'B', '1/s']),
  baseline: figure,
  variant: figure,
  /** Variant ÷ baseline. */
  ratio: v.pipe(figure, v.gtValue(0)),
  /** Why the pair may tell of something else than the proxy, in a sentence; null: nothing speaks against it. */
  doubt: v.nullable(v.string()),
});
export type PricedFigure = v.InferOutput<typeof pricedFigureSchema>;

/** What the way through the proxy costs each variant: one pair of runs a step, so that no figure has an interval. */
export const priceSchema = v.strictObject({
  kind: v.literal('price'),
  /** Name of the variant without a proxy. */
  baseline: v.string(),
  variants: v.array(v.strictObject({ variant: v.string(), figures: v.array(pricedFigureSchema) })),
});
export type Price = v.InferOutput<typeof priceSchema>;
export type VariantPrice = Price['variants'][number];
