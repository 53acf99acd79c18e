import type { Finding } from '../model/finding.ts';
import { finding } from '../wording/finding.ts';
import type { EvidenceFacts } from '../wording/validity.ts';
import type { Metric, RunFacts } from './metric.ts';

/** The rules by which runs are unfit for metrics. */
type Rule = Metric['unfit'];

/** Counts and what the bench does itself: they only have to be complete. */
export const notCompleted: Rule = ({ outcome }) =>
  outcome.state === 'completed'
    ? null
    : finding('not-completed', { state: outcome.state, reason: outcome.reason });

/** CPU time and memory: whoever set the pace, what was done is what it cost. */
export const incomplete: Rule = (run) => {
  const failed = run.metrics['connections.failed'] ?? 0;
  const lost = run.metrics['messages.lost'] ?? 0;
  return notCompleted(run) ?? (failed + lost === 0 ? null : finding('lost-some', { failed, lost }));
};

/** The middle of a latency survives a generator that was late now and then, but not a rate that was not reached. */
export const offSchedule: Rule = (run) => {
  const { component, evidence } = run.validity.limit;
  const facts = evidence.data.evidence as EvidenceFacts | undefined;
  return incomplete(run) ?? (component === 'schedule' ? null : finding('off-schedule', { evidence: facts }));
};

/** A cost per message depends on the rate, so an open loop has to keep its own. */
export const incompleteOrOffSchedule: Rule = (run) =>
  run.step === 'latency' ? offSchedule(run) : incomplete(run);

/** A throughput that the generator or the echo server limited is theirs. */
export const limitedElsewhere: Rule = (run) => {
  const { verdict } = run.validity;
  const isLimited = verdict === 'generator-limited' || verdict === 'server-limited';
  return incomplete(run) ?? (isLimited ? firstReason(run) : null);
};

/** The tail is the first to show anything that is not Nginx. */
export const invalid: Rule = (run) =>
  incomplete(run) ?? (run.validity.verdict === 'valid' ? null : firstReason(run));

function firstReason({ validity: { verdict, reasons } }: RunFacts): Finding {
  return reasons[0] ?? finding('not-valid', { verdict });
}
