import type { Finding } from '../model/finding.ts';
import { finding } from '../wording/finding.ts';
import type { EvidenceFacts } from '../wording/validity.ts';
import type { Metric, RunFacts } from './metric.ts';

/** A rule that returns why a run is unfit for a metric; null if the run is fit. */
type Rule = Metric['unfit'];

/** Rule for counts and for figures about the benchmark itself: the run only has to be complete. */
export const notCompleted: Rule = ({ outcome }) =>
  outcome.state === 'completed'
    ? null
    : finding('not-completed', { state: outcome.state, reason: outcome.reason });

/**
 * Rule for CPU time and memory. They are valid regardless of the bottleneck, unless something failed or was
 * lost. If connections are cut on purpose, the messages lost with them are part of what is measured.
 */
export const incomplete: Rule = (run) => {
  const failed = run.metrics['connections.failed'] ?? 0;
  const isCut = (run.metrics['connections.cut'] ?? null) !== null;
  const lost = isCut ? 0 : (run.metrics['messages.lost'] ?? 0);
  return notCompleted(run) ?? (failed + lost === 0 ? null : finding('lost-some', { failed, lost }));
};

/**
 * Rule for the middle of a latency distribution. It tolerates a generator that is occasionally late, but not
 * a missed target rate.
 */
export const offSchedule: Rule = (run) => {
  const { component, evidence } = run.validity.limit;
  const facts = evidence.data.evidence as EvidenceFacts | undefined;
  return incomplete(run) ?? (component === 'schedule' ? null : finding('off-schedule', { evidence: facts }));
};

/** Rule for the middle of a distribution of times between two clients, which may be on different hosts. */
export const oneWay: Rule = (run) =>
  offSchedule(run) ?? run.validity.reasons.find(({ code }) => code === 'clock-error') ?? null;

/**
 * Rule for throughput. If the generator or the echo server was the bottleneck, the figure does not describe
 * Nginx.
 */
export const limitedElsewhere: Rule = (run) => {
  const { verdict } = run.validity;
  const isLimited = verdict === 'generator-limited' || verdict === 'server-limited';
  return incomplete(run) ?? (isLimited ? firstReason(run) : null);
};

/** Rule for tail latency, the figure most sensitive to influences other than Nginx. */
export const invalid: Rule = (run) =>
  incomplete(run) ?? (run.validity.verdict === 'valid' ? null : firstReason(run));

function firstReason({ validity: { verdict, reasons } }: RunFacts): Finding {
  return reasons[0] ?? finding('not-valid', { verdict });
}
