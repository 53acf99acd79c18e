import * as v from 'valibot';
import { keptCalibrationSchema } from './calibration.ts';
import { conclusionSchema } from './conclusion.ts';
import { noticeSchema } from './finding.ts';
import { amount, count } from './load.ts';
import { planSchema, runPlanSchema } from './plan.ts';
import { outcomeSchema, type Run, validitySchema } from './run.ts';
import { variantSchema } from './variant.ts';

/** Incremented whenever older code would misread newer results. */
export const SCHEMA_VERSION = 2;

/** Properties of the machine that affect measurements. */
export const environmentSchema = v.strictObject({
  os: v.string(),
  kernel: v.string(),
  arch: v.string(),
  cpuModel: v.string(),
  /** Number of CPUs assumed when the processes were laid out: the allowed CPUs, limited by any quota. */
  cpus: count,
  /** CPU limit set by a control group, possibly fractional; null if there is no limit. */
  cpuQuota: v.optional(v.nullable(amount), null),
  memoryBytes: count,
  node: v.string(),
  /** Version of Bun, if found; null if there is none, or in older results, from before the benchmark looked for Bun. */
  bun: v.optional(v.nullable(v.string()), null),
  /**
   * `available`, or the error with which the system refuses io_uring; null without Bun, or in older results,
   * from before the benchmark tried io_uring.
   */
  ioUring: v.optional(v.nullable(v.string()), null),
  openFilesLimit: count,
  somaxconn: v.nullable(count),
  portRange: v.nullable(v.tuple([count, count])),
  loadAverage1m: amount,
});
export type Environment = v.InferOutput<typeof environmentSchema>;

/** ID of a result, which is also the name of its folder in reports/. */
export const resultId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,120}$/));

/** Path of a run's file within the result's folder. The pattern prevents path traversal. */
export const runFileName = v.pipe(v.string(), v.regex(/^runs\/[1-9][0-9]*-[A-Za-z0-9._+@-]{1,120}\.json$/));

/**
 * The part of a run's plan that determines whether two runs measured the same thing. It includes the engine,
 * the carrier and the number of processes, because figures are not comparable if these differ.
 */
const loadDigest = v.strictObject(
  v.pick(runPlanSchema, [
    'workload',
    'connections',
    'rampPerSecond',
    'warmupMs',
    'durationMs',
    'client',
    'server',
    'backend',
    'engine',
    'carrier',
    'workers',
    'servers',
  ]).entries,
);
export type LoadDigest = v.InferOutput<typeof loadDigest>;

/** A run's entry in the index: enough to list, search and compare runs without reading their files. */
export const runSummarySchema = v.strictObject({
  file: runFileName,
  ...v.pick(runPlanSchema, ['variant', 'step', 'round', 'profile']).entries,
  startedAt: v.string(),
  outcome: outcomeSchema,
  validity: validitySchema,
  /** Load of the run; null in older results, whose index lacks it. */
  load: v.optional(v.nullable(loadDigest), null),
  /** Nginx version; null without Nginx, and in older results, whose index lacks it. */
  nginx: v.optional(v.nullable(v.string()), null),
  /** Metrics, named as in thresholds. Times are in µs and sizes in bytes; null if a value is unknown. */
  metrics: v.record(v.string(), v.nullable(v.pipe(v.number(), v.finite()))),
});
export type RunSummary = v.InferOutput<typeof runSummarySchema>;

const headEntries = {
  schemaVersion: v.literal(SCHEMA_VERSION),
  tool: v.strictObject({ name: v.literal('nginx-ws-bench'), version: v.string() }),
  id: resultId,
  startedAt: v.string(),
  plan: planSchema,
  environment: environmentSchema,
  variants: v.array(variantSchema),
  notices: v.array(noticeSchema),
  /** In a comparison, the results of an earlier calibration of this machine, if any. */
  calibration: v.exactOptional(keptCalibrationSchema),
};

/** The part of a result that is known before the first run. */
export const resultHeadSchema = v.strictObject(headEntries);
export type ResultHead = v.InferOutput<typeof resultHeadSchema>;

/**
 * The index of a result, `result.json`: a plain, versioned JSON value, saved after every run. Each run is
 * stored in its own file, so that saving a growing comparison does not rewrite earlier runs.
 */
export const resultIndexSchema = v.strictObject({
  ...headEntries,
  /**
   * When the last run ended; null until then. A stored result in which this is still null was interrupted.
   */
  endedAt: v.nullable(v.string()),
  conclusions: v.array(conclusionSchema),
  runs: v.array(runSummarySchema),
});
export type ResultIndex = v.InferOutput<typeof resultIndexSchema>;

/** A result including its runs. Reports are pure functions of it. */
export type Result = Omit<ResultIndex, 'runs'> & { runs: Run[] };
