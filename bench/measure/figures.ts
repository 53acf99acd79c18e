import { type Counters, counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { ratio, total } from './arithmetic.ts';
import { type BackendFigures, backendsOf } from './backends.ts';
import { type Capacity, capacityOf } from './capacity.ts';
import {
  type ConnectFigures,
  type ConnectionCounts,
  connectionsOf,
  connectOf,
  type FailureFigures,
  failuresOf,
  openedIn,
} from './connections.ts';
import { type Conservation, conservationOf } from './conservation.ts';
import { type SteadySecond, steadySeconds, undisturbedSlices } from './disturbance.ts';
import { type Summary, summarise } from './histogram.ts';
import { type HostFigures, hostFigures } from './hosts.ts';
import { type HttpFigures, type HttpLoadFigures, httpFigures, httpLoadOf } from './http.ts';
import {
  type ByComponent,
  mapComponents,
  type ProcessFigures,
  peakBytes,
  peakCores,
  processFigures,
  residentGrowthByComponent,
} from './processes.ts';
import { inTimeShare } from './punctuality.ts';
import { remembered } from './remembered.ts';
import { type Slope, slopeOf } from './slope.ts';
import { mergeSlices, ownSeconds, phaseSpan, type Span, slicesOf } from './span.ts';
import { type StallFigures, stallOf } from './stall.ts';
import {
  isOpenLoop,
  type Latencies,
  type LatencyName,
  latenciesOf,
  latencyNameOf,
  steadyWork,
} from './steady.ts';
import { type TcpFigures, tcpOf } from './tcp.ts';
import { WORK_NAMES, workOf } from './work.ts';

export type { BackendFigures } from './backends.ts';
export type { Capacity } from './capacity.ts';
export type { Account, Conservation } from './conservation.ts';
export type { Summary } from './histogram.ts';
export type { HttpFigures, HttpLoadFigures } from './http.ts';
export type { ByComponent, ProcessFigures } from './processes.ts';
export type { Slope } from './slope.ts';
export type { StallFigures } from './stall.ts';
export { histogramOf, histogramOfAll, type Latencies, type LatencyName, latencyNameOf } from './steady.ts';

/**
 * Figures derived from one run. Rates and CPU are for the steady phase. If the run is interleaved with others, they are
 * per second of the run's own time. Figures that the run does not provide are null.
 */
export interface RunFigures {
  connections: ConnectionCounts;
  /**
   * Message counts for the whole run. `perSecond` is the number of echoes in the steady phase ÷ its duration.
   */
  messages: { sent: number; echoed: number; outstanding: number; lost: number; perSecond: number | null };
  /** Payload bytes per second in the steady phase. */
  bytes: { sentPerSecond: number | null; receivedPerSecond: number | null };
  latencyName: LatencyName;
  /**
   * Latencies in µs, by name. `response` and `sendLag` are null in a closed loop, because it has no intended
   * send times.
   */
  latencies: Latencies;
  failures: FailureFigures;
  connect: ConnectFigures;
  /**
   * Counts for the steady phase. `outstanding` is the amount of work in progress at the start and end of the phase,
   * such as messages sent but not yet answered; null if it was not recorded.
   */
  steady: {
    durationUs: number | null;
    sent: number;
    echoed: number;
    outstanding: { atStart: number | null; atEnd: number | null };
    /** All counters by name. */
    counts: Counters;
  };
  /** The work of the steady phase: messages echoed or, if the scenario's work is handshakes, connections opened. */
  work: {
    done: number;
    perSecond: number | null;
    /** CPU time in µs per unit of work. */
    cpuUs: ByComponent;
    /** Work per second per core of Nginx; null under the same conditions as `perCoreCapacity`. */
    perCore: Capacity | null;
  };
  /** Each value is null if the scenario's work is not messages, or if CPU time was also used for HTTP requests. */
  cpuUsPerMessage: ByComponent;
  /**
   * Per-core capacity in messages. Null if undefined: if there is no Nginx, if the CPU time of its workers is unknown,
   * or if Nginx kept up with an open loop.
   */
  perCoreCapacity: Capacity | null;
  /**
   * Number of disturbed seconds in the steady phase, and its total number of seconds; null if the machine was
   * not sampled.
   */
  disturbed: { seconds: number; of: number } | null;
  /** Figures for undisturbed seconds only; null if there are none, or if the machine was not sampled. */
  undisturbed: Undisturbed | null;
  /** Peak resident memory of all proxy processes combined, based on samples; null if there are no samples. */
  proxyPeakBytes: number | null;
  /** Peak CPU usage of the proxy between two samples, in cores; null if it was not sampled. */
  proxyPeakCores: number | null;
  /** Connections by echo server; null if the run does not record them. */
  backends: BackendFigures | null;
  tcp: TcpFigures;
  /** The run's final counter and gauge values by name, summed over its workers. */
  counts: Counters;
  /** Memory per connection if connections were opened in batches; null if not measured. */
  memorySlopes: { proxy: Slope | null; kernel: Slope | null };
  /** Data and memory tied up by clients that stopped reading; null if no client stopped. */
  stall: StallFigures | null;
  /** Growth in resident memory during the connect phase ÷ connections opened. */
  memoryPerConnectionBytes: ByComponent;
  processes: ProcessFigures[];
  /** Figures of each host with an agent; empty if no agents took part. */
  hosts: HostFigures[];
  conservation: Conservation;
  /**
   * Open loop only. `ratio` is achieved rate ÷ offered rate. `inTime` is the share of messages due in the
   * steady phase that were echoed within 1 s of their intended time.
   */
  offered: {
    perSecond: number;
    achievedPerSecond: number | null;
    ratio: number | null;
    inTime: number | null;
  } | null;
  http: HttpFigures | null;
  /** HTTP requests during the load; null if there were none. */
  httpLoad: HttpLoadFigures | null;
}

/** Latencies in µs; `response`, `sendLag` and `inTime` are null in a closed loop. */
export interface Undisturbed {
  perSecond: number | null;
  response: Summary | null;
  service: Summary;
  sendLag: Summary | null;
  inTime: number | null;
}

/** Returns the figures of a run that no longer changes. They are computed only once per run. */
export const knownFigures = remembered(figuresOf);

/** Derives a run's figures. The function is pure and never returns NaN, even for an incomplete run. */
export function figuresOf(run: Run): RunFigures {
  const steady = phaseSpan(run, 'steady');
  const conservation = conservationOf(run);
  const { counts, done, cpuUs, perSecond: perSteadySecond } = steadyWork(run);
  const ofMessages = workOf(run) === 'messages';
  const { asked: _, failed: _failed, ...sums } = conservation.total.counts;
  const messages = {
    sent: counted(sums, 'sent'),
    echoed: counted(sums, 'echoed'),
    outstanding: counted(sums, 'outstanding'),
    lost: counted(sums, 'lost'),
  };
  const achievedPerSecond = perSteadySecond(done);
  const processes = processFigures(run, steady);
  const work = {
    done,
    perSecond: achievedPerSecond,
    cpuUs,
    perCore: capacityOf(run, processes, achievedPerSecond),
  };
  const seconds = steadySeconds(run);
  return {
    connections: connectionsOf(run),
    messages: {
      ...messages,
      perSecond: workOf(run) === 'sends' ? null : perSteadySecond(counts.echoed),
    },
    bytes: {
      sentPerSecond: perSteadySecond(counts.bytesSent),
      receivedPerSecond: perSteadySecond(counts.bytesReceived),
    },
    latencyName: latencyNameOf(run),
    latencies: latenciesOf(run),
    failures: failuresOf(run),
    connect: connectOf(run),
    steady: {
      durationUs: steady === null ? null : steady.endUs - steady.startUs,
      sent: counts.sent,
      echoed: counts.echoed,
      outstanding: outstandingAtBounds(run, steady),
      counts,
    },
    work,
    cpuUsPerMessage: ofMessages && run.httpLoad === null ? work.cpuUs : NOT_MEASURED,
    perCoreCapacity: ofMessages ? work.perCore : null,
    disturbed:
      seconds === null
        ? null
        : { seconds: seconds.filter(({ cause }) => cause !== null).length, of: seconds.length },
    undisturbed: seconds === null ? null : undisturbedOf(run, seconds),
    proxyPeakBytes: peakBytes(run, 'proxy'),
    proxyPeakCores: peakCores(run, 'proxy'),
    backends: backendsOf(run),
    tcp: tcpOf(run),
    counts: sums,
    memorySlopes: { proxy: memorySlope(run, 'proxyBytes'), kernel: memorySlope(run, 'kernelBytes') },
    stall: stallOf(run),
    memoryPerConnectionBytes: memoryPerConnection(run),
    processes,
    hosts: hostFigures(run, processes),
    conservation,
    offered: offeredOf(run, achievedPerSecond, counted(sums, WORK_NAMES[workOf(run)].outstanding)),
    http: run.http === null ? null : httpFigures(run.http),
    httpLoad: httpLoadOf(run),
  };
}

export const NOT_MEASURED: ByComponent = { proxy: null, server: null, generator: null };
/** Computes memory per connection; null if any memory sample lacks the value. */
function memorySlope({ memory }: Run, of: 'proxyBytes' | 'kernelBytes'): Slope | null {
  const points = memory.flatMap((sample) => {
    const bytes = sample[of];
    return bytes === null ? [] : [{ size: sample.open, bytes }];
  });
  return points.length < memory.length ? null : slopeOf(points);
}

function memoryPerConnection(run: Run): ByComponent {
  if (workOf(run) === 'handshakes') return NOT_MEASURED;
  const growth = residentGrowthByComponent(run, phaseSpan(run, 'connect'));
  const opened = openedIn(run, 'connect');
  return mapComponents(growth, (bytes) => ratio(bytes, opened));
}

function undisturbedOf(run: Run, seconds: readonly SteadySecond[]): Undisturbed | null {
  const slices = undisturbedSlices(run, seconds);
  const steady = slices.filter(({ phase }) => phase === 'steady');
  if (steady.length === 0) return null;
  const own = total(steady.map((slice) => ownSeconds(run, slice)));
  const { done } = WORK_NAMES[workOf(run)];
  const summary = (name: LatencyName | 'sendLag'): Summary => summarise(mergeSlices(slices, name));
  const open = isOpenLoop(run);
  return {
    perSecond: ratio(total(steady.map(({ counters }) => counted(counters, done))), own),
    response: open ? summary('response') : null,
    service: summary('service'),
    sendLag: open ? summary('sendLag') : null,
    inTime: open && workOf(run) !== 'sends' ? inTimeShare(slices, 0) : null,
  };
}

/**
 * Returns the gauge of work in progress from two slices: the last before the start of the steady phase and the last
 * before its end.
 */
function outstandingAtBounds(run: Run, steady: Span | null): RunFigures['steady']['outstanding'] {
  const at = (us: number | undefined): number | null =>
    us === undefined
      ? null
      : (run.slices.findLast((slice) => slice.endUs <= us && slice.endUs > slice.startUs)?.gauges[
          WORK_NAMES[workOf(run)].outstanding
        ] ?? null);
  return { atStart: at(steady?.startUs), atEnd: at(steady?.endUs) };
}

function offeredOf(run: Run, achievedPerSecond: number | null, unanswered: number): RunFigures['offered'] {
  const { load } = run.plan.workload;
  if (load?.kind !== 'open') return null;
  return {
    perSecond: load.ratePerSecond,
    achievedPerSecond,
    ratio: achievedPerSecond === null ? null : ratio(achievedPerSecond, load.ratePerSecond),
    inTime:
      achievedPerSecond === null || workOf(run) === 'sends'
        ? null
        : inTimeShare(slicesOf(run, 'steady', 'drain'), unanswered),
  };
}
