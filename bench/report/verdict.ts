import type { Validity } from '../model/run.ts';
import { dueOf } from './due.ts';
import { formatCount, NOTHING } from './page/format.ts';
import type { RunView } from './view.ts';
import { capital, sentence } from './words.ts';

/** In a word: how the run ended if not well, else whether it may be believed. */
export function verdictOf({ run }: RunView): string {
  return run.outcome.state === 'completed' ? run.validity.verdict : run.outcome.state;
}

/** How it ended, where it did not complete; else empty. */
export function outcomeSentence({ run: { outcome } }: RunView): string {
  return outcome.state === 'completed' ? '' : sentence(`${capital(outcome.state)}: ${outcome.reason}`);
}

/** True where connections failed, messages were lost or never sent, or the books do not balance. */
export function hasLosses({ figures, run }: RunView): boolean {
  const unsent = dueOf(run)?.unsent ?? 0;
  return figures.connections.failed + figures.messages.lost + unsent > 0 || !figures.conservation.ok;
}

/** Connections that failed, messages lost or never sent, books that do not balance. */
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

/** What speaks against the figures, and what kept the run from going faster. */
export function validitySentences({ run }: RunView): string[] {
  const { verdict, reasons, limit } = run.validity;
  const known =
    verdict === 'valid' ? [] : [`The verdict is ${verdict}: ${reasons.map(sentence).join(' ') || NOTHING}`];
  // A verdict that goes by the limit has given its evidence already, in these words or in others.
  const told =
    limit.evidence === '' ||
    verdict === `${limit.component}-limited` ||
    known.some((line) => line.includes(limit.evidence));
  return told ? known : [...known, `${LIMITED_BY[limit.component]}: ${sentence(limit.evidence)}`];
}

const LIMITED_BY: Record<Validity['limit']['component'], string> = {
  proxy: 'What set the pace was Nginx',
  server: 'What set the pace was the echo server',
  generator: 'What set the pace was the generator',
  machine: 'No CPU was left for more',
  schedule: 'What set the pace was the schedule',
  none: 'No component was at its limit',
};

/** What set the pace, in a word. */
export const LIMIT_NAMES: Record<Validity['limit']['component'], string> = {
  proxy: 'Nginx',
  server: 'echo server',
  generator: 'generator',
  machine: 'CPUs',
  schedule: 'schedule',
  none: 'none',
};
