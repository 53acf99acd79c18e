import { inherited } from '../../nginx/located.ts';
import { finding } from '../../wording/finding.ts';
import { evidence } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';

/** Reports that a WebSocket is logged only when it closes, because Nginx logs each request when it ends. */
export const accessLog: Rule = (subject) => {
  const logged = subject.candidates
    .filter((candidate) => candidate.sign !== 'stream' && isSound(subject, candidate))
    .map(({ levels, self }) => ({ written: inherited(levels, 'access_log')[0], self }))
    .find(({ written }) => written?.args[0]?.text !== 'off');
  if (logged === undefined) return [];
  const log = subject.seen?.log ?? null;
  const wasSeen = log !== null && log.whileOpen === 0 && log.afterClose > 0;
  return [
    {
      rule: 'access-log',
      level: 'note',
      origin: (logged.written ?? logged.self).origin,
      ...finding('logged-at-close', {}),
      seen: wasSeen ? evidence('log-at-close', {}) : null,
      remedies: [],
    },
  ];
};
