import { FAILURE_STAGES, type FailureStage } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { ratio, total } from './arithmetic.ts';
import { failedHandshakes } from './attempts.ts';
import { type ByComponent, cpuUsByComponent, mapComponents } from './processes.ts';
import { phaseSpan, seconds, slicesOf } from './span.ts';
import { workOf } from './work.ts';

export interface ConnectionCounts {
  asked: number;
  opened: number;
  failed: number;
}

export interface FailureFigures {
  total: number;
  /**
   * Number of failures that indicate a problem. If the scenario is expected to lose open connections, neither
   * lost connections nor failed attempts to reconnect count.
   */
  faults: number;
  /**
   * Number of open connections that ended, by kind of end, if the scenario is expected to lose connections;
   * otherwise empty.
   */
  expectedEnds: Record<string, number>;
  byKind: Record<string, number>;
  byStage: Record<FailureStage, Record<string, number>>;
}

/**
 * Figures for the phase in which connections are opened: connections opened per second, and CPU time in µs per
 * opened connection. That phase is the connect phase or, if the scenario's work is handshakes, the steady phase.
 */
export interface ConnectFigures {
  /** Whether handshakes are the scenario's work. */
  isWork: boolean;
  /** Time to open all connections; null if handshakes are the scenario's work. */
  timeToOpenUs: number | null;
  perSecond: number | null;
  cpuUsPerConnection: ByComponent;
  /**
   * Share of the phase's handshakes that resumed a TLS session; null without TLS, or if resumption was not
   * recorded.
   */
  resumedShare: number | null;
}

/**
 * Returns connection counts from the workers' totals, or from the slices if the run was interrupted before
 * the workers reported totals.
 */
export function connectionsOf(run: Run): ConnectionCounts {
  if (run.workers.length > 0) {
    const sum = { asked: 0, opened: 0, failed: 0 };
    for (const worker of run.workers) {
      sum.asked += worker.asked;
      sum.opened += worker.opened;
      sum.failed += worker.failed;
    }
    return endIsResult(run) ? { ...sum, failed: failuresOf(run).faults } : sum;
  }
  const { byStage } = failuresOf(run);
  const failed = [byStage.tcp, byStage.tls, byStage.upgrade].flatMap((kinds) => Object.values(kinds));
  return {
    asked: workOf(run) === 'handshakes' ? startedIn(run) : run.plan.connections,
    opened: openedIn(run, 'connect', 'warm-up', 'steady'),
    failed: total(failed),
  };
}

function startedIn({ slices }: Run): number {
  return total(slices.map(({ counters }) => counted(counters, 'started')));
}

/** Counts connection failures during the whole run. */
export function failuresOf(run: Run): FailureFigures {
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
  const expectedEnds = Object.fromEntries(
    Object.entries(kindsOf('open')).filter(([kind]) => endIsResult(run) && !VIOLATIONS.includes(kind)),
  );
  const all = total([...byKind.values()]);
  return {
    total: all,
    faults: all - total(Object.values(expectedEnds)) - failedReconnects(run),
    expectedEnds,
    byKind: Object.fromEntries(byKind),
    byStage: { tcp: kindsOf('tcp'), tls: kindsOf('tls'), upgrade: kindsOf('upgrade'), open: kindsOf('open') },
  };
}

/** Kinds of failure that indicate a fault in every scenario. */
const VIOLATIONS: readonly string[] = ['mismatch', 'out-of-order', 'protocol-error'];

/**
 * Counts failed handshakes of clients that had lost their connection, in a scenario that expects such losses.
 * Failures in the connect phase are not included, because they belong to first connections.
 */
function failedReconnects(run: Run): number {
  const { recorded } = scenarioNamed(run.plan.workload.scenario);
  if (!endIsResult(run) || !recorded.counters.includes('attemptsFailed')) return 0;
  const slices = slicesOf(run, 'warm-up', 'steady', 'drain');
  return failedHandshakes({ slices }, { startUs: 0, endUs: Number.POSITIVE_INFINITY });
}

/**
 * Reports whether the loss of open connections is an expected outcome of the scenario rather than a fault.
 */
function endIsResult({ plan }: Run): boolean {
  return !scenarioNamed(plan.workload.scenario).doubts.includes('losses');
}

/**
 * Returns the figures for opening connections. Each figure is null if the run did not reach the phase in
 * which it is measured.
 */
export function connectOf(run: Run): ConnectFigures {
  const isWork = workOf(run) === 'handshakes';
  const phase = isWork ? 'steady' : 'connect';
  const span = phaseSpan(run, phase);
  const opened = openedIn(run, phase);
  const slices = slicesOf(run, phase);
  const recorded = slices.some(
    ({ counters, histograms }) => counters.resumed !== undefined && histograms.tls !== undefined,
  );
  const resumed = total(slices.map(({ counters }) => counted(counters, 'resumed')));
  return {
    isWork,
    timeToOpenUs: span === null || isWork ? null : span.endUs - span.startUs,
    perSecond: span === null ? null : opened / seconds(span),
    cpuUsPerConnection: mapComponents(cpuUsByComponent(run, span), (us) => ratio(us, opened)),
    resumedShare: recorded ? ratio(resumed, opened) : null,
  };
}

/** Returns the number of connections opened in the given phases. */
export function openedIn(run: Run, ...phases: Phase[]): number {
  return total(slicesOf(run, ...phases).map(({ counters }) => counted(counters, 'opened')));
}
