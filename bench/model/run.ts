import * as v from 'valibot';
import { failureCountsSchema } from './failure.ts';
import { findingSchema, noticeSchema } from './finding.ts';
import { agentHostSchema } from './host.ts';
import { amount, count, phaseSchema } from './load.ts';
import { machineSeriesSchema } from './machine-series.ts';
import { runPlanSchema } from './plan.ts';
import { recordedName } from './recording.ts';
import { doneActionSchema } from './timeline.ts';

/** A compressed HdrHistogram V2 in base64, which can be merged without loss. Values are in µs. */
const encodedHistogram = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/=]*$/));

/** Counters by name. `due` is 0 in older results, which did not record it. */
const countsSchema = v.record(recordedName, count);

/** One second of recording (less at a phase boundary), merged over all generator workers. */
export const sliceSchema = v.strictObject({
  startUs: count,
  endUs: count,
  phase: phaseSchema,
  /** Events counted in the slice, by name. Summed over all slices, they equal the run's totals. */
  counters: countsSchema,
  failures: failureCountsSchema,
  /** Gauge values at the end of the slice, by name, such as open connections and outstanding messages. */
  gauges: v.objectWithRest({ open: count }, count),
  /** Histograms by name. Those without samples are omitted. */
  histograms: v.record(recordedName, encodedHistogram),
});
export type Slice = v.InferOutput<typeof sliceSchema>;

/**
 * One generator worker's totals for the whole run: its connections, the counters declared by its scenario,
 * and the final gauge values.
 */
export const workerTotalsSchema = v.objectWithRest(
  { worker: count, asked: count, opened: count, failed: count },
  count,
);
export type WorkerTotals = v.InferOutput<typeof workerTotalsSchema>;

export const COMPONENTS = ['proxy', 'server', 'generator', 'runner'] as const;
export type Component = (typeof COMPONENTS)[number];
/** Components with separate figures. The runner is only monitored. */
export const MEASURED = ['proxy', 'server', 'generator'] as const;

/**
 * Counters of one process at one moment. CPU time and context switches are totals over all threads since the
 * process started.
 */
export const sampleSchema = v.strictObject({
  atUs: count,
  cpuUs: count,
  residentBytes: count,
  voluntarySwitches: count,
  involuntarySwitches: count,
  /** Only for Node.js processes: busy share and longest delay of the event loop since the previous sample. */
  loopUtilisation: v.nullable(amount),
  loopDelayMaxUs: v.nullable(count),
});
export type Sample = v.InferOutput<typeof sampleSchema>;

/** Role of a process within its component. Only the proxy has processes of more than one kind. */
export const ROLES = ['master', 'worker', 'server', 'generator', 'runner'] as const;
export type Role = (typeof ROLES)[number];

export const processSeriesSchema = v.strictObject({
  component: v.picklist(COMPONENTS),
  /**
   * Recorded by the code that starts the process. Older results lack the role; it is derived when they are
   * read.
   */
  role: v.picklist(ROLES),
  /**
   * When the process was first seen, in µs since the run's epoch; null if it existed before the load started.
   */
  bornUs: v.optional(v.nullable(count), null),
  /**
   * When the process was first found to have ended, in µs since the run's epoch; null if it ran until the
   * end.
   */
  endedUs: v.optional(v.nullable(count), null),
  /** Name shown to the user, such as `nginx master`, `nginx worker 1`, `echo server 2` or `generator 1`. */
  name: v.string(),
  pid: count,
  /** Name of the agent on whose machine the process ran; missing if that is the runner's machine. */
  host: v.optional(v.string()),
  samples: v.array(sampleSchema),
});
export type ProcessSeries = v.InferOutput<typeof processSeriesSchema>;
/** One process of a run. */
export type RunProcess = Omit<ProcessSeries, 'samples' | 'bornUs' | 'endedUs'>;

/** Memory use at one moment, and the number of connections open at that moment. */
export const memorySampleSchema = v.strictObject({
  atUs: count,
  open: count,
  /**
   * Proportional set size, summed over all proxy processes (smaps_rollup in proc(5)); null if it cannot be
   * read.
   */
  proxyBytes: v.nullable(count),
  /** Kernel slab memory and TCP buffers for the whole machine; null if they cannot be read. */
  kernelBytes: v.nullable(count),
  /** File descriptors that all proxy processes have open; null if they cannot be read, and in older results. */
  proxyFiles: v.optional(v.nullable(count), null),
});
export type MemorySample = v.InferOutput<typeof memorySampleSchema>;

