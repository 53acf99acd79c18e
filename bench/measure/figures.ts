import { FAILURE_STAGES, type FailureStage } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import type { HistogramName } from '../model/recording.ts';
import type { HttpLeg, Run } from '../model/run.ts';
import { type Conservation, conservationOf } from './conservation.ts';
import { decode, type Histogram, mergeEncoded, type Summary, summarise } from './histogram.ts';
import {
  type ByComponent,
  cpuUsByComponent,
  mapComponents,
  type ProcessFigures,
  processFigures,
  residentGrowthByComponent,
} from './processes.ts';
import { phaseSpan, seconds, slicesOf } from './span.ts';

export type { Conservation, MessageAccount } from './conservation.ts';
export type { Summary } from './histogram.ts';
export type { ByComponent, ProcessFigures } from './processes.ts';

/** The latency that a run's load can honestly tell: response time in an open loop, service time in a closed one. */
export type LatencyName = 'response' | 'service';

/** The derived numbers of one run. Rates and CPU are of the steady phase; null where the run does not tell them. */
export interface RunFigures {
  connections: { asked: number; opened: number; failed: number };
  /** Counts are of the whole run; `perSecond` are echoes in the steady phase ÷ its duration. */
  messages: { sent: number; echoed: number; outstanding: number; lost: number; perSecond: number | null };
  /** Payload bytes per second in the steady phase. */
  bytes: { sentPerSecond: number | null; receivedPerSecond: number | null };
  latencyName: LatencyName;
  /** In µs; `response` and `sendLag` are null in a closed loop, which has no intended times. */
  latencies: Record<HistogramName, Summary | null>;
  failures: {
    total: number;
    byKind: Record<string, number>;
    byStage: Record<FailureStage, Record<string, number>>;
  };
  /** The connect phase: how long it took, connections opened per second, CPU-µs per opened connection. */
  connect: { timeToOpenUs: number | null; perSecond: number | null; cpuUsPerConnection: ByComponent };
  steady: { durationUs: number | null; sent: number; echoed: number };
  cpuUsPerMessage: ByComponent;
  /** Growth of resident memory over the connect phase ÷ connections opened. */
  memoryPerConnectionBytes: ByComponent;
  processes: ProcessFigures[];
  conservation: Conservation;
  /** Open loop only. `ratio` = achieved ÷ offered. */
  offered: { perSecond: number; achievedPerSecond: number | null; ratio: number | null } | null;
  http: HttpFigures | null;
}

export interface HttpFigures {
  requestsPerSecond: number;
  latency: Summary;
  /** Share of the answers that the cache gave (X-Cache-Status: HIT), 0..1; null where the profile has no cache. */
  cacheHitShare: number | null;
}

/** Derives the figures of a run: pure, and never NaN, whatever the run did not come to. */
export function figuresOf(run: Run): RunFigures {
  const steady = phaseSpan(run, 'steady');
  const conservation = conservationOf(run);
  const counts = steadyCounts(run);
  const perSteadySecond = (count: number): number | null =>
    steady === null ? null : count / seconds(steady);
  const { ok: _, ...messages } = conservation.total;
  const achievedPerSecond = perSteadySecond(counts.echoed);
  return {
    connections: connectionsOf(run),
    messages: { ...messages, perSecond: achievedPerSecond },
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
    },
    cpuUsPerMessage: mapComponents(cpuUsByComponent(run, steady), (us) => ratio(us, counts.echoed)),
    memoryPerConnectionBytes: memoryPerConnection(run),
    processes: processFigures(run, steady),
    conservation,
    offered: offeredOf(run, achievedPerSecond),
    http: run.http === null ? null : httpFigures(run.http),
  };
}

/** Response time in an open loop, service time in a closed one. */
export function latencyNameOf(run: Run): LatencyName {
  return run.plan.workload.load.kind === 'open' ? 'response' : 'service';
}

/** A message of the steady phase that comes back late counts; a handshake counts whenever it was. */
const PHASES_READ: Record<HistogramName, Phase[]> = {
  tcp: ['connect', 'warm-up', 'steady', 'drain'],
  tls: ['connect', 'warm-up', 'steady', 'drain'],
  upgrade: ['connect', 'warm-up', 'steady', 'drain'],
  handshake: ['connect', 'warm-up', 'steady', 'drain'],
  response: ['steady', 'drain'],
  service: ['steady', 'drain'],
  sendLag: ['steady', 'drain'],
};

/** All samples of one kind that count, merged; what every figure and every chart of that kind is read from. */
export function histogramOf(run: Run, name: HistogramName): Histogram {
  const slices = slicesOf(run, ...PHASES_READ[name]);
  return mergeEncoded(slices.flatMap((slice) => slice.histograms[name] ?? []));
}

