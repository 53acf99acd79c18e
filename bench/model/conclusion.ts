import * as v from 'valibot';
import { calibrationSchema } from './calibration.ts';
import { capacitySchema } from './capacity.ts';
import { comparisonSchema } from './comparison.ts';
import { findingSchema } from './finding.ts';
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
    /** With the figures that it follows from. */
    reason: findingSchema,
  }),
  /** No latency could be measured for this variant. */
  v.strictObject({ kind: v.literal('left-out'), variant: v.string(), reason: findingSchema }),
  comparisonSchema,
  capacitySchema,
  calibrationSchema,
  priceSchema,
]);
export type Conclusion = v.InferOutput<typeof conclusionSchema>;
