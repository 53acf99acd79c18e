import { PROXY } from '../model/proxy.ts';
import { counted } from '../model/recording.ts';
import type { Run, Validity } from '../model/run.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { formatCount, NOTHING } from '../wording/format.ts';
import { conservationClause } from '../wording/validity.ts';
import { counted as amount, capital, sentence } from '../wording/words.ts';
import type { RunView } from './view.ts';

/** One word that states how the run ended if it did not complete, otherwise whether it can be trusted. */
export function verdictOf({ run }: RunView): string {
  return run.outcome.state === 'completed' ? run.validity.verdict : run.outcome.state;
}

/** States how a run ended if it did not complete; otherwise empty. */
export function outcomeSentence({ run: { outcome } }: RunView): string {
  return outcome.state === 'completed' ? '' : sentence(`${capital(outcome.state)}: ${outcome.reason}`);
}

/** Whether connections failed, messages were lost or never sent, or the message counts do not balance. */
export function hasLosses({ figures, run }: RunView): boolean {
  if (!scenarioNamed(run.plan.workload.scenario).doubts.includes('losses'))
    return figures.failures.faults > 0 || !figures.conservation.ok;
  const unsent = (dueOf(run)?.unsent ?? 0) + (figures.counts.unstarted ?? 0);
  return figures.connections.failed + figures.messages.lost + unsent > 0 || !figures.conservation.ok;
}

/** Reports failed connections, messages lost or never sent, and message counts that do not balance. */
export function lossSentence({ figures, run }: RunView): string {
  if (figures.connect.isWork) return handshakeLossSentence(figures);
  const { connections, messages, conservation } = figures;
  const missing = Math.max(0, connections.asked - connections.opened - connections.failed);
  const due = dueOf(run);
  const losses = [
    connections.failed > 0 &&
      `${formatCount(connections.failed)} of ${amount(connections.asked, 'connection')} failed`,
    missing > 0 &&
      `${formatCount(missing)} of ${amount(connections.asked, 'connection')} ${missing === 1 ? 'was' : 'were'} not opened`,
    messages.lost > 0 &&
      `${formatCount(messages.lost)} of ${amount(messages.sent, 'message')} ${messages.lost === 1 ? 'was' : 'were'} lost`,
    due !== null &&
      due.unsent > 0 &&
      `${formatCount(due.unsent)} of the ${formatCount(due.due)} messages due ${due.unsent === 1 ? 'was' : 'were'} never sent`,
    messages.outstanding > 0 &&
      `${amount(messages.outstanding, 'message was', 'messages were')} outstanding at the end`,
    !conservation.ok && `the counts do not add up (${conservationClause(conservation.broken)})`,
  ].filter((loss) => loss !== false);
  return losses.length === 0
    ? 'No connection failed and no message was lost.'
    : sentence(capital(losses.join('; ')));
}

/**
 * Reports handshakes that failed or never started, and connections that ended early. Handshakes that are cut off at the
 * end of the run do not count as failed.
 */
function handshakeLossSentence({ counts, conservation }: RunView['figures']): string {
  const { started = 0, refused = 0, broken = 0, unstarted = 0, lost = 0, due = 0 } = counts;
  const losses = [
    refused > 0 && `${formatCount(refused)} of ${amount(started, 'handshake')} failed`,
    broken > 0 && `${amount(broken, 'open connection')} ended unexpectedly`,
    lost > 0 && `${amount(lost, 'message was', 'messages were')} lost`,
    unstarted > 0 &&
      `${formatCount(unstarted)} of ${formatCount(due)} handshakes that were due never started`,
    !conservation.ok && `the counts do not add up (${conservationClause(conservation.broken)})`,
  ].filter((loss) => loss !== false);
  return losses.length === 0 ? 'No handshake failed.' : sentence(capital(losses.join('; ')));
}

/** Reasons to doubt the figures, and the factor that limited the run. */
export function validitySentences(view: RunView): string[] {
  return [doubtSentence(view), limitSentence(view)].filter((text) => text !== '');
}

/** States why the figures cannot be trusted; empty if they can. */
export function doubtSentence({ run: { validity } }: RunView): string {
  const { verdict, reasons } = validity;
  return verdict === 'valid'
    ? ''
    : `${capital(verdict)}: ${reasons.map(({ text }) => text).join(' ') || NOTHING}`;
}

/** The factor that limited the run; empty if a reason for doubt already states the same evidence. */
export function limitSentence({ run: { plan, validity } }: RunView): string {
  const { verdict, reasons, limit } = validity;
  const isGiven =
    limit.evidence.text === '' ||
    verdict === `${limit.component}-limited` ||
    reasons.some(({ code }) => code === 'limited-by');
  if (plan.target.kind === 'external' && limit.component === 'none') return limit.evidence.text;
  return isGiven ? '' : `${LIMITED_BY[limit.component]}: ${limit.evidence.text}`;
}

const LIMITED_BY: Record<Validity['limit']['component'], string> = {
  proxy: `Limited by ${PROXY}`,
  server: 'Limited by the echo server',
  generator: 'Limited by the generator',
  machine: 'Limited by the CPUs',
  schedule: 'Limited by the offered rate',
  none: 'No component was at its limit',
};

/** The factor that limited a run, in a word or two. */
export function limitName({ plan, validity: { limit } }: Run): string {
  if (plan.target.kind === 'external' && limit.component === 'none')
    return `something other than ${plan.proxyAgent === undefined ? '' : `${PROXY} and `}the generator`;
  return LIMIT_NAMES[limit.component];
}

const LIMIT_NAMES: Record<Validity['limit']['component'], string> = {
  proxy: PROXY,
  server: 'echo server',
  generator: 'generator',
  machine: 'CPUs',
  schedule: 'offered rate',
  none: 'none',
};

/** Messages in an open loop: the number scheduled, and the number abandoned before they were sent. */
export interface Due {
  due: number;
  unsent: number;
}

/**
 * Returns the counts of messages that were due. Null in a closed loop, which has no schedule, and in results that
 * predate this counter.
 */
export function dueOf({ plan, workers, slices }: Run): Due | null {
  if (plan.workload.load?.kind !== 'open') return null;
  const counts = workers.length > 0 ? workers : slices.map(({ counters }) => counters);
  const sum = (name: string) => counts.reduce((all, each) => all + counted(each, name), 0);
  return sum('due') === 0 ? null : { due: sum('due'), unsent: sum('unsent') };
}
