import { inherited } from '../../nginx/websocket.ts';
import type { Finding } from '../finding.ts';
import type { Rule } from '../subject.ts';

/** Clients that reconnect all at once cost a full TLS handshake each where no session is resumed. */
export const resumption: Rule = ({ candidates, seen }) => {
  const servers = new Map(candidates.map(({ server, levels }) => [server, levels]));
  return [...servers].flatMap(([server, levels]): Finding[] => {
    const probe = seen?.tls.get(server);
    const [tickets] = inherited(levels.slice(0, 2), 'ssl_session_tickets');
    const [cache] = inherited(levels.slice(0, 2), 'ssl_session_cache');
    const isOff = tickets?.args[0]?.text === 'off';
    const isShared = cache?.args.some(({ text }) => text.startsWith('shared:')) ?? false;
    const resumes = probe === undefined ? !isOff || isShared : probe.tlsResumed;
    if (resumes !== false) return [];
    return [
      {
        rule: 'tls-resumption',
        level: 'warning',
        origin: (tickets ?? cache ?? server).origin,
        text: 'TLS sessions are not resumed: each client that reconnects pays for a full handshake with certificate and signature, and after a reload they all come at once.',
        seen:
          probe === undefined
            ? null
            : {
                text: `A second connection with the session of the first was not resumed (${probe.tlsProtocol}).`,
              },
        remedies: [
          {
            block: 'server',
            lines: [
              'ssl_session_cache    shared:tls:10m;',
              'ssl_session_timeout  1d;',
              'ssl_session_tickets  on;',
            ],
          },
        ],
      },
    ];
  });
};
