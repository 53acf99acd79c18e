import * as v from 'valibot';
import { calibrationSchema } from './calibration.ts';
import { capacitySchema } from './capacity.ts';
import { comparisonSchema } from './comparison.ts';
import { findingSchema } from './finding.ts';
import { amount } from './load.ts';
import { priceSchema } from './price.ts';

/** A conclusion drawn from several runs. */
export const conclusionSchema = v.variant('kind', [
  /** The rate used in the latency step, and the reason for choosing it. */
  v.strictObject({
    kind: v.literal('rate'),
    ratePerSecond: amount,
    /** True if the first rate proved too high and was halved. */
    halved: v.boolean(),
    /** Includes the figures behind the choice. */
    reason: findingSchema,
  }),
  /** A variant whose latency could not be measured. */
  v.strictObject({ kind: v.literal('left-out'), variant: v.string(), reason: findingSchema }),
  comparisonSchema,
  capacitySchema,
  calibrationSchema,
  priceSchema,
]);
export type Conclusion = v.InferOutput<typeof conclusionSchema>;