/** Connections that the kernel dropped at listeners during the load (TcpExt in /proc/net/netstat). */
export const listenDropsSchema = v.strictObject({
  /** Number of connections dropped because a listener's queue was full. */
  overflows: count,
  /** Number of connections dropped by a listener for any reason, including a full queue. */
  drops: count,
});
export type ListenDrops = v.InferOutput<typeof listenDropsSchema>;

/** Data queued in one group of sockets: the clients', the servers', or those on either side of the proxy. */
const queuedSchema = v.strictObject({
  /** Number of sockets with an established connection. */
  open: count,
  /** Number of sockets that this side has closed, but whose data the peer has not fully received yet. */
  closing: count,
  /** Bytes that have arrived but that the process has not read. */
  unread: count,
  /** Bytes that the process has sent but that the peer has not acknowledged. */
  unsent: count,
});

/** Data queued in sockets at one moment, and the memory used by the sockets and the proxy. */
export const queueSampleSchema = v.strictObject({
  atUs: count,
  /** Proportional set size, summed over all proxy processes; null if it cannot be read. */
  proxyBytes: v.nullable(count),
  /** Memory of all TCP buffers on the machine (sockstat); null if it cannot be read. */
  tcpBytes: v.nullable(count),
  client: queuedSchema,
  /** The proxy's sockets to the clients, and to the servers; without a proxy, both are empty. */
  proxyClient: queuedSchema,
  proxyServer: queuedSchema,
  server: queuedSchema,
});
export type QueueSample = v.InferOutput<typeof queueSampleSchema>;

/** How many connections and echoed messages one process handled; one row of the report's spread table. */
export const shareSchema = v.strictObject({
  component: v.picklist(['proxy', 'server', 'generator']),
  name: v.string(),
  connections: count,
  messages: count,
});
export type Share = v.InferOutput<typeof shareSchema>;

/** Properties of the listener. All except `alpn` are determined with separate connections before the load. */
export const probeSchema = v.strictObject({
  /**
   * ALPN protocol negotiated by the WebSocket connections; null without TLS, or if the server did not select
   * one.
   */
  alpn: v.nullable(v.string()),
  /** ALPN protocol that the server selects if a client offers h2 and http/1.1; null without TLS. */
  alpnOffered: v.nullable(v.string()),
  /**
   * Value of SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 section 3) on an h2 connection; null if h2 was not
   * negotiated.
   */
  extendedConnect: v.nullable(v.boolean()),
  tlsProtocol: v.nullable(v.string()),
  tlsCipher: v.nullable(v.string()),
  /**
   * Key type of the certificate, as Node.js names it: `ec`, `rsa`; null without TLS, and in older results.
   */
  tlsKeyType: v.optional(v.nullable(v.string()), null),
  /** Whether a second connection resumed the first one's session (RFC 8446 section 2.2); null without TLS. */
  tlsResumed: v.nullable(v.boolean()),
});
export type Probe = v.InferOutput<typeof probeSchema>;

/**
 * Ordinary GET requests through the same profile, sent before the WebSocket load or during a part of it.
 */
export const httpLegSchema = v.strictObject({
  path: v.string(),
  connections: count,
  /**
   * Null if each connection sent its next request after the response to the previous one. Otherwise, how many
   * requests were due on a schedule, and how many of them had neither been answered nor failed by the end.
   */
  schedule: v.optional(
    v.nullable(v.strictObject({ ratePerSecond: amount, due: count, unanswered: count })),
    null,
  ),
  durationUs: count,
  requests: count,
  non2xx: count,
  /**
   * Response counts by status class, such as `2xx` or `5xx`, with `426` counted separately; null in older
   * results, which lack them.
   */
  statuses: v.optional(v.nullable(v.record(v.pipe(v.string(), v.regex(/^(?:\dxx|426)$/)), count)), null),
  errors: count,
  timeouts: count,
  /** Response rate, regardless of status. */
  requestsPerSecond: amount,
  bytesReceived: count,
  latency: encodedHistogram,
  /** Number of responses for each X-Cache-Status header value; null if the profile has no cache. */
  cache: v.nullable(v.record(v.string(), count)),
  /**
   * Number of HTTP requests that reached the echo servers, as counted by the servers; null if the servers
   * could not be asked.
   */
  backendRequests: v.nullable(count),
});
export type HttpLeg = v.InferOutput<typeof httpLegSchema>;

