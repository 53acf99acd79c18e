import * as v from 'valibot';
import { amount, count, workloadSchema } from './load.ts';
import { turnsSchema } from './turns.ts';

export const positive = v.pipe(count, v.minValue(1));

/**
 * What a run of a variant is for. `throughput`: closed loop, how much it carries. `latency`: open loop well
 * below that, how fast it is.
 */
export const STEPS = ['throughput', 'latency'] as const;
export const stepSchema = v.picklist(STEPS);
export type Step = v.InferOutput<typeof stepSchema>;

/** On which CPUs processes run: lists of CPU numbers; an empty one where the component takes no part. */
export const placementSchema = v.strictObject({
  proxy: v.array(count),
  server: v.array(count),
  generator: v.array(count),
  /** Of all CPUs those that are not set aside for what matters most; empty in results from before it was placed. */
  runner: v.optional(v.array(count), []),
});
export type Placement = v.InferOutput<typeof placementSchema>;

/** What runs the lean client and the lean echo server; those on `ws` always run on Node. */
export const ENGINES = ['node', 'bun'] as const;
export const engineSchema = v.picklist(ENGINES);
export type EngineName = v.InferOutput<typeof engineSchema>;

/** Everything about one run, decided and written down before it starts. */
export const runPlanSchema = v.strictObject({
  /** Name of the variant; with step and round what a run is known by. */
  variant: v.string(),
  step: stepSchema,
  round: v.nullable(positive),
  /** Folder name in nginx-profiles/, `direct`, or `conf:` and the path of a person's configuration. */
  profile: v.string(),
  workload: workloadSchema,
  connections: positive,
  /** New connections per second over all generator workers; 0: as fast as the bound on pending handshakes lets. */
  rampPerSecond: amount,
  /** Of the run's own time, where it takes turns. */
  warmupMs: count,
  durationMs: positive,
  /** Null: it has the machine to itself from beginning to end. */
  turns: v.optional(v.nullable(turnsSchema), null),
  /** An echo that has not come after this long is lost. */
  echoTimeoutMs: positive,
  /** TCP connect, TLS and upgrade together. */
  connectTimeoutMs: positive,
  client: v.picklist(['lean', 'ws']),
  server: v.picklist(['ws', 'lean']),
  /** Of the lean ends; in results from before there was a choice: Node. */
  engine: v.optional(engineSchema, 'node'),
  /** Generator processes. */
  workers: positive,
  /** Echo server processes. */
  servers: positive,
  /** Null in profile `direct`. */
  proxy: v.nullable(
    v.strictObject({
      workers: positive,
      workerConnections: positive,
      workerFiles: positive,
      /** True where connections must be spread evenly so that no worker runs out of its own. */
      reuseport: v.boolean(),
      backlog: positive,
    }),
  ),
  /** Loopback addresses the generator connects from. */
  sourceAddresses: v.array(v.string()),
  /** Null: the kernel places all processes. */
  placement: v.nullable(placementSchema),
  /** How an open loop waits for the next message: spinning keeps a CPU busy and is on time; null in a closed loop. */
  pacing: v.nullable(v.picklist(['spin', 'sleep'])),
  /** The short HTTP leg before the WebSockets; null: left out. */
  http: v.nullable(v.strictObject({ connections: positive, durationMs: positive })),
  seed: count,
});
export type RunPlan = v.InferOutput<typeof runPlanSchema>;

/**
 * What a label is called: `branch`, `nginx.build`. Two names are left out when a result is read, so that they can
 * set no prototype: they may not be given in the first place.
 */
export const LABEL_KEY = /^(?!prototype$|constructor$)[A-Za-z][A-Za-z0-9._-]{0,39}$/;

/** What the person asked for as a whole; written to disk before anything starts. */
export const planSchema = v.strictObject({
  /** The command line, argv without node and script. */
  command: v.array(v.string()),
  seed: count,
  strict: v.boolean(),
  thresholds: v.array(v.string()),
  /** Steps of each variant, in order. */
  steps: v.pipe(v.array(stepSchema), v.minLength(1)),
  /** What a person calls it by, for listings and published sites: names and values of their own choice. */
  labels: v.optional(v.record(v.pipe(v.string(), v.regex(LABEL_KEY)), v.string()), {}),
  /** What a person wants to be read beside the figures; null: nothing. */
  note: v.optional(v.nullable(v.string()), null),
  /** Runs of one name are set beside each other over time, apart from all others; null: no name. */
  series: v.optional(v.nullable(v.string()), null),
});
export type Plan = v.InferOutput<typeof planSchema>;
