import * as v from 'valibot';
import { count } from './load.ts';
import { machineSeriesSchema } from './machine-series.ts';

/** Valid agent names. The name is part of NATS subjects, in which dots and wildcards have a special meaning. */
export const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** What an agent does for runs: it generates load, watches or runs Nginx, or runs echo servers. */
export const AGENT_ROLES = ['generator', 'proxy', 'server'] as const;
export type AgentRole = (typeof AGENT_ROLES)[number];

/** Properties of a host's machine. */
export const hostMachineSchema = v.strictObject({
  os: v.string(),
  kernel: v.string(),
  arch: v.string(),
  cpuModel: v.string(),
  memoryBytes: count,
});
export type HostMachine = v.InferOutput<typeof hostMachineSchema>;

/** A host whose agent took part in a run. */
export const agentHostSchema = v.strictObject({
  /** Name of the host's agent. */
  name: v.pipe(v.string(), v.regex(AGENT_NAME)),
  role: v.optional(v.picklist(AGENT_ROLES), 'generator'),
  /** Number of CPUs that the host's agent may use. */
  cpus: count,
  /**
   * Whether the host is the runner's machine, so that the agent's processes compete with those of the runner.
   */
  isRunners: v.boolean(),
  /** Null in older results. */
  machine: v.optional(v.nullable(hostMachineSchema), null),
  /** Samples of the host's CPUs during the run; null if the agent was lost, and in older results. */
  samples: v.optional(v.nullable(machineSeriesSchema), null),
  /** Indexes, within the run, of the host's generator workers or echo servers. */
  workers: v.array(count),
  /**
   * Send lag of the host's workers in the steady phase, as an encoded histogram; null if there is none, as in
   * a closed loop.
   */
  sendLag: v.nullable(v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/=]*$/))),
  /** The host's clock compared with the runner's. */
  clock: v.strictObject({
    /** Largest possible error of the offset between the two clocks: half of the shortest round trip, in µs. */
    errorUs: count,
    /**
     * Change in the offset between the measurements before and after the run, in µs; null if the agent was lost
     * in between.
     */
    driftUs: v.nullable(v.pipe(v.number(), v.integer())),
  }),
});
export type AgentHost = v.InferOutput<typeof agentHostSchema>;
