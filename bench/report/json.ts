import { figuresOf } from '../measure/figures.ts';
import type { Summary } from '../measure/histogram.ts';
import type { ByComponent } from '../measure/processes.ts';
import type { Result } from '../model/result.ts';
import type { Outcome, Run, Validity } from '../model/run.ts';

/** What `--json` prints; times in µs, null where the run does not support a figure. */
export interface JsonSummary {
  schemaVersion: 1;
  reportPath: string;
  runs: JsonRun[];
}

export interface JsonRun {
  profile: string;
  scenario: string;
  outcome: Outcome['state'];
  validity: { verdict: Validity['verdict']; reasons: string[]; limit: Validity['limit'] };
  connections: { asked: number; opened: number; failed: number };
  messages: { sent: number; echoed: number; outstanding: number; lost: number; perSecond: number | null };
  /** Null in a closed loop, which has no intended times. */
  responseUs: Summary | null;
  serviceUs: Summary | null;
  sendLagUs: Summary | null;
  /** The whole; its parts beside it. */
  handshakeUs: Summary | null;
  tcpUs: Summary | null;
  tlsUs: Summary | null;
  upgradeUs: Summary | null;
  cpuUsPerMessage: ByComponent;
  memoryPerConnectionBytes: ByComponent;
  http: { requestsPerSecond: number; latencyUs: Summary } | null;
  alpn: string | null;
  /** By kind, as in `{ "status-503": 2 }`. */
  failures: Record<string, number>;
}

/** The summary of a result for programs. */
export function jsonSummary(result: Result, reportPath: string): JsonSummary {
  return { schemaVersion: 1, reportPath, runs: result.runs.map(jsonRun) };
}

function jsonRun(run: Run): JsonRun {
  const { connections, messages, latencies, cpuUsPerMessage, memoryPerConnectionBytes, failures, http } =
    figuresOf(run);
  return {
    profile: run.plan.profile,
    scenario: run.plan.workload.scenario,
    outcome: run.outcome.state,
    validity: run.validity,
    connections,
    messages,
    responseUs: latencies.response,
    serviceUs: latencies.service,
    sendLagUs: latencies.sendLag,
    handshakeUs: latencies.handshake,
    tcpUs: latencies.tcp,
    tlsUs: latencies.tls,
    upgradeUs: latencies.upgrade,
    cpuUsPerMessage,
    memoryPerConnectionBytes,
    http: http === null ? null : { requestsPerSecond: http.requestsPerSecond, latencyUs: http.latency },
    alpn: run.probe?.alpn ?? null,
    failures: failures.byKind,
  };
}
