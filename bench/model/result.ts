import * as v from 'valibot';
import { keptCalibrationSchema } from './calibration.ts';
import { conclusionSchema } from './conclusion.ts';
import { noticeSchema } from './finding.ts';
import { amount, count } from './load.ts';
import { planSchema, runPlanSchema } from './plan.ts';
import { outcomeSchema, type Run, validitySchema } from './run.ts';
import { variantSchema } from './variant.ts';

/** Raised when a reader of older results would misread newer ones. */
export const SCHEMA_VERSION = 2;

/** Facts about the machine that figures depend on. */
export const environmentSchema = v.strictObject({
  os: v.string(),
  kernel: v.string(),
  arch: v.string(),
  cpuModel: v.string(),
  /** That processes were planned for: those that this system allows, and no more than a quota gives. */
  cpus: count,
  /** CPUs that a control group allows, often a fraction; null where there is no such limit. */
  cpuQuota: v.optional(v.nullable(amount), null),
  memoryBytes: count,
  node: v.string(),
  /** Version of the Bun that was found; null: none, or a result from before it was looked for. */
  bun: v.optional(v.nullable(v.string()), null),
  openFilesLimit: count,
  somaxconn: v.nullable(count),
  portRange: v.nullable(v.tuple([count, count])),
  loadAverage1m: amount,
});
export type Environment = v.InferOutput<typeof environmentSchema>;

/** Also the folder's name below reports/. */
export const resultId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,120}$/));

/** Path of a run's file below the result's folder: nothing in it may lead elsewhere. */
export const runFileName = v.pipe(v.string(), v.regex(/^runs\/[1-9][0-9]*-[A-Za-z0-9._+@-]{1,120}\.json$/));

/**
 * What of a run's plan says whether another measured the same. The engine and the processes belong to it, for
 * figures on different ones are not comparable.
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
    'engine',
    'workers',
    'servers',
  ]).entries,
);
export type LoadDigest = v.InferOutput<typeof loadDigest>;

/** What the index keeps of a run: enough to list, search and compare it without reading its file. */
export const runSummarySchema = v.strictObject({
  file: runFileName,
  ...v.pick(runPlanSchema, ['variant', 'step', 'round', 'profile']).entries,
  startedAt: v.string(),
  outcome: outcomeSchema,
  validity: validitySchema,
  /** Null in results from before the index kept it. */
  load: v.optional(v.nullable(loadDigest), null),
  /** Version of Nginx; null without one, and in results from before the index kept it. */
  nginx: v.optional(v.nullable(v.string()), null),
  /** Figures by the names that thresholds have for them; times in µs, sizes in bytes, null where unknown. */
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
  /** Of a comparison: what a calibration found of this machine before, where there was one. */
  calibration: v.exactOptional(keptCalibrationSchema),
};

/** What of a result is known before its first run. */
export const resultHeadSchema = v.strictObject(headEntries);
export type ResultHead = v.InferOutput<typeof resultHeadSchema>;

/**
 * The index of a result, `result.json`: a plain, versioned JSON value, saved after every run. Each run is a
 * file of its own, so that nothing is rewritten whole while a long comparison grows.
 */
export const resultIndexSchema = v.strictObject({
  ...headEntries,
  /** Null until the last run has ended: a result with null here was cut off. */
  endedAt: v.nullable(v.string()),
  conclusions: v.array(conclusionSchema),
  runs: v.array(runSummarySchema),
});
export type ResultIndex = v.InferOutput<typeof resultIndexSchema>;

/** A result with its runs: what reports are pure functions of. */
export type Result = Omit<ResultIndex, 'runs'> & { runs: Run[] };
