import * as v from 'valibot';
import { estimateSchema } from './estimate.ts';
import { findingSchema } from './finding.ts';
import { amount, count } from './load.ts';
import { positive } from './plan.ts';

/**
 * What one unit, such as a connection, message or process, costs the proxy. CPU is in µs, memory in bytes.
 */
export const COSTS = [
  'memory-connection',
  'memory-slot',
  'memory-process',
  'memory-kernel',
  'files-connection',
  'cpu-message',
  'cpu-handshake',
] as const;
export type CostName = (typeof COSTS)[number];

const costSchema = v.strictObject({
  name: v.picklist(COSTS),
  /** The estimated cost; null if too few runs are usable. */
  estimate: v.nullable(estimateSchema),
  /** Number of runs on which the estimate is based, and number of runs made for it. */
  runs: count,
  of: count,
  /**
   * Load of the runs that measured the cost: messages or handshakes per second, and workers of the proxy.
   * Null for memory and descriptors.
   */
  load: v.nullable(v.strictObject({ perSecond: amount, workers: positive })),
  /** Reasons why runs were not used, each listed once. */
  excluded: v.array(findingSchema),
});
export type Cost = v.InferOutput<typeof costSchema>;

/** Resources that must be provided, in the order in which they are reported. */
export const NEEDS = {
  cores: 'load',
  memory: 'load',
  'kernel-memory': 'load',
  workers: 'nginx',
  'worker-connections': 'nginx',
  'worker-files': 'nginx',
  backlog: 'nginx',
  'upstream-ports': 'nginx',
  'upstream-addresses': 'nginx',
  somaxconn: 'system',
  'syn-backlog': 'system',
  'port-range': 'system',
  'nr-open': 'system',
  'file-max': 'system',
  conntrack: 'system',
} as const;
export type NeedName = keyof typeof NEEDS;

const needSchema = v.strictObject({
  name: v.picklist(Object.keys(NEEDS) as NeedName[]),
  /** Null if a cost on which the value depends is unknown. Memory is in bytes. */
  estimate: v.nullable(estimateSchema),
  /** How the value was derived from the plan and the costs. */
  derivation: findingSchema,
});
export type SizeNeed = v.InferOutput<typeof needSchema>;

/** Quantities compared in the check: memory in bytes, open file descriptors, and CPU for messages in cores. */
export const CHECKED = ['memory', 'files', 'cores'] as const;
export type CheckedName = (typeof CHECKED)[number];

const checkedSchema = v.strictObject({
  name: v.picklist(CHECKED),
  predicted: estimateSchema,
  /** The measured value; null if the run did not provide one. */
  measured: v.nullable(amount),
  /** Why the run was not used; null if it was. */
  excluded: v.nullable(findingSchema),
  /** (predicted − measured) ÷ measured. */
  error: v.nullable(v.pipe(v.number(), v.finite())),
});
export type Checked = v.InferOutput<typeof checkedSchema>;

/** The load for which to plan. */
export const wantedSchema = v.strictObject({
  connections: positive,
  /** Messages per second over all connections. */
  ratePerSecond: amount,
  /** Number of connections opened per second, which is also the number closed per second. */
  churnPerSecond: amount,
  payloadBytes: count,
  /** Highest share of a CPU that each worker of the proxy should use. */
  utilisation: v.pipe(amount, v.gtValue(0), v.maxValue(1)),
  /** Values that were not given and were therefore assumed. */
  assumed: v.array(v.picklist(['rate', 'churn'])),
});
export type Wanted = v.InferOutput<typeof wantedSchema>;

/** Resources that a load needs, derived from measured costs, and the error of the prediction at a smaller size. */
export const sizeSchema = v.strictObject({
  kind: v.literal('size'),
  variant: v.string(),
  wanted: wantedSchema,
  costs: v.array(costSchema),
  needs: v.array(needSchema),
  check: v.strictObject({
    connections: positive,
    /** Number of the proxy's workers. */
    workers: positive,
    /** Why the machine does not allow the intended number of connections in the check; null if it does. */
    limit: v.nullable(findingSchema),
    /** Empty until the check has run. */
    checked: v.array(checkedSchema),
  }),
  /** Conclusions, in the order in which to report them. */
  findings: v.array(findingSchema),
});
export type Size = v.InferOutput<typeof sizeSchema>;