function latenciesOf(run: Run): Record<HistogramName, Summary | null> {
  const summary = (name: HistogramName): Summary => summarise(histogramOf(run, name));
  const open = run.plan.workload.load.kind === 'open';
  return {
    tcp: summary('tcp'),
    tls: summary('tls'),
    upgrade: summary('upgrade'),
    handshake: summary('handshake'),
    response: open ? summary('response') : null,
    service: summary('service'),
    sendLag: open ? summary('sendLag') : null,
  };
}

function steadyCounts(run: Run): { sent: number; echoed: number; bytesSent: number; bytesReceived: number } {
  const sum = { sent: 0, echoed: 0, bytesSent: 0, bytesReceived: 0 };
  for (const slice of slicesOf(run, 'steady')) {
    sum.sent += slice.counters.sent;
    sum.echoed += slice.counters.echoed;
    sum.bytesSent += slice.counters.bytesSent;
    sum.bytesReceived += slice.counters.bytesReceived;
  }
  return sum;
}

/** From the workers' books; from the slices where the run was cut off before they were closed. */
function connectionsOf(run: Run): RunFigures['connections'] {
  if (run.workers.length > 0) {
    const sum = { asked: 0, opened: 0, failed: 0 };
    for (const worker of run.workers) {
      sum.asked += worker.asked;
      sum.opened += worker.opened;
      sum.failed += worker.failed;
    }
    return sum;
  }
  const { byStage } = failuresOf(run);
  const failed = [byStage.tcp, byStage.tls, byStage.upgrade].flatMap((kinds) => Object.values(kinds));
  return {
    asked: run.plan.connections,
    opened: openedIn(run, 'connect', 'warm-up', 'steady'),
    failed: total(failed),
  };
}

function failuresOf(run: Run): RunFigures['failures'] {
  const byKind = new Map<string, number>();
  const byStage = new Map<FailureStage, Map<string, number>>(
    FAILURE_STAGES.map((stage) => [stage, new Map()]),
  );
  for (const slice of run.slices) {
    for (const [key, count] of Object.entries(slice.failures)) {
      const [stage, kind = ''] = key.split('/');
      const kinds = FAILURE_STAGES.find((known) => known === stage);
      if (kinds === undefined) continue;
      byKind.set(kind, (byKind.get(kind) ?? 0) + count);
      const ofStage = byStage.get(kinds);
      ofStage?.set(kind, (ofStage.get(kind) ?? 0) + count);
    }
  }
  const kindsOf = (stage: FailureStage): Record<string, number> =>
    Object.fromEntries(byStage.get(stage) ?? []);
  return {
    total: total([...byKind.values()]),
    byKind: Object.fromEntries(byKind),
    byStage: { tcp: kindsOf('tcp'), tls: kindsOf('tls'), upgrade: kindsOf('upgrade'), open: kindsOf('open') },
  };
}

function connectOf(run: Run): RunFigures['connect'] {
  const span = phaseSpan(run, 'connect');
  const opened = openedIn(run, 'connect');
  return {
    timeToOpenUs: span === null ? null : span.endUs - span.startUs,
    perSecond: span === null ? null : opened / seconds(span),
    cpuUsPerConnection: mapComponents(cpuUsByComponent(run, span), (us) => ratio(us, opened)),
  };
}

function memoryPerConnection(run: Run): ByComponent {
  const growth = residentGrowthByComponent(run, phaseSpan(run, 'connect'));
  const opened = openedIn(run, 'connect');
  return mapComponents(growth, (bytes) => ratio(bytes, opened));
}

function offeredOf(run: Run, achievedPerSecond: number | null): RunFigures['offered'] {
  const { load } = run.plan.workload;
  if (load.kind === 'closed') return null;
  return {
    perSecond: load.ratePerSecond,
    achievedPerSecond,
    ratio: achievedPerSecond === null ? null : ratio(achievedPerSecond, load.ratePerSecond),
  };
}

function httpFigures(leg: HttpLeg): HttpFigures {
  const answers = leg.cache === null ? 0 : total(Object.values(leg.cache));
  return {
    requestsPerSecond: leg.requestsPerSecond,
    latency: summarise(decode(leg.latency)),
    cacheHitShare: leg.cache === null ? null : ratio(leg.cache.HIT ?? 0, answers),
  };
}

function openedIn(run: Run, ...phases: Phase[]): number {
  return total(slicesOf(run, ...phases).map((slice) => slice.counters.opened));
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A quotient, or null where there is nothing to divide by. */
function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
