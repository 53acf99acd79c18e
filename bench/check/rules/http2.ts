import type { Probe } from '../../model/run.ts';
import { type Directive, directives, texts } from '../../nginx/tree.ts';
import { atLeast } from '../../nginx/version.ts';
import { inherited } from '../../nginx/websocket.ts';
import { type Candidate, shownPath } from '../candidate.ts';
import type { Evidence, Finding } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { isSound, type Rule } from '../subject.ts';
import { handshakeEvidence } from '../words.ts';

/** From this version on a listener without TLS takes HTTP/1.1 beside HTTP/2. */
const BOTH_SINCE = '1.25.1';

/** What HTTP/2 means for WebSockets: nothing with TLS, and that none gets in without TLS on older versions. */
export const http2: Rule = (subject) => {
  const { candidates, seen } = subject;
  const servers = new Map(candidates.map((candidate) => [candidate.server, candidate]));
  return [...servers].flatMap(([server, candidate]): Finding[] => {
    if (candidate.sign === 'stream') return [];
    const alone = http2Alone(candidate, subject.nginxVersion);
    if (alone !== null) return [cleartext(alone, candidate, seen?.locations.get(candidate))];
    const listens = directives(server.block, 'listen').filter((listen) => texts(listen).includes('http2'));
    const [directive] = inherited(candidate.levels.slice(0, 2), 'http2');
    const written = listens[0] ?? (directive?.args[0]?.text === 'on' ? directive : undefined);
    if (written === undefined || !isSound(subject, candidate)) return [];
    return [overTls(written, seen?.tls.get(server))];
  });
};

/** The `listen` of a candidate's server that takes no HTTP/1.1; null where there is none. */
export function http2Alone({ server, levels }: Candidate, nginxVersion: string): Directive | null {
  const isOldTls = inherited(levels, 'ssl')[0]?.args[0]?.text === 'on';
  if (isOldTls || atLeast(nginxVersion, BOTH_SINCE)) return null;
  const bare = directives(server.block, 'listen').find((listen) => {
    const words = texts(listen);
    return words.includes('http2') && !words.includes('ssl');
  });
  return bare ?? null;
}

function cleartext(listen: Directive, candidate: Candidate, seen: LocationSeen | undefined): Finding {
  const words = texts(listen).filter((word) => word !== 'http2');
  const { outcome = 'echoed', arrived = null } = seen?.handshake ?? {};
  return {
    rule: 'http2',
    level: 'error',
    origin: listen.origin,
    text: `Before Nginx ${BOTH_SINCE} a listener with http2 and without ssl takes HTTP/2 alone. A WebSocket begins as HTTP/1.1, so none gets in.`,
    seen:
      outcome === 'echoed'
        ? null
        : handshakeEvidence(`A WebSocket on ${shownPath(candidate)}`, outcome, arrived),
    remedies: [{ block: 'server', lines: [`listen  ${words.join('  ')};`] }],
  };
}

function overTls(written: Directive, probe: Probe | undefined): Finding {
  const speaks = probe?.extendedConnect === true;
  return {
    rule: 'http2',
    level: 'note',
    origin: written.origin,
    text: speaks
      ? 'HTTP/2 is on, and this Nginx offers WebSockets over it (RFC 8441).'
      : 'HTTP/2 is on, but not for WebSockets: Nginx has no extended CONNECT (RFC 8441), so each of them is a connection of its own over HTTP/1.1. Pages gain, WebSockets neither gain nor lose; a client that offers h2 for its handshake fails.',
    seen: evidenceOf(probe),
    remedies: [],
  };
}

function evidenceOf(probe: Probe | undefined): Evidence | null {
  if (probe === undefined || probe.alpnOffered !== 'h2') return null;
  const advertised = probe.extendedConnect === true ? '' : ' not';
  return {
    text: `A client that offers h2 and http/1.1 gets h2; SETTINGS_ENABLE_CONNECT_PROTOCOL is${advertised} among the server's SETTINGS.`,
  };
}
