import * as v from 'valibot';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import { noticeSchema } from '../model/finding.ts';
import { AGENT_NAME, AGENT_ROLES, hostMachineSchema } from '../model/host.ts';
import { machineSeriesSchema } from '../model/machine-series.ts';
import { engineSchema, runPlanSchema } from '../model/plan.ts';
import { PROXY_KINDS } from '../model/proxy.ts';
import { processSeriesSchema, usedProxySchema, workerTotalsSchema } from '../model/run.ts';
import { tuningSchema } from '../model/variant.ts';
import { sharedLoadSchema } from './limits.ts';

/**
 * The messages between a runner and its agents, and the NATS subjects that they use. Commands are requests with
 * a deadline. Workers' reports go through a JetStream stream, which keeps them until the runner has read them.
 * All messages are JSON.
 */

const PREFIX = 'nginx-ws-bench';
/** Request to all agents: each replies with its `AgentFacts`. */
export const ROLL_CALL = `${PREFIX}.roll-call`;
/** Name of the JetStream stream for reports, and the subjects that the stream stores. */
export const STREAM = 'nginx-ws-bench-reports';
export const STREAM_SUBJECTS = `${PREFIX}.reports.*.*`;

/**
 * Requests to one agent: `clock` reads its monotonic clock, `begin` starts its part of a run, `tell` passes a
 * command to a worker, `stats` reads the counters of its echo servers, `observe` starts sampling, `sample`
 * requests samples at certain times, and `end` stops all processes of the run and returns the observations.
 */
export type Verb = 'clock' | 'begin' | 'tell' | 'stats' | 'observe' | 'sample' | 'end';

export function requestSubject(agent: string, verb: Verb): string {
  return `${PREFIX}.agent.${agent}.${verb}`;
}

/** The subject on which an agent announces that it exists. */
export function presenceSubject(agent: string): string {
  return `${PREFIX}.presence.${agent}`;
}

/** The subject on which a runner announces that it is still carrying out a run. */
export function runnerSubject(run: string): string {
  return `${PREFIX}.runner.${run}`;
}

export function reportSubject(run: string, agent: string): string {
  return `${PREFIX}.reports.${run}.${agent}`;
}

/** Interval between the announcements of an agent or a runner. */
export const PRESENCE_MS = 500;
/** A peer that has published nothing for this long counts as lost. A busy machine may delay several messages. */
export const LOST_MS = 5_000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const name = v.pipe(v.string(), v.regex(AGENT_NAME));
const runId = v.pipe(v.string(), v.regex(/^[a-f0-9-]{36}$/));

export const agentFactsSchema = v.object({
  name,
  /** Identifier that changes whenever the agent is restarted, so that the runner notices a restart. */
  instance: v.string(),
  version: v.string(),
  role: v.picklist(AGENT_ROLES),
  /** The run in which the agent takes part; null if the agent is idle. */
  run: v.nullable(runId),
  cpus: count,
  openFiles: count,
  somaxconn: v.nullable(count),
  /**
   * Address on which the Nginx or the echo servers started by this agent listen; null if the agent starts
   * neither.
   */
  listen: v.nullable(v.string()),
  /** Number of source ports that the kernel chooses from (ip_local_port_range). */
  ports: count,
  /** Whether the kernel reuses ports in TIME_WAIT after a second, whatever the target (tcp_tw_reuse). */
  reusesPorts: v.boolean(),
  bun: v.boolean(),
  system: hostMachineSchema,
  /** Boot ID of the system, which identifies the machine. */
  machine: v.string(),
  /** Identifies the agent's network namespace. Agents in the same namespace share one loopback interface. */
  network: v.string(),
});
export type AgentFacts = v.InferOutput<typeof agentFactsSchema>;

export const presenceSchema = v.object({ instance: v.string(), run: v.nullable(runId) });

export const clockSchema = v.object({ ns: v.pipe(v.string(), v.regex(/^\d{1,20}$/)) });

const ofAnyRole = { run: runId, version: v.string() };
const beginGeneratorSchema = v.object({
  role: v.literal('generator'),
  ...ofAnyRole,
  /** Indexes of the agent's workers within the run. */
  workers: v.pipe(v.array(count), v.minLength(1), v.maxLength(256)),
  client: v.picklist(['lean', 'ws']),
  engine: engineSchema,
  target: v.object({ host: v.string(), ports: v.array(count) }),
});
export type BeginGenerator = v.InferOutput<typeof beginGeneratorSchema>;

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const address = v.object({ host: v.string(), port });
/** Echo server options that a plan may set. */
const SERVER_OPTIONS = ['--reply', '--close-after'];
const serverArgument = v.pipe(
  v.string(),
  v.check((text) => (text.startsWith('-') ? SERVER_OPTIONS.includes(text) : /^[a-z0-9]+$/.test(text))),
);
const beginServerSchema = v.object({
  role: v.literal('server'),
  ...ofAnyRole,
  /** Number of the agent's first server. The servers of a run are numbered from 1. */
  first: v.pipe(count, v.minValue(1)),
  count: v.pipe(count, v.minValue(1), v.maxValue(256)),
  kind: v.picklist(['ws', 'lean']),
  engine: engineSchema,
  args: v.array(serverArgument),
  maxPayloadBytes: count,
});
export type BeginServer = v.InferOutput<typeof beginServerSchema>;

