import * as v from 'valibot';
import { calibrationSchema } from './calibration.ts';
import { capacitySchema } from './capacity.ts';
import { comparisonSchema } from './comparison.ts';
import { amount } from './load.ts';
import { priceSchema } from './price.ts';

/** What follows from several runs. */
export const conclusionSchema = v.variant('kind', [
  /** The rate of the latency step, and how it was chosen. */
  v.strictObject({
    kind: v.literal('rate'),
    ratePerSecond: amount,
    /** True if the first rate turned out too high and was halved. */
    halved: v.boolean(),
    /** One or two sentences for the user, with the figures behind the rate. */
    reason: v.string(),
  }),
  /** No latency could be measured for this variant. */
  v.strictObject({ kind: v.literal('left-out'), variant: v.string(), reason: v.string() }),
  comparisonSchema,
  capacitySchema,
  calibrationSchema,
  priceSchema,
]);
export type Conclusion = v.InferOutput<typeof conclusionSchema>;
