import * as v from 'valibot';

const figure = v.pipe(v.number(), v.finite());

/** A value derived from measurements, with its 95 % confidence interval. */
export const estimateSchema = v.strictObject({ value: figure, low: figure, high: figure });
export type Estimate = v.InferOutput<typeof estimateSchema>;
