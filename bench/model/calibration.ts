import * as v from 'valibot';
import { effectVerdictSchema } from './comparison.ts';
import { amount, count } from './load.ts';
import { carrierSchema, engineSchema, positive, stepSchema } from './plan.ts';

/** A metric and the step whose runs provide it. */
const figureNameSchema = { name: v.string(), step: stepSchema };
const ratio = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** The purpose of one variant in a calibration. */
export const trialSchema = v.strictObject({
  variant: v.string(),
  /** How the variant differs from the baseline. */
  change: v.string(),
  /**
   * The metric that the change should affect and the verdict expected for it; null if the variant equals the
   * baseline.
   */
  expected: v.nullable(v.strictObject({ ...figureNameSchema, verdict: effectVerdictSchema })),
});
export type Trial = v.InferOutput<typeof trialSchema>;

/** A variant with a known effect, and whether the comparison detected the effect. */
export const knownEffectSchema = v.strictObject({
  variant: v.string(),
  ...figureNameSchema,
  /** Measured variant ÷ baseline ratio; null if no round gave a value. */
  effect: v.nullable(ratio),
  /** The comparison's verdict. `found` is true if it matches the expected verdict. */
  verdict: effectVerdictSchema,
  found: v.boolean(),
});
export type KnownEffect = v.InferOutput<typeof knownEffectSchema>;

/** Run-to-run variation of a metric for a single variant. */
export const spreadSchema = v.strictObject({
  ...figureNameSchema,
  /** Number of baseline runs included. */
  runs: count,
  /** Standard deviation ÷ mean of the baseline runs; null if there are fewer than two. */
  variation: v.nullable(amount),
  /**
   * Smallest effect that one comparison detects: the median over the comparisons of variants that cannot
   * differ from the baseline.
   */
  detectable: v.nullable(ratio),
  /**
   * Standard deviations of the log-ratio of two identical sides, by source of variation: between adjacent pairs of
   * turns, between blocks of turns within a round, and between rounds. Null if the metric is not measured in turns, if
   * there are too few rounds, and in older results.
   */
  components: v.optional(v.nullable(v.strictObject({ turn: amount, block: amount, round: amount })), null),
});
export type FigureSpread = v.InferOutput<typeof spreadSchema>;

const resultsEntries = {
  /**
   * Number of compared metrics that cannot differ (`figures`), and how many of them were reported as
   * different (`called`).
   */
  falsePositives: v.strictObject({
    figures: count,
    called: count,
    /** 95 % confidence interval of `called` ÷ `figures`. */
    interval: v.tuple([amount, amount]),
  }),
  spread: v.array(spreadSchema),
  /**
   * For each step, the times that determine how long a round of two sides takes: the length of a turn, and the time
   * taken in addition to the measured phase (set-up, connections, warm-up). Empty if no sides were interleaved, and in
   * older results.
   */
  costs: v.optional(v.array(v.strictObject({ step: stepSchema, turnMs: amount, fixedMs: amount })), []),
  known: v.array(knownEffectSchema),
};

/** Conclusions drawn from a calibration's rounds. The compared metrics are in the accompanying comparison. */
export const calibrationSchema = v.strictObject({
  kind: v.literal('calibration'),
  trials: v.array(trialSchema),
  ...resultsEntries,
});
export type Calibration = v.InferOutput<typeof calibrationSchema>;

/** The conditions under which a calibration is valid. Its results do not apply to other conditions. */
export const calibratedMachineSchema = v.strictObject({
  cpuModel: v.string(),
  cpus: count,
  kernel: v.string(),
  engine: engineSchema,
  carrier: v.optional(carrierSchema, 'sockets'),
  /** Nginx version. */
  nginx: v.string(),
});
export type CalibratedMachine = v.InferOutput<typeof calibratedMachineSchema>;

/**
 * Comparisons use only calibrations of this version. The trials of version 1 did not compare two sides, so the effects
 * that they detected say nothing about current comparisons. Older results may still contain a version 1 calibration.
 */
export const CALIBRATION_VERSION = 2;

/** A calibration saved for later comparisons on the same machine. */
export const keptCalibrationSchema = v.strictObject({
  schemaVersion: v.picklist([1, CALIBRATION_VERSION]),
  machine: calibratedMachineSchema,
  /** ID and start time of the calibration's result. */
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
