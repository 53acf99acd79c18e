import * as v from 'valibot';
import { failureCountsSchema } from './failure.ts';
import { findingSchema, noticeSchema } from './finding.ts';
import { amount, count, phaseSchema } from './load.ts';
import { runPlanSchema } from './plan.ts';
import { recordedName } from './recording.ts';
import { doneActionSchema } from './timeline.ts';

/** HdrHistogram V2, compressed, base64: merges without loss. Values in µs. */
const encodedHistogram = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/=]*$/));

/** `due` is 0 in results from before it was counted. */
const countsSchema = v.record(recordedName, count);

/** One second of recording (less at the edges of a phase), merged over all generator workers. */
export const sliceSchema = v.strictObject({
  startUs: count,
  endUs: count,
  phase: phaseSchema,
  /** Events counted in the slice, by name. The counters of a run's slices add up to its totals. */
  counters: countsSchema,
  failures: failureCountsSchema,
  /** The state at its end, by name: open connections, messages outstanding. */
  gauges: v.objectWithRest({ open: count }, count),
  /** By name. A histogram without samples is omitted. */
  histograms: v.record(recordedName, encodedHistogram),
});
export type Slice = v.InferOutput<typeof sliceSchema>;

/**
 * What one generator worker counted over the whole run: its connections, and by name what its scenario counts and
 * the levels that were left at the end.
 */
export const workerTotalsSchema = v.objectWithRest(
  { worker: count, asked: count, opened: count, failed: count },
  count,
);
export type WorkerTotals = v.InferOutput<typeof workerTotalsSchema>;

export const COMPONENTS = ['proxy', 'server', 'generator', 'runner'] as const;
export type Component = (typeof COMPONENTS)[number];
/** The components that a figure is told for, one by one; the runner is only watched. */
export const MEASURED = ['proxy', 'server', 'generator'] as const;

/**
 * Counters of one process at one moment. CPU and context switches are totals since the process started, over all
 * threads.
 */
export const sampleSchema = v.strictObject({
  atUs: count,
  cpuUs: count,
  residentBytes: count,
  voluntarySwitches: count,
  involuntarySwitches: count,
  /** Node processes only, since the previous sample: share of time not idle, and longest delay. */
  loopUtilisation: v.nullable(amount),
  loopDelayMaxUs: v.nullable(count),
});
export type Sample = v.InferOutput<typeof sampleSchema>;

/** What a process does within its component. Only the proxy has processes of more than one kind. */
export const ROLES = ['master', 'worker', 'server', 'generator', 'runner'] as const;
export type Role = (typeof ROLES)[number];

export const processSeriesSchema = v.strictObject({
  component: v.picklist(COMPONENTS),
  /** As whoever started it knows. Results from before it was recorded get it when they are read. */
  role: v.picklist(ROLES),
  /** When it was first seen, in µs since the run's epoch; null: it was there before the load. */
  bornUs: v.optional(v.nullable(count), null),
  /** When it was first missed; null: it was there to the end. */
  endedUs: v.optional(v.nullable(count), null),
  /** As shown to the user: `nginx master`, `nginx worker 1`, `echo server 2`, `generator 1`. */
  name: v.string(),
  pid: count,
  samples: v.array(sampleSchema),
});
export type ProcessSeries = v.InferOutput<typeof processSeriesSchema>;
/** One process of a run. */
export type RunProcess = Omit<ProcessSeries, 'samples' | 'bornUs' | 'endedUs'>;

/**
 * The kernel's counters at one moment, over all CPUs that the processes of the run may use. In µs since the system
 * started, in steps of 10 ms (proc_stat(5)).
 */
export const machineSampleSchema = v.strictObject({
  atUs: count,
  /** Idle, or waiting for a disk. */
  idleUs: count,
  /** Taken by the host of a virtual machine while there was work to do. */
  stolenUs: count,
  /** In interrupts and softirqs. Some kernels also charge this to the interrupted process. */
  interruptUs: count,
  /** CPU time of the processes of the runs with which this one takes turns. */
  besideUs: v.optional(count, 0),
  /** Grows by as long as the machine was suspended: then no clock of the run went on. */
  suspendedUs: v.optional(count, 0),
});
export type MachineSample = v.InferOutput<typeof machineSampleSchema>;

/** Memory at one moment, with this many connections open. */
export const memorySampleSchema = v.strictObject({
  atUs: count,
  open: count,
  /** Proportional set size of all processes of the proxy (smaps_rollup in proc(5)); null if it cannot be read. */
  proxyBytes: v.nullable(count),
  /** Kernel slab memory and TCP buffers of the whole machine; null if they cannot be read. */
  kernelBytes: v.nullable(count),
});
export type MemorySample = v.InferOutput<typeof memorySampleSchema>;

/** The machine during a run. */
export const machineSeriesSchema = v.strictObject({
  /** Numbers of the CPUs that are counted. */
  cpus: v.array(count),
  samples: v.array(machineSampleSchema),
});
export type MachineSeries = v.InferOutput<typeof machineSeriesSchema>;

