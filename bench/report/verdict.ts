import type { Validity } from '../model/run.ts';
import { dueOf } from './due.ts';
import { formatCount, NOTHING } from './page/format.ts';
import type { RunView } from './view.ts';
import { capital, sentence } from './words.ts';

/** In one word: how the run ended if not well, otherwise whether it can be trusted. */
export function verdictOf({ run }: RunView): string {
  return run.outcome.state === 'completed' ? run.validity.verdict : run.outcome.state;
}

/** How the run ended if it did not complete; otherwise empty. */
export function outcomeSentence({ run: { outcome } }: RunView): string {
  return outcome.state === 'completed' ? '' : sentence(`${capital(outcome.state)}: ${outcome.reason}`);
}

/** Whether connections failed, messages were lost or never sent, or the message counts do not balance. */
export function hasLosses({ figures, run }: RunView): boolean {
  const unsent = dueOf(run)?.unsent ?? 0;
  return figures.connections.failed + figures.messages.lost + unsent > 0 || !figures.conservation.ok;
}

/** Failed connections, messages lost or never sent, message counts that do not balance. */
export function lossSentence({ figures, run }: RunView): string {
  const { connections, messages, conservation } = figures;
  const missing = Math.max(0, connections.asked - connections.opened - connections.failed);
  const due = dueOf(run);
  const losses = [
    connections.failed > 0 &&
      `${formatCount(connections.failed)} of ${formatCount(connections.asked)} connections failed`,
    missing > 0 && `${formatCount(missing)} of ${formatCount(connections.asked)} connections were not opened`,
    messages.lost > 0 && `${formatCount(messages.lost)} of ${formatCount(messages.sent)} messages were lost`,
    due !== null &&
      due.unsent > 0 &&
      `${formatCount(due.unsent)} of ${formatCount(due.due)} messages that were due were never sent`,
    messages.outstanding > 0 && `${formatCount(messages.outstanding)} messages were outstanding at the end`,
    !conservation.ok && 'the counts do not add up (sent = echoed + outstanding + lost does not hold)',
  ].filter((loss) => loss !== false);
  return losses.length === 0
    ? 'No connection failed and no message was lost.'
    : sentence(capital(losses.join('; ')));
}

/** Doubts about the figures, and what kept the run from going faster. */
export function validitySentences(view: RunView): string[] {
  return [verdictSentence(view), limitSentence(view)].filter((text) => text !== '');
}

/** Why the figures cannot be trusted; empty if they can. */
export function verdictSentence({ run: { validity } }: RunView): string {
  const { verdict, reasons } = validity;
  return verdict === 'valid'
    ? ''
    : `The verdict is ${verdict}: ${reasons.map(sentence).join(' ') || NOTHING}`;
}

/** What set the pace; empty if a verdict based on it has already given its evidence, in the same or other words. */
export function limitSentence({ run: { validity } }: RunView): string {
  const { verdict, reasons, limit } = validity;
  const isTold =
    limit.evidence === '' ||
    verdict === `${limit.component}-limited` ||
    (verdict !== 'valid' && reasons.some((reason) => sentence(reason).includes(limit.evidence)));
  return isTold ? '' : `${LIMITED_BY[limit.component]}: ${sentence(limit.evidence)}`;
}

const LIMITED_BY: Record<Validity['limit']['component'], string> = {
  proxy: 'What set the pace was Nginx',
  server: 'What set the pace was the echo server',
  generator: 'What set the pace was the generator',
  machine: 'No CPU was left for more',
  schedule: 'What set the pace was the schedule',
  none: 'No component was at its limit',
};

/** What set the pace, in one word. */
export const LIMIT_NAMES: Record<Validity['limit']['component'], string> = {
  proxy: 'Nginx',
  server: 'echo server',
  generator: 'generator',
  machine: 'CPUs',
  schedule: 'schedule',
  none: 'none',
};
