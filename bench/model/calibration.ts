import * as v from 'valibot';
import { effectVerdictSchema } from './comparison.ts';
import { amount, count } from './load.ts';
import { engineSchema, positive, stepSchema } from './plan.ts';

/** A figure, and the runs that it is taken from. */
const figureNameSchema = { name: v.string(), step: stepSchema };
const ratio = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** What one variant of a calibration is for. */
export const trialSchema = v.strictObject({
  variant: v.string(),
  /** What it has, or does, that the baseline does not. */
  change: v.string(),
  /** Null: nothing can differ. Else the figure in which it must show, and as what. */
  expected: v.nullable(v.strictObject({ ...figureNameSchema, verdict: effectVerdictSchema })),
});
export type Trial = v.InferOutput<typeof trialSchema>;

/** What became of a cost that is known to be there. */
export const knownEffectSchema = v.strictObject({
  variant: v.string(),
  ...figureNameSchema,
  /** Variant ÷ baseline, as measured; null where no round gave one. */
  effect: v.nullable(ratio),
  /** What the comparison said of it; `found` where that is what was expected. */
  verdict: effectVerdictSchema,
  found: v.boolean(),
});
export type KnownEffect = v.InferOutput<typeof knownEffectSchema>;

/** How far a figure scatters between runs of the same variant. */
export const spreadSchema = v.strictObject({
  ...figureNameSchema,
  /** Runs of the baseline that count. */
  runs: count,
  /** Standard deviation ÷ mean over these runs; null with fewer than two. */
  variation: v.nullable(amount),
  /** The smallest effect that such a comparison finds, from the rounds of the baseline against itself. */
  detectable: v.nullable(ratio),
});
export type FigureSpread = v.InferOutput<typeof spreadSchema>;

const resultsEntries = {
  /** Verdicts on figures that cannot differ, and how many of them said that they do. */
  falsePositives: v.strictObject({
    figures: count,
    called: count,
    /** 95 % interval of called ÷ figures. */
    interval: v.tuple([amount, amount]),
  }),
  spread: v.array(spreadSchema),
  known: v.array(knownEffectSchema),
};

/** What follows from the rounds of a calibration; its figures are in the comparison beside it. */
export const calibrationSchema = v.strictObject({
  kind: v.literal('calibration'),
  trials: v.array(trialSchema),
  ...resultsEntries,
});
export type Calibration = v.InferOutput<typeof calibrationSchema>;

/** What a calibration holds for: on another of these it says little. */
export const calibratedMachineSchema = v.strictObject({
  cpuModel: v.string(),
  cpus: count,
  kernel: v.string(),
  engine: engineSchema,
  /** Version of Nginx. */
  nginx: v.string(),
});
export type CalibratedMachine = v.InferOutput<typeof calibratedMachineSchema>;

/** A calibration as it is kept for later comparisons on the same machine. */
export const keptCalibrationSchema = v.strictObject({
  schemaVersion: v.literal(1),
  machine: calibratedMachineSchema,
  /** Id of its result, and when that began. */
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
