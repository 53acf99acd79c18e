import * as v from 'valibot';
import { calibrationSchema } from './calibration.ts';
import { capacitySchema } from './capacity.ts';
import { comparisonSchema } from './comparison.ts';
import { findingSchema } from './finding.ts';
import { ladderSchema } from './ladder.ts';
import { amount } from './load.ts';
import { priceSchema } from './price.ts';
import { sizeSchema } from './size.ts';

/** A conclusion drawn from several runs. */
export const conclusionSchema = v.variant('kind', [
  /** The rate used in the latency step, and why it was chosen. */
  v.strictObject({
    kind: v.literal('rate'),
    ratePerSecond: amount,
    /** True if the first rate was too high and was therefore halved. */
    halved: v.boolean(),
    /** Why this rate was chosen, including the figures that led to the choice. */
    reason: findingSchema,
  }),
  /** A variant whose latency could not be measured. */
  v.strictObject({ kind: v.literal('left-out'), variant: v.string(), reason: findingSchema }),
  comparisonSchema,
  capacitySchema,
  ladderSchema,
  sizeSchema,
  calibrationSchema,
  priceSchema,
]);
export type Conclusion = v.InferOutput<typeof conclusionSchema>;