const beginProxySchema = v.object({
  role: v.literal('proxy'),
  ...ofAnyRole,
  /** The Nginx to start; null if the agent only watches one that is already running. */
  start: v.nullable(
    v.object({
      kind: v.picklist(PROXY_KINDS),
      /** Name of a profile that is installed with the package. */
      profile: v.string(),
      tunings: v.array(tuningSchema),
      proxy: v.unwrap(runPlanSchema.entries.proxy),
      upstreams: v.pipe(v.array(address), v.minLength(1)),
    }),
  ),
});
export type BeginProxy = v.InferOutput<typeof beginProxySchema>;

/**
 * Request that assigns an agent its part of a run. The request does not name processes to watch, because an
 * agent that watches Nginx takes them from its own command-line options.
 */
export const beginSchema = v.variant('role', [beginGeneratorSchema, beginProxySchema, beginServerSchema]);
export type Begin = v.InferOutput<typeof beginSchema>;

/** Facts about the servers or the proxy that an agent has started. */
export const startedSchema = v.variant('role', [
  v.object({ role: v.literal('server'), servers: v.array(address) }),
  v.object({
    role: v.literal('proxy'),
    host: v.string(),
    ports: v.array(port),
    path: v.string(),
    page: v.nullable(v.object({ path: v.string(), shown: v.string(), cached: v.boolean() })),
    tls: v.nullable(v.object({ servername: v.string(), ca: v.optional(v.string()) })),
    http2: v.boolean(),
    requestHost: v.string(),
    facts: v.omit(usedProxySchema, ['errorLog']),
    notices: v.array(noticeSchema),
  }),
]);
export type Started = v.InferOutput<typeof startedSchema>;

/**
 * The reply to every request except `clock`, `stats` and `end`. A refusal is a clause that completes "The agent NAME
 * refused the run:".
 */
export const answerSchema = v.object({
  refusal: v.nullable(v.string()),
  /** Present only in replies to `begin`, and only if the agent has started Nginx or echo servers. */
  started: v.optional(v.nullable(startedSchema), null),
});
export type Answer = v.InferInput<typeof answerSchema>;

export const statsSchema = v.object({
  stats: v.array(
    v.nullable(
      v.object({
        connections: v.object({ open: count, total: count }),
        messages: count,
        bytes: count,
        httpRequests: count,
      }),
    ),
  ),
});

const COMMANDS = [
  'connect-more',
  'start',
  'cut',
  'stall',
  'resume',
  'stop',
  'leave',
] as const satisfies readonly WorkerCommand['type'][];
const epochNs = v.pipe(v.string(), v.regex(/^-?\d{1,20}$/));
/**
 * Checks only some fields of a command. The worker, which runs the same version as the runner, reads the
 * others.
 */
export const tellSchema = v.object({
  run: runId,
  worker: count,
  command: v.variant('type', [
    v.looseObject({
      type: v.literal('connect'),
      plan: v.looseObject({
        epochNs,
        target: v.looseObject({ host: v.string(), ports: v.array(count) }),
        runPlan: sharedLoadSchema,
        /** Always null: a plan must not make an agent run a file on its host. */
        scenarioFile: v.null(),
      }),
    }),
    v.looseObject({ type: v.picklist(COMMANDS) }),
  ]),
});

/** Request to start sampling. The epoch is a time on the clock of the agent's host. */
export const observeSchema = v.object({
  run: runId,
  epochNs,
  intervalMs: v.pipe(v.number(), v.minValue(1), v.maxValue(60_000)),
});
/** Request to take samples at these times, in µs since the run's epoch. */
export const sampleSchema = v.object({ run: runId, timesUs: v.pipe(v.array(v.number()), v.maxLength(100)) });

export const endSchema = v.object({ run: runId });
export const endedSchema = v.object({
  processes: v.array(processSeriesSchema),
  machine: v.nullable(machineSeriesSchema),
  /** The last lines of the error log, if the agent started an Nginx. */
  errorLog: v.array(v.string()),
});
export type Ended = v.InferOutput<typeof endedSchema>;

const routeSchema = v.object({
  proxyWorker: v.nullable(v.string()),
  upstream: v.nullable(v.string()),
  alpn: v.nullable(v.string()),
  connections: count,
  messages: count,
});
const workerReportSchema = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('recording'), base64: v.string() }),
  v.object({ type: v.literal('connected'), startUs: count, endUs: count, open: count }),
  v.object({ type: v.literal('deserted') }),
  v.object({
    type: v.literal('done'),
    totals: workerTotalsSchema,
    routes: v.array(routeSchema),
    recordings: count,
  }),
]) satisfies v.GenericSchema<unknown, WorkerReport>;

/** A message that an agent stores in the JetStream stream. */
export const reportedSchema = v.variant('type', [
  v.object({ type: v.literal('report'), worker: count, report: workerReportSchema }),
  v.object({ type: v.literal('exited'), worker: count }),
  /** The agent cannot continue the run. `reason` is a clause that completes "The agent NAME gave up:". */
  v.object({ type: v.literal('lost'), reason: v.string() }),
]);
export type Reported = v.InferOutput<typeof reportedSchema>;
