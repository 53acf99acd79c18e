import { inherited } from '../../nginx/websocket.ts';
import type { Evidence } from '../finding.ts';
import type { Seen } from '../observation.ts';
import { isSound, type Rule } from '../subject.ts';

/** A request is logged when it ends, and a WebSocket is one request. */
export const accessLog: Rule = (subject) => {
  const logged = subject.candidates
    .filter((candidate) => candidate.sign !== 'stream' && isSound(subject, candidate))
    .map(({ levels, self }) => ({ written: inherited(levels, 'access_log')[0], self }))
    .find(({ written }) => written?.args[0]?.text !== 'off');
  if (logged === undefined) return [];
  return [
    {
      rule: 'access-log',
      level: 'note',
      origin: (logged.written ?? logged.self).origin,
      text: 'The access log has one line for a WebSocket, when it closes: those that are open do not show, and $request_time is how long it was open.',
      seen: evidenceOf(subject.seen?.log ?? null),
      remedies: [],
    },
  ];
};

function evidenceOf(log: Seen['log']): Evidence | null {
  if (log === null || log.whileOpen > 0 || log.afterClose === 0) return null;
  return { text: 'No line came while a WebSocket was open, and its line when it had closed.' };
}
