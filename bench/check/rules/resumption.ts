import { inherited } from '../../nginx/located.ts';
import type { Directive } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { evidence, type LintFinding } from '../finding.ts';
import { type Rule, settingSeconds } from '../subject.ts';

const DAY_SECONDS = 86_400;

/** Without session resumption, each client that reconnects costs a full TLS handshake. */
export const resumption: Rule = ({ candidates, seen }) => {
  const servers = new Map(candidates.map(({ server, levels }) => [server, levels]));
  return [...servers].flatMap(([server, levels]): LintFinding[] => {
    const probe = seen?.tls.get(server);
    const [tickets] = inherited(levels, 'ssl_session_tickets');
    const [cache] = inherited(levels, 'ssl_session_cache');
    const isOff = tickets?.args[0]?.text === 'off';
    const resumes = probe === undefined ? !isOff || isShared(cache) : probe.tlsResumed;
    if (resumes !== false) return [];
    return [
      {
        rule: 'tls-resumption',
        level: 'warning',
        origin: (tickets ?? cache ?? server).origin,
        ...finding('tls-not-resumed', {}),
        seen: probe === undefined ? null : evidence('session-not-resumed', { protocol: probe.tlsProtocol }),
        remedies: [{ block: 'server', lines: linesFor(levels, cache) }],
      },
    ];
  });
};

function isShared(cache: Directive | undefined): boolean {
  return cache?.args.some(({ text }) => text.startsWith('shared:')) ?? false;
}

/** An existing shared cache or longer timeout in the configuration is kept. */
function linesFor(levels: readonly Directive[], cache: Directive | undefined): string[] {
  const [timeout] = inherited(levels, 'ssl_session_timeout');
  const isLong = timeout !== undefined && (settingSeconds(timeout) ?? 0) >= DAY_SECONDS;
  return [
    ...(isShared(cache) ? [] : ['ssl_session_cache    shared:tls:10m;']),
    ...(isLong ? [] : ['ssl_session_timeout  1d;']),
    'ssl_session_tickets  on;',
  ];
}
