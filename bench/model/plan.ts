import * as v from 'valibot';
import { amount, count, scenarioName, workloadSchema } from './load.ts';
import { timelineSchema } from './timeline.ts';
import { turnsSchema } from './turns.ts';

export const positive = v.pipe(count, v.minValue(1));

/** The purpose of a run, as its scenario names it: `throughput`. */
export const stepSchema = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/));
export type Step = v.InferOutput<typeof stepSchema>;

/** The CPUs of each component, as lists of CPU numbers. Empty if the component takes no part. */
export const placementSchema = v.strictObject({
  proxy: v.array(count),
  server: v.array(count),
  generator: v.array(count),
  /**
   * All CPUs that are not set aside for the measured component. Empty in results from before the runner was placed.
   */
  runner: v.optional(v.array(count), []),
});
export type Placement = v.InferOutput<typeof placementSchema>;

/** The runtime of the lean client and the lean echo server. The `ws` client and server always run on Node. */
export const ENGINES = ['node', 'bun'] as const;
export const engineSchema = v.picklist(ENGINES);
export type EngineName = v.InferOutput<typeof engineSchema>;

/** Everything about one run, decided and written down before it starts. */
export const runPlanSchema = v.strictObject({
  /** Name of the variant. Together with step and round it identifies the run. */
  variant: v.string(),
  step: stepSchema,
  round: v.nullable(positive),
  /** Folder name in nginx-profiles/, `direct`, or `conf:` and the path of a user's configuration. */
  profile: v.string(),
  workload: workloadSchema,
  connections: positive,
  /**
   * New connections per second over all generator workers; 0 for as fast as the limit on pending handshakes allows.
   */
  rampPerSecond: amount,
  /** How many parts the connections are opened in, one after the other; memory is read after each. */
  openingStages: v.optional(positive, 1),
  /** In the run's own time, if it takes turns. */
  warmupMs: count,
  durationMs: positive,
  /** Null if it has the machine to itself from beginning to end. */
  turns: v.optional(v.nullable(turnsSchema), null),
  /** What is done to the topology during the run. */
  timeline: v.optional(timelineSchema, []),
  /** An echo that takes longer than this is lost. */
  echoTimeoutMs: positive,
  /** TCP connect, TLS and upgrade together. */
  connectTimeoutMs: positive,
  client: v.picklist(['lean', 'ws']),
  server: v.picklist(['ws', 'lean']),
  /** Of the lean client and server. Results from before there was a choice ran on Node. */
  engine: v.optional(engineSchema, 'node'),
  /** Generator processes. */
  workers: positive,
  /** Echo server processes. */
  servers: positive,
  /** Null in the profile `direct`. */
  proxy: v.nullable(
    v.strictObject({
      workers: positive,
      workerConnections: positive,
      workerFiles: positive,
      /** True if connections must be spread evenly, so that no worker runs out of its own. */
      reuseport: v.boolean(),
      backlog: positive,
    }),
  ),
  /** Loopback addresses from which the generator connects. */
  sourceAddresses: v.array(v.string()),
  /** Null if the kernel places all processes. */
  placement: v.nullable(placementSchema),
  /**
   * How an open loop waits for the next message: spinning is punctual but occupies a CPU. Null in a closed loop.
   */
  pacing: v.nullable(v.picklist(['spin', 'sleep'])),
  /** The short HTTP leg before the WebSockets; null to skip it. */
  http: v.nullable(v.strictObject({ connections: positive, durationMs: positive })),
  seed: count,
});
export type RunPlan = v.InferOutput<typeof runPlanSchema>;

/**
 * The name of a label: `branch`, `nginx.build`. Two names cannot be used because the validation drops them when it
 * reads a result, so that they cannot set a prototype.
 */
export const LABEL_KEY = /^(?!prototype$|constructor$)[A-Za-z][A-Za-z0-9._-]{0,39}$/;

/** The user's request as a whole, written to disk before anything starts. */
export const planSchema = v.strictObject({
  /** The command line, argv without node and script. */
  command: v.array(v.string()),
  seed: count,
  strict: v.boolean(),
  thresholds: v.array(v.string()),
  scenario: v.optional(scenarioName, 'echo'),
  /** Steps of each variant, in order. */
  steps: v.pipe(v.array(stepSchema), v.minLength(1)),
  /** Names and values chosen by the user, for listings and published sites. */
  labels: v.optional(v.record(v.pipe(v.string(), v.regex(LABEL_KEY)), v.string()), {}),
  /** Text to be shown with the figures; null if none. */
  note: v.optional(v.nullable(v.string()), null),
  /** Runs with the same name form a series over time, separate from all others; null for no name. */
  series: v.optional(v.nullable(v.string()), null),
});
export type Plan = v.InferOutput<typeof planSchema>;
