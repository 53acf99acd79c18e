import { type Capacity, type HttpFigures, knownFigures, type RunFigures } from '../measure/figures.ts';
import type { Summary } from '../measure/histogram.ts';
import type { HostFigures } from '../measure/hosts.ts';
import type { ByComponent } from '../measure/processes.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { Calibration, KeptCalibration } from '../model/calibration.ts';
import type { CapacitySearch } from '../model/capacity.ts';
import type { ComparedFigure, Comparison, OverallVerdict, Stored } from '../model/comparison.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Ladder } from '../model/ladder.ts';
import type { Plan, Step } from '../model/plan.ts';
import type { VariantPrice } from '../model/price.ts';
import type { Result } from '../model/result.ts';
import type { Outcome, Run, UsedProxy, Validity } from '../model/run.ts';
import type { Size } from '../model/size.ts';
import { conclusionOf } from './conclusion.ts';
import { kindOf, kindsIn } from './kinds/kinds.ts';
import { priceSentence } from './price.ts';
import { scenarioReport } from './scenario.ts';
import { viewOf } from './view.ts';

/** Output of `--json`. Times are in µs; a figure is null if the run has too few samples for it. */
export interface JsonSummary {
  schemaVersion: 2;
  /** Null if the report could not be written. */
  reportPath: string | null;
  /** Tags given by the user. */
  labels: Plan['labels'];
  note: string | null;
  series: string | null;
  /** In comparisons only: the baseline, the number of rounds, and the outcome. */
  baseline?: string;
  rounds?: Comparison['rounds'];
  comparisons?: JsonComparison[];
  /** Runs whose figures were partly excluded, and why. */
  excluded?: Comparison['excluded'];
  /** In capacity searches only: the outcome, and the trials that led to it. */
  capacity?: JsonCapacity;
  /** In ladders only: the points, the fitted law, and the resulting `findings`. */
  ladder?: Omit<Ladder, 'kind'>;
  /** In sizings only: the plan, the costs, the needs with their derivation, and the check. */
  size?: Omit<Size, 'kind'>;
  /** In comparisons of stored results only: the results, and the differences between their sessions. */
  stored?: Stored;
  /**
   * In a comparison: the findings about this machine from an earlier calibration. In a calibration: its
   * findings.
   */
  calibration?: KeptCalibration | Calibration;
  /**
   * Only with --baseline: the cost of going through the proxy. `ratio` is variant ÷ baseline of one pair of
   * runs.
   */
  price?: { baseline: string; variants: (VariantPrice & { sentence: string })[] };
  /**
   * Summary of each variant in one sentence; empty in comparisons, capacity searches, ladders, sizings and
   * calibrations.
   */
  answers: { variant: string; sentence: string }[];
  /** Conclusions that have no field of their own: the rate of the latency step, and the omitted variants. */
  conclusions: Conclusion[];
  runs: JsonRun[];
}

/**
 * `interval` contains the lower and the upper end, in messages per second or WebSockets; an unknown end is null.
 * `limit` is the reason why no upper end of the measured component's capacity could be found.
 */
export type JsonCapacity = Omit<CapacitySearch, 'kind'> & { sentence: string };

export interface JsonComparison {
  variant: string;
  /** Only in comparisons of stored results: the counterpart of the variant in the other result. */
  baseline?: string;
  verdict: OverallVerdict;
  sentence: string;
  /**
   * `effect` is variant ÷ baseline, and `interval` is its 95 % interval. `pValue` is adjusted for all figures of
   * all variants.
   */
  figures: ComparedFigure[];
}

export interface JsonRun {
  variant: string;
  step: Step;
  round: number | null;
  profile: string;
  scenario: string;
  outcome: Outcome['state'];
  validity: { verdict: Validity['verdict']; reasons: Validity['reasons']; limit: Validity['limit'] };
  connections: { asked: number; opened: number; failed: number };
  messages: { sent: number; echoed: number; outstanding: number; lost: number; perSecond: number | null };
  /** Null in a closed loop, which has no intended times. */
  responseUs: Summary | null;
  serviceUs: Summary | null;
  sendLagUs: Summary | null;
  /** Total handshake time, which includes the TCP connect, TLS and the upgrade. */
  handshakeUs: Summary | null;
  tcpUs: Summary | null;
  tlsUs: Summary | null;
  upgradeUs: Summary | null;
  cpuUsPerMessage: ByComponent;
  /** Messages per second that Nginx can forward per core. */
  perCoreCapacity: Capacity | null;
  /**
   * `seconds` is the number of disturbed seconds, `of` the number of seconds in the steady phase; null if the
   * machine was not sampled.
   */
  disturbed: { seconds: number; of: number } | null;
  /** Message times and send lag without the disturbed seconds. */
  undisturbed: { responseUs: Summary | null; serviceUs: Summary | null; sendLagUs: Summary | null } | null;
  memoryPerConnectionBytes: ByComponent;
  /**
   * Bytes per connection, with the ends of the 95 % interval; null unless connections were opened in stages.
   */
  memorySlopes: RunFigures['memorySlopes'];
  /** All counters of the scenario by name: sums over the run, and final values for gauges. */
  counts: Readonly<Record<string, number>>;
  /** The actions on the topology, with times in µs since the start of the run. */
  timeline: Run['timeline'];
  /**
   * `succeeded`: requests with a 2xx response, as counted by `requestsPerSecond`. `failed`: requests with a
   * 4xx or 5xx response or without a response.
   */
  http:
    | (Pick<HttpFigures, 'succeeded' | 'failed' | 'statuses' | 'requestsPerSecond'> & { latencyUs: Summary })
    | null;
  alpn: string | null;
  /** The Nginx used in the run; null if there was none. `origin` is the package from which it was fetched. */
  nginx: Pick<UsedProxy, 'version' | 'openssl' | 'binary' | 'origin'> | null;
  /** Every metric by its name in thresholds, in the base unit: µs, bytes, a count or a ratio. */
  metrics: Record<string, number | null>;
  /** Only with agents: what each host contributed, with times in µs. */
  hosts?: JsonHost[];
  /** Number of failures by kind, such as `{ "status-503": 2 }`. */
  failures: Record<string, number>;
  /**
   * Notices about the run. For example, `handshakes-failed` gives the reason, and the line of the
   * configuration that may be the cause.
   */
  notices: Run['notices'];
}

