import { directives } from '../../nginx/tree.ts';
import type { Evidence, Finding } from '../finding.ts';
import type { Seen } from '../observation.ts';
import type { Rule } from '../subject.ts';
import { secondsWords } from '../words.ts';

/** What a reload does to WebSockets that are open. */
export const shutdown: Rule = ({ tree, isPart, candidates, seen }) => {
  if (isPart || candidates.length === 0) return [];
  const [written] = directives(tree, 'worker_shutdown_timeout');
  const base = {
    rule: 'worker-shutdown-timeout',
    level: 'note',
    seen: evidenceOf(seen?.reload ?? null),
  } as const;
  if (written === undefined) {
    return [
      {
        ...base,
        origin: directives(tree).find(({ origin }) => origin !== null)?.origin ?? null,
        text: 'worker_shutdown_timeout is not set: after a reload the old workers live, with their memory, until their last WebSocket closes. With it they are cut after that time, and reconnect all at once.',
        remedies: [{ block: 'main', lines: ['worker_shutdown_timeout  1h;'] }],
      } satisfies Finding,
    ];
  }
  const value = written.args.map(({ text }) => text).join(' ');
  const text = `worker_shutdown_timeout ${value} cuts every WebSocket of an old worker that long after a reload, and their clients reconnect all at once.`;
  return [{ ...base, origin: written.origin, text, remedies: [] }];
};

function evidenceOf(reload: Seen['reload']): Evidence | null {
  if (reload === null) return null;
  const { closed, watchedSeconds } = reload;
  if (closed === null) {
    const text = `${secondsWords(watchedSeconds)} after a reload a WebSocket was still open, and echoed by the old worker.`;
    return { text, seconds: watchedSeconds };
  }
  return {
    text: `In a copy with 1s a busy WebSocket was closed with ${closed.code} ${secondsWords(closed.seconds)} after a reload.`,
    closeCode: closed.code,
    seconds: Math.round(closed.seconds * 1000) / 1000,
  };
}