/** HTTP requests during the WebSocket load. Times are in µs since the run's epoch. */
export const httpLoadSchema = v.strictObject({
  startUs: count,
  /** When the last request was due. */
  endUs: count,
  total: httpLegSchema,
  /** Responses in each second, and their latencies. */
  course: v.array(
    v.strictObject({ startUs: count, endUs: count, requests: count, latency: encodedHistogram }),
  ),
});
export type HttpLoad = v.InferOutput<typeof httpLoadSchema>;

/** The proxy of a run: the program, and its configuration. */
export const usedProxySchema = v.strictObject({
  binary: v.string(),
  /**
   * The downloaded package, such as `nginx 1.26.3-3+deb13u10 of debian:trixie`; null if the binary was already
   * installed.
   */
  origin: v.optional(v.nullable(v.string()), null),
  version: v.string(),
  openssl: v.nullable(v.string()),
  buildArguments: v.string(),
  /**
   * The original configuration, with the files that it includes; null in older results, which did not store
   * it.
   */
  given: v.optional(v.nullable(v.string()), null),
  /** The configuration as generated for the run. */
  configuration: v.string(),
  /** The binary to which the proxy was to be upgraded during the run; null if no upgrade was planned. */
  upgrade: v.optional(
    v.nullable(
      v.strictObject({
        binary: v.string(),
        origin: v.nullable(v.string()),
        version: v.string(),
        openssl: v.nullable(v.string()),
      }),
    ),
    null,
  ),
  /** At most the last 200 lines of the error log at level warn and above. */
  errorLog: v.array(v.string()),
});
export type UsedProxy = v.InferOutput<typeof usedProxySchema>;

export const outcomeSchema = v.variant('state', [
  v.strictObject({ state: v.literal('completed') }),
  v.strictObject({ state: v.literal('aborted'), reason: v.string() }),
  v.strictObject({ state: v.literal('failed'), reason: v.string() }),
]);
export type Outcome = v.InferOutput<typeof outcomeSchema>;

/**
 * A run's bottleneck. `machine`: no CPU time remained for any of the run's processes. `schedule`: the run
 * handled all of the offered load.
 */
export const LIMITS = ['proxy', 'server', 'generator', 'machine', 'schedule', 'none'] as const;

export const validitySchema = v.strictObject({
  verdict: v.picklist(['valid', 'suspect', 'generator-limited', 'server-limited']),
  /** Reasons with supporting evidence; empty if the run is valid. */
  reasons: v.array(findingSchema),
  limit: v.strictObject({ component: v.picklist(LIMITS), evidence: findingSchema }),
});
export type Validity = v.InferOutput<typeof validitySchema>;

/** One execution of a variant with a scenario and a load. */
export const runSchema = v.strictObject({
  plan: runPlanSchema,
  startedAt: v.string(),
  outcome: outcomeSchema,
  /** Start and end of each phase, in µs since the run's epoch. Phases that were not reached are missing. */
  phases: v.array(v.strictObject({ phase: phaseSchema, startUs: count, endUs: count })),
  /** Actions from the plan's timeline that were attempted, including those that failed. */
  timeline: v.optional(v.array(doneActionSchema), []),
  /** Memory samples taken while connections were opened in batches; empty if all were opened at once. */
  memory: v.optional(v.array(memorySampleSchema), []),
  /** Samples of socket queues over time, if the scenario makes clients stop reading; otherwise empty. */
  queues: v.optional(v.array(queueSampleSchema), []),
  slices: v.array(sliceSchema),
  workers: v.array(workerTotalsSchema),
  /** The hosts whose agents took part in the run; missing if none did. */
  hosts: v.optional(v.array(agentHostSchema)),
  processes: v.array(processSeriesSchema),
  /**
   * Machine samples; null if the system does not provide them, and in older results, which did not record
   * them.
   */
  machine: v.optional(v.nullable(machineSeriesSchema), null),
  /**
   * Dropped connections; null if the system does not report them, and in older results, which did not record
   * them.
   */
  listenDrops: v.optional(v.nullable(listenDropsSchema), null),
  spread: v.array(shareSchema),
  probe: v.nullable(probeSchema),
  http: v.nullable(httpLegSchema),
  /** Null if the timeline started no HTTP requests during the load. */
  httpLoad: v.optional(v.nullable(httpLoadSchema), null),
  proxy: v.nullable(usedProxySchema),
  notices: v.array(noticeSchema),
  validity: validitySchema,
});
export type Run = v.InferOutput<typeof runSchema>;
