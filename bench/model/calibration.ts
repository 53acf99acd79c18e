import * as v from 'valibot';
import { EFFECT_VERDICTS } from './comparison.ts';
import { amount, count } from './load.ts';
import { engineSchema, positive, stepSchema } from './plan.ts';

/** A metric and the step whose runs it comes from. */
const figureNameSchema = { name: v.string(), step: stepSchema };
const ratio = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** The purpose of one variant in a calibration. */
export const trialSchema = v.strictObject({
  variant: v.string(),
  /** How it differs from the baseline. */
  change: v.string(),
  /** The metric in which the change must show, and the verdict; null if nothing can differ. */
  expected: v.nullable(v.strictObject({ ...figureNameSchema, verdict: v.picklist(EFFECT_VERDICTS) })),
});
export type Trial = v.InferOutput<typeof trialSchema>;

/** Whether a cost that is known to exist was found. */
export const knownEffectSchema = v.strictObject({
  variant: v.string(),
  ...figureNameSchema,
  /** Variant ÷ baseline, as measured; null if no round gave a value. */
  effect: v.nullable(ratio),
  /** The verdict of the comparison. `found` if it is the expected one. */
  verdict: v.picklist(EFFECT_VERDICTS),
  found: v.boolean(),
});
export type KnownEffect = v.InferOutput<typeof knownEffectSchema>;

/** How much a metric varies between runs of the same variant. */
export const spreadSchema = v.strictObject({
  ...figureNameSchema,
  /** Runs of the baseline that count. */
  runs: count,
  /** Standard deviation ÷ mean over these runs; null with fewer than two. */
  variation: v.nullable(amount),
  /** The smallest effect that such a comparison detects, from rounds of the baseline against itself. */
  detectable: v.nullable(ratio),
});
export type FigureSpread = v.InferOutput<typeof spreadSchema>;

const resultsEntries = {
  /** How many metrics that cannot differ were judged, and how many of them were reported as different. */
  falsePositives: v.strictObject({
    figures: count,
    called: count,
    /** 95 % interval of called ÷ figures. */
    interval: v.tuple([amount, amount]),
  }),
  spread: v.array(spreadSchema),
  known: v.array(knownEffectSchema),
};

/** What follows from the rounds of a calibration. Its figures are in the comparison next to it. */
export const calibrationSchema = v.strictObject({
  kind: v.literal('calibration'),
  trials: v.array(trialSchema),
  ...resultsEntries,
});
export type Calibration = v.InferOutput<typeof calibrationSchema>;

/** The conditions under which a calibration applies. It says little about any others. */
export const calibratedMachineSchema = v.strictObject({
  cpuModel: v.string(),
  cpus: count,
  kernel: v.string(),
  engine: engineSchema,
  /** Version of Nginx. */
  nginx: v.string(),
});
export type CalibratedMachine = v.InferOutput<typeof calibratedMachineSchema>;

/** A calibration as stored for later comparisons on the same machine. */
export const keptCalibrationSchema = v.strictObject({
  schemaVersion: v.literal(1),
  machine: calibratedMachineSchema,
  /** Id and start time of its result. */
  id: v.string(),
  startedAt: v.string(),
  /** Name of the variant that was compared with itself. */
  profile: v.string(),
  rounds: count,
  connections: positive,
  durationMs: positive,
  ...resultsEntries,
});
export type KeptCalibration = v.InferOutput<typeof keptCalibrationSchema>;
