import type { Probe } from '../../model/run.ts';
import { type Directive, directives, texts } from '../../nginx/tree.ts';
import { atLeast } from '../../nginx/version.ts';
import { inherited } from '../../nginx/websocket.ts';
import { finding } from '../../wording/finding.ts';
import type { Candidate } from '../candidate.ts';
import { type Evidence, evidence, type LintFinding } from '../finding.ts';
import { failedHandshake, isSound, type Rule } from '../subject.ts';

/** From this version on a listener without TLS accepts HTTP/1.1 as well as HTTP/2. */
const BOTH_SINCE = '1.25.1';

/** What HTTP/2 means for WebSockets: nothing with TLS; without TLS, older versions accept none. */
export const http2: Rule = (subject) => {
  const { candidates, seen } = subject;
  const servers = new Map(candidates.map((candidate) => [candidate.server, candidate]));
  return [...servers].flatMap(([server, candidate]): LintFinding[] => {
    if (candidate.sign === 'stream') return [];
    const alone = http2Alone(candidate, subject.nginxVersion);
    if (alone !== null) return [cleartext(alone, failedHandshake(subject, candidate))];
    const listens = directives(server.block, 'listen').filter((listen) => texts(listen).includes('http2'));
    const [directive] = inherited(candidate.levels.slice(0, 2), 'http2');
    const written = listens[0] ?? (directive?.args[0]?.text === 'on' ? directive : undefined);
    if (written === undefined || !isSound(subject, candidate)) return [];
    return [overTls(written, seen?.tls.get(server))];
  });
};

/** The `listen` of a candidate's server that does not accept HTTP/1.1; null if there is none. */
export function http2Alone({ server, levels }: Candidate, nginxVersion: string): Directive | null {
  const isOldTls = inherited(levels, 'ssl')[0]?.args[0]?.text === 'on';
  if (isOldTls || atLeast(nginxVersion, BOTH_SINCE)) return null;
  const bare = directives(server.block, 'listen').find((listen) => {
    const words = texts(listen);
    return words.includes('http2') && !words.includes('ssl');
  });
  return bare ?? null;
}

function cleartext(listen: Directive, seen: Evidence | null): LintFinding {
  const words = texts(listen).filter((word) => word !== 'http2');
  return {
    rule: 'http2',
    level: 'error',
    origin: listen.origin,
    ...finding('http2-only', { since: BOTH_SINCE }),
    seen,
    remedies: [{ block: 'server', lines: [`listen  ${words.join('  ')};`] }],
  };
}

function overTls(written: Directive, probe: Probe | undefined): LintFinding {
  const extendedConnect = probe?.extendedConnect === true;
  return {
    rule: 'http2',
    level: 'note',
    origin: written.origin,
    ...finding(extendedConnect ? 'http2-with-websockets' : 'http2-without-websockets', {}),
    seen: probe?.alpnOffered === 'h2' ? evidence('http2-settings', { extendedConnect }) : null,
    remedies: [],
  };
}
