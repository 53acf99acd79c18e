import * as v from 'valibot';
import { declarationSchema } from './declaration.ts';
import { AGENT_NAME } from './host.ts';
import { amount, count, scenarioName, workloadSchema } from './load.ts';
import { plannedTargetSchema } from './target.ts';
import { timelineSchema } from './timeline.ts';
import { turnsSchema } from './turns.ts';

export const positive = v.pipe(count, v.minValue(1));

/** The purpose of a run, as named by its scenario, such as `throughput`. */
export const stepSchema = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/));
export type Step = v.InferOutput<typeof stepSchema>;

/** CPU numbers assigned to each component; empty for a component that is not part of the run. */
export const placementSchema = v.strictObject({
  proxy: v.array(count),
  server: v.array(count),
  generator: v.array(count),
  /**
   * All CPUs except those reserved for the measured component. Empty in older results, in which the runner
   * was not pinned.
   */
  runner: v.optional(v.array(count), []),
});
export type Placement = v.InferOutput<typeof placementSchema>;

/**
 * Runtimes for the lean client and the lean echo server. The `ws` client and server always run on Node.js.
 */
export const ENGINES = ['node', 'bun'] as const;
export const engineSchema = v.picklist(ENGINES);
export type EngineName = v.InferOutput<typeof engineSchema>;
/** What the lean client and server use for connections without TLS: the engine's sockets, or io_uring. */
export const CARRIERS = ['sockets', 'io_uring'] as const;
export const carrierSchema = v.picklist(CARRIERS);
export type CarrierName = v.InferOutput<typeof carrierSchema>;

/** The complete specification of one run, written to disk before the run starts. */
export const runPlanSchema = v.strictObject({
  /** Name of the variant. Variant, step and round together identify the run. */
  variant: v.string(),
  step: stepSchema,
  round: v.nullable(positive),
  /** Folder name in nginx-profiles/, `direct`, or `conf:` followed by the path of a user's configuration. */
  profile: v.string(),
  target: v.optional(plannedTargetSchema, { kind: 'sandbox' }),
  workload: workloadSchema,
  connections: positive,
  /**
   * Connections opened per second over all generator workers; 0 opens them as fast as the limit on pending
   * handshakes allows.
   */
  rampPerSecond: amount,
  /** Number of batches in which connections are opened. Memory is sampled after each batch. */
  openingStages: v.optional(positive, 1),
  /**
   * The lengths of the warm-up and the steady phase refer to the run's own time if the run is interleaved with
   * others.
   */
  warmupMs: count,
  durationMs: positive,
  /** Turns of an interleaved run; null if the run has the machine to itself throughout. */
  turns: v.optional(v.nullable(turnsSchema), null),
  timeline: v.optional(timelineSchema, []),
  /** A message whose echo takes longer than this counts as lost. */
  echoTimeoutMs: positive,
  /** Timeout for the TCP connection, TLS handshake and HTTP upgrade together. */
  connectTimeoutMs: positive,
  client: v.picklist(['lean', 'ws']),
  /**
   * Kind of server that is started; `own` means that a command supplied by the user starts the servers. Null if
   * the target is an external server.
   */
  server: v.nullable(v.picklist(['ws', 'lean', 'own'])),
  /** Command that starts a server of kind `own`, with `{port}` for its port; null for any other kind. */
  backend: v.optional(v.nullable(v.string()), null),
  /** Runtime of the lean client and server; always Node.js in older results, which offered no choice. */
  engine: v.optional(engineSchema, 'node'),
  /** Carrier of the connections; always the engine's sockets in older results, which offered no choice. */
  carrier: v.optional(carrierSchema, 'sockets'),
  /** Number of generator processes. */
  workers: positive,
  /** Names of the agents that run the generator processes; missing if the runner runs them. */
  agents: v.optional(v.array(v.pipe(v.string(), v.regex(AGENT_NAME)))),
  /**
   * Name of the agent that runs Nginx or, in front of an external target, watches it; missing if the runner
   * runs Nginx, or if no agent watches it.
   */
  proxyAgent: v.optional(v.pipe(v.string(), v.regex(AGENT_NAME))),
  /** Names of the agents that run the echo servers; missing if the runner runs them. */
  serverAgents: v.optional(v.array(v.pipe(v.string(), v.regex(AGENT_NAME)))),
  /** Address on which Nginx listens; missing for the usual loopback address. */
  listen: v.optional(v.string()),
  /** Number of servers that the run starts: none for an external target. */
  servers: count,
  /** Nginx settings; null for the `direct` profile. */
  proxy: v.nullable(
    v.strictObject({
      workers: positive,
      workerConnections: positive,
      workerFiles: positive,
      /** Whether Nginx listens with `reuseport`, which keeps each worker below its connection limit. */
      reuseport: v.boolean(),
      backlog: positive,
    }),
  ),
  /** Loopback addresses from which the generator connects. */
  sourceAddresses: v.array(v.string()),
  /** CPUs assigned to each component; null if the kernel schedules all processes freely. */
  placement: v.nullable(placementSchema),
  /**
   * How an open loop waits for the next message: spinning is punctual but occupies a CPU. Null in a closed
   * loop.
   */
  pacing: v.nullable(v.picklist(['spin', 'sleep'])),
  /**
   * A short series of HTTP requests before the WebSocket load; null to skip it. HTTP requests during the load
   * use the same rate and number of connections. If the rate is null, each connection sends its next request
   * when it has received a response.
   */
  http: v.nullable(
    v.strictObject({
      connections: positive,
      durationMs: positive,
      ratePerSecond: v.optional(v.nullable(positive), null),
    }),
  ),
  seed: count,
});
/** The HTTP requests of a run. */
export type HttpPlan = NonNullable<v.InferOutput<typeof runPlanSchema>['http']>;
export type RunPlan = v.InferOutput<typeof runPlanSchema>;

/** The part of a run's plan that is determined by its variant, step and number of connections. */
export type StepPlan = Omit<RunPlan, 'round' | 'workload' | 'turns' | 'sourceAddresses'>;

/**
 * Valid label names, such as `branch` or `nginx.build`. This pattern rejects `prototype` and `constructor`,
 * because validation drops these two names when reading a result, to prevent prototype pollution.
 */
export const LABEL_KEY = /^(?!prototype$|constructor$)[A-Za-z][A-Za-z0-9._-]{0,39}$/;

/** The user's entire request, written to disk before anything starts. */
export const planSchema = v.strictObject({
  /** Command-line arguments: argv without the Node.js binary and the script. */
  command: v.array(v.string()),
  seed: count,
  strict: v.boolean(),
  thresholds: v.array(v.string()),
  scenario: v.optional(scenarioName, 'echo'),
  /** What the user's scenario declares; missing if the scenario is built in. */
  declared: v.exactOptional(declarationSchema),
  /** The steps to run for each variant, in order. */
  steps: v.pipe(v.array(stepSchema), v.minLength(1)),
  /** User-defined names and values for listings and published sites. */
  labels: v.optional(v.record(v.pipe(v.string(), v.regex(LABEL_KEY)), v.string()), {}),
  /** Text shown with the figures; null if there is none. */
  note: v.optional(v.nullable(v.string()), null),
  /** Runs with the same series name form one series over time; null if the run has no series name. */
  series: v.optional(v.nullable(v.string()), null),
});
export type Plan = v.InferOutput<typeof planSchema>;