/** One row of the spread table: how many connections and echoed messages one process carried. */
export const shareSchema = v.strictObject({
  component: v.picklist(['proxy', 'server', 'generator']),
  name: v.string(),
  connections: count,
  messages: count,
});
export type Share = v.InferOutput<typeof shareSchema>;

/** What a single connection before the load found out about the listener. */
export const probeSchema = v.strictObject({
  /** ALPN negotiated by the WebSocket connections; null without TLS, or if the server chose none. */
  alpn: v.nullable(v.string()),
  /** ALPN chosen for a client that offers h2 and http/1.1; null without TLS. */
  alpnOffered: v.nullable(v.string()),
  /** SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 section 3) on an h2 connection; null if h2 was not negotiated. */
  extendedConnect: v.nullable(v.boolean()),
  tlsProtocol: v.nullable(v.string()),
  tlsCipher: v.nullable(v.string()),
  /** Type of the certificate's key as Node names it: `ec`, `rsa`; null without TLS, and in older results. */
  tlsKeyType: v.optional(v.nullable(v.string()), null),
  /** Whether a second connection resumed the session of the first (RFC 8446 section 2.2); null without TLS. */
  tlsResumed: v.nullable(v.boolean()),
});
export type Probe = v.InferOutput<typeof probeSchema>;

/** The HTTP leg: ordinary GETs through the same profile, by autocannon, before the WebSockets. */
export const httpLegSchema = v.strictObject({
  path: v.string(),
  connections: count,
  durationUs: count,
  requests: count,
  non2xx: count,
  /** The answers by the class of their status: `2xx`, `5xx`, and `426` apart; null: older results do not tell. */
  statuses: v.optional(v.nullable(v.record(v.pipe(v.string(), v.regex(/^(?:\dxx|426)$/)), count)), null),
  errors: count,
  timeouts: count,
  /** Answered, whatever with. */
  requestsPerSecond: amount,
  bytesReceived: count,
  latency: encodedHistogram,
  /** Counts of the values of the X-Cache-Status response header; null if the profile has no cache. */
  cache: v.nullable(v.record(v.string(), count)),
  /** Requests that reached the echo servers during the leg. */
  backendRequests: count,
});
export type HttpLeg = v.InferOutput<typeof httpLegSchema>;

export const nginxFactsSchema = v.strictObject({
  binary: v.string(),
  /**
   * The package that was fetched, such as `nginx 1.26.3-3+deb13u10 of debian:trixie`; null if Nginx was already
   * installed.
   */
  origin: v.optional(v.nullable(v.string()), null),
  version: v.string(),
  openssl: v.nullable(v.string()),
  buildArguments: v.string(),
  /** The configuration as read, including the files it includes; null in results from before it was kept. */
  given: v.optional(v.nullable(v.string()), null),
  /** The configuration that ran, as printed for `nginx -c`. */
  configuration: v.string(),
  /** Lines of the error log at level warn and above, at most the last 200. */
  errorLog: v.array(v.string()),
});
export type NginxFacts = v.InferOutput<typeof nginxFactsSchema>;

export const outcomeSchema = v.variant('state', [
  v.strictObject({ state: v.literal('completed') }),
  v.strictObject({ state: v.literal('aborted'), reason: v.string() }),
  v.strictObject({ state: v.literal('failed'), reason: v.string() }),
]);
export type Outcome = v.InferOutput<typeof outcomeSchema>;

/**
 * What kept the run from going faster. `machine`: no CPU was left for any of its processes. `schedule`: it did
 * everything that was offered.
 */
export const LIMITS = ['proxy', 'server', 'generator', 'machine', 'schedule', 'none'] as const;

export const validitySchema = v.strictObject({
  verdict: v.picklist(['valid', 'suspect', 'generator-limited', 'server-limited']),
  /** Each with its evidence; empty where valid. */
  reasons: v.array(findingSchema),
  limit: v.strictObject({ component: v.picklist(LIMITS), evidence: findingSchema }),
});
export type Validity = v.InferOutput<typeof validitySchema>;

/** One execution of one variant × scenario × load. */
export const runSchema = v.strictObject({
  plan: runPlanSchema,
  startedAt: v.string(),
  outcome: outcomeSchema,
  /** When each phase began and ended, in µs since the run's epoch. Phases that were not reached are missing. */
  phases: v.array(v.strictObject({ phase: phaseSchema, startUs: count, endUs: count })),
  /** What was done of the plan's timeline. */
  timeline: v.optional(v.array(doneActionSchema), []),
  /** Memory while the connections were opened in stages; empty if they were opened all at once. */
  memory: v.optional(v.array(memorySampleSchema), []),
  slices: v.array(sliceSchema),
  workers: v.array(workerTotalsSchema),
  processes: v.array(processSeriesSchema),
  /** Null if the system does not report it, and in results from before it was recorded. */
  machine: v.optional(v.nullable(machineSeriesSchema), null),
  spread: v.array(shareSchema),
  probe: v.nullable(probeSchema),
  http: v.nullable(httpLegSchema),
  proxy: v.nullable(nginxFactsSchema),
  notices: v.array(noticeSchema),
  validity: validitySchema,
});
export type Run = v.InferOutput<typeof runSchema>;
