import type { Probe } from '../../model/run.ts';
import { type Directive, directives, texts } from '../../nginx/tree.ts';
import { atLeast } from '../../nginx/version.ts';
import { inherited } from '../../nginx/websocket.ts';
import type { Evidence, Finding } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';

/** From this version on a listener without TLS takes HTTP/1.1 beside HTTP/2. */
const BOTH_SINCE = '1.25.1';

/** What HTTP/2 means for WebSockets: nothing with TLS, and that none gets in without TLS on older versions. */
export const http2: Rule = (subject) => {
  const { candidates, seen, nginxVersion } = subject;
  const servers = new Map(candidates.map((candidate) => [candidate.server, candidate]));
  return [...servers].flatMap(([server, candidate]): Finding[] => {
    if (candidate.sign === 'stream') return [];
    const listens = directives(server.block, 'listen');
    const asParameter = listens.filter((listen) => texts(listen).includes('http2'));
    const bare = asParameter.find((listen) => !texts(listen).includes('ssl'));
    const isOldTls = inherited(candidate.levels, 'ssl')[0]?.args[0]?.text === 'on';
    if (bare !== undefined && !isOldTls && !atLeast(nginxVersion, BOTH_SINCE)) return [cleartext(bare)];
    const [directive] = inherited(candidate.levels.slice(0, 2), 'http2');
    const written = asParameter[0] ?? (directive?.args[0]?.text === 'on' ? directive : undefined);
    if (written === undefined || !isSound(subject, candidate)) return [];
    return [overTls(written, seen?.tls.get(server))];
  });
};

function cleartext(listen: Directive): Finding {
  const words = texts(listen).filter((word) => word !== 'http2');
  return {
    rule: 'http2',
    level: 'error',
    origin: listen.origin,
    text: `Before Nginx ${BOTH_SINCE} a listener with http2 and without ssl takes HTTP/2 alone. A WebSocket begins as HTTP/1.1, so none gets in.`,
    seen: null,
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