export interface JsonHost extends Omit<HostFigures, 'sendLag' | 'clock'> {
  sendLagUs: Summary | null;
  clockErrorUs: number;
  /** Null if the agent was lost. */
  clockDriftUs: number | null;
}

/** Machine-readable summary of a result. */
export function jsonSummary(result: Result, reportPath: string | null): JsonSummary {
  const ofKinds = kindsIn(result);
  const withFields = new Set<string>(['price', ...ofKinds.map(({ name }) => name)]);
  const conclusions = result.conclusions.filter(({ kind }) => !withFields.has(kind));
  const ofKind: Partial<JsonSummary> = Object.assign(
    {},
    ...ofKinds.map(({ kind, found }) => kind.json(found)),
  );
  const calibration = ofKind.calibration ?? result.calibration;
  const { labels, note, series } = result.plan;
  return {
    schemaVersion: 2,
    reportPath,
    labels,
    note,
    series,
    ...ofKind,
    ...(calibration === undefined ? {} : { calibration }),
    ...jsonPrice(result),
    answers: jsonAnswers(result),
    conclusions,
    runs: result.runs.map(jsonRun),
  };
}

function jsonAnswers(result: Result): JsonSummary['answers'] {
  // Only results that consist solely of runs have an answer for each variant.
  if (kindOf(result) !== null) return [];
  const { answer } = scenarioReport(result);
  return viewOf(result).variants.map((variant) => ({ variant: variant.name, sentence: answer(variant) }));
}

function nginxOf({ version, openssl, binary, origin }: UsedProxy): JsonRun['nginx'] {
  return { version, openssl, binary, origin };
}

function jsonPrice(result: Result): Pick<JsonSummary, 'price'> {
  const price = conclusionOf(result, 'price');
  if (price === null) return {};
  const { baseline } = price;
  const variants = price.variants.map((each) => ({ ...each, sentence: priceSentence(each, baseline) }));
  return { price: { baseline, variants } };
}

function httpOf({ succeeded, failed, statuses, requestsPerSecond, latency }: HttpFigures): JsonRun['http'] {
  return { succeeded, failed, statuses, requestsPerSecond, latencyUs: latency };
}

function jsonRun(run: Run): JsonRun {
  const { variant, step, round, profile, workload } = run.plan;
  const { connections, messages, latencies, disturbed, undisturbed, failures, http, ...figures } =
    knownFigures(run);
  return {
    variant,
    step,
    round,
    profile,
    scenario: workload.scenario,
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
    cpuUsPerMessage: figures.cpuUsPerMessage,
    perCoreCapacity: figures.perCoreCapacity,
    disturbed,
    undisturbed:
      undisturbed === null
        ? null
        : {
            responseUs: undisturbed.response,
            serviceUs: undisturbed.service,
            sendLagUs: undisturbed.sendLag,
          },
    memoryPerConnectionBytes: figures.memoryPerConnectionBytes,
    memorySlopes: figures.memorySlopes,
    counts: figures.counts,
    timeline: run.timeline,
    http: http === null ? null : httpOf(http),
    alpn: run.probe?.alpn ?? null,
    nginx: run.proxy === null ? null : nginxOf(run.proxy),
    metrics: { ...metricsOf(knownFigures(run), run.plan) },
    ...(figures.hosts.length === 0 ? {} : { hosts: figures.hosts.map(jsonHost) }),
    failures: failures.byKind,
    notices: run.notices,
  };
}

function jsonHost({ sendLag, clock, ...host }: HostFigures): JsonHost {
  return { ...host, sendLagUs: sendLag, clockErrorUs: clock.errorUs, clockDriftUs: clock.driftUs };
}
