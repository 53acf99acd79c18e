import * as v from 'valibot';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import { AGENT_NAME } from '../model/host.ts';
import { engineSchema } from '../model/plan.ts';
import { processSeriesSchema, workerTotalsSchema } from '../model/run.ts';
import { sharedLoadSchema } from './limits.ts';

/**
 * The messages between a runner and its agents, and the NATS subjects that they use. Commands are requests
 * with a deadline. What workers report goes through a JetStream stream, which keeps it until the runner has
 * read it. All messages are JSON.
 */

const PREFIX = 'nginx-ws-bench';
/** Request to all agents: each replies with its `AgentFacts`. */
export const ROLL_CALL = `${PREFIX}.roll-call`;
/** The stream, and the subjects that it stores. */
export const STREAM = 'nginx-ws-bench-reports';
export const STREAM_SUBJECTS = `${PREFIX}.reports.*.*`;

/**
 * Requests to one agent: `clock` asks for its monotonic clock, `begin` starts the workers of a run, `tell`
 * passes a command to a worker, and `end` stops everything and asks for what was observed.
 */
export type Verb = 'clock' | 'begin' | 'tell' | 'end';

export function requestSubject(agent: string, verb: Verb): string {
  return `${PREFIX}.agent.${agent}.${verb}`;
}

/** The subject on which an agent publishes that it exists. */
export function presenceSubject(agent: string): string {
  return `${PREFIX}.presence.${agent}`;
}

/** The subject on which a runner publishes that it still carries out a run. */
export function runnerSubject(run: string): string {
  return `${PREFIX}.runner.${run}`;
}

export function reportSubject(run: string, agent: string): string {
  return `${PREFIX}.reports.${run}.${agent}`;
}

/** Interval at which agents and runners publish that they exist. */
export const PRESENCE_MS = 500;
/** A peer that has published nothing for this long counts as lost. A busy machine may delay several messages. */
export const LOST_MS = 5_000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const name = v.pipe(v.string(), v.regex(AGENT_NAME));
const runId = v.pipe(v.string(), v.regex(/^[a-f0-9-]{36}$/));

export const agentFactsSchema = v.object({
  name,
  /** Differs for each start of an agent, so that a restart is noticed. */
  instance: v.string(),
  version: v.string(),
  /** The run that the agent carries out; null if it is free. */
  run: v.nullable(runId),
  cpus: count,
  openFiles: count,
  bun: v.boolean(),
  /** Identifies the machine: the ID of the running system. */
  machine: v.string(),
  /** Identifies the network namespace on that machine: agents in the same one share its loopback interface. */
  network: v.string(),
});
export type AgentFacts = v.InferOutput<typeof agentFactsSchema>;

export const presenceSchema = v.object({ instance: v.string(), run: v.nullable(runId) });

export const clockSchema = v.object({ ns: v.pipe(v.string(), v.regex(/^\d{1,20}$/)) });

export const beginSchema = v.object({
  run: runId,
  version: v.string(),
  /** Indexes of the agent's workers within the run. */
  workers: v.pipe(v.array(count), v.minLength(1), v.maxLength(256)),
  client: v.picklist(['lean', 'ws']),
  engine: engineSchema,
  target: v.object({ host: v.string(), ports: v.array(count) }),
});
export type Begin = v.InferOutput<typeof beginSchema>;

/** The reply to `begin` and `tell`. A refusal is a clause that completes "The agent NAME refused the run:". */
export const answerSchema = v.object({ refusal: v.nullable(v.string()) });
export type Answer = v.InferOutput<typeof answerSchema>;

const COMMANDS = [
  'connect-more',
  'start',
  'cut',
  'stall',
  'resume',
  'stop',
  'leave',
] as const satisfies readonly WorkerCommand['type'][];
/** Other members of a command are checked by the worker, which runs the same version as the runner. */
export const tellSchema = v.object({
  run: runId,
  worker: count,
  command: v.variant('type', [
    v.looseObject({
      type: v.literal('connect'),
      plan: v.looseObject({
        epochNs: v.pipe(v.string(), v.regex(/^-?\d{1,20}$/)),
        target: v.looseObject({ host: v.string(), ports: v.array(count) }),
        runPlan: sharedLoadSchema,
        /** A plan never names a file of the agent's host to run. */
        scenarioFile: v.null(),
      }),
    }),
    v.looseObject({ type: v.picklist(COMMANDS) }),
  ]),
});

export const endSchema = v.object({ run: runId });
export const endedSchema = v.object({ processes: v.array(processSeriesSchema) });

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

/** A message in the stream. */
export const reportedSchema = v.variant('type', [
  v.object({ type: v.literal('report'), worker: count, report: workerReportSchema }),
  v.object({ type: v.literal('exited'), worker: count }),
  /** The agent cannot carry on with the run: a clause that completes "The agent NAME gave up:". */
  v.object({ type: v.literal('lost'), reason: v.string() }),
]);
export type Reported = v.InferOutput<typeof reportedSchema>;
