import * as v from 'valibot';
import { amount, count } from './load.ts';
import { noticeSchema } from './notice.ts';
import { planSchema } from './plan.ts';
import { runSchema } from './run.ts';

/** Raised when a reader of older results would misread newer ones. */
export const SCHEMA_VERSION = 1;

/** Facts about the machine that figures depend on. */
export const environmentSchema = v.strictObject({
  os: v.string(),
  kernel: v.string(),
  arch: v.string(),
  cpuModel: v.string(),
  cpus: count,
  memoryBytes: count,
  node: v.string(),
  openFilesLimit: count,
  somaxconn: v.nullable(count),
  portRange: v.nullable(v.tuple([count, count])),
  loadAverage1m: amount,
});
export type Environment = v.InferOutput<typeof environmentSchema>;

/** A plain, versioned JSON value; saved after every run. Reports are pure functions of it. */
export const resultSchema = v.strictObject({
  schemaVersion: v.literal(SCHEMA_VERSION),
  tool: v.strictObject({ name: v.literal('nginx-ws-bench'), version: v.string() }),
  /** Also the folder's name below reports/. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,120}$/)),
  startedAt: v.string(),
  /** Null until the last run has ended: a result with null here was cut off. */
  endedAt: v.nullable(v.string()),
  plan: planSchema,
  environment: environmentSchema,
  notices: v.array(noticeSchema),
  runs: v.array(runSchema),
});
export type Result = v.InferOutput<typeof resultSchema>;
