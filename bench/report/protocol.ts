import type { HttpLeg, Probe } from '../model/run.ts';
import { formatCount, formatShare, NOTHING } from './page/format.ts';
import type { RunView } from './view.ts';

/** What the listener negotiated means for WebSocket, in plain sentences. */
export function protocolSentence(probe: Probe | null): string {
  if (probe === null) return 'The listener was not probed.';
  if (probe.tlsProtocol === null) {
    return 'No TLS, so there is nothing to negotiate: every WebSocket ran over HTTP/1.1 on a TCP connection of its own.';
  }
  if (probe.alpn === 'h2') return 'The TLS connections of the WebSockets negotiated h2.';
  if (probe.alpnOffered !== 'h2') {
    return 'A client that offers HTTP/2 is answered with HTTP/1.1: every WebSocket ran over HTTP/1.1 on a TLS connection of its own.';
  }
  return `HTTP/2 is on: a client that offers it gets h2. ${extendedConnectSentence(probe)}`;
}

/**
 * RFC 8441 is the only way to use WebSocket over HTTP/2, and a server announces it
 * (SETTINGS_ENABLE_CONNECT_PROTOCOL).
 */
function extendedConnectSentence({ extendedConnect }: Probe): string {
  const ran = 'every WebSocket ran over HTTP/1.1 on a TLS connection of its own';
  const figures = 'No figure of this run was measured over HTTP/2.';
  if (extendedConnect === null) {
    return `Whether the server advertises extended CONNECT (RFC 8441) was not found out; ${ran}. ${figures}`;
  }
  return extendedConnect
    ? `The server advertises extended CONNECT (RFC 8441), so WebSocket over HTTP/2 would be possible; this bench opens WebSockets with the HTTP/1.1 upgrade, and ${ran}. ${figures}`
    : `But the server did not advertise extended CONNECT (RFC 8441), without which there is no WebSocket over HTTP/2: ${ran}. ${figures}`;
}

const KEY_NAMES: Readonly<Record<string, string>> = { ec: 'ECDSA', rsa: 'RSA' };

/** The type of the key in the listener's certificate: what most of a handshake's CPU time depends on. */
export function keyName(probe: Probe | null): string {
  const type = probe?.tlsKeyType ?? null;
  return type === null ? NOTHING : (KEY_NAMES[type] ?? type);
}

/** What a cache did for ordinary GETs, and what it does not do; empty if there is none. */
export function cacheSentence({ run, figures, label }: RunView): string {
  const { http } = run;
  if (http === null || http.cache === null) return '';
  if (figures.http === null || figures.http.backend === null)
    return `${label}: requests failed, so nothing is told of what the cache answered.`;
  const reached = `${formatCount(figures.http.backend)} of ${formatCount(http.requests)} requests reached an echo server`;
  return `${label}: the cache answered ${formatShare(figures.http.cacheHitShare)} of the requests, and ${reached}. It serves ordinary GETs only: the messages of an open WebSocket are not touched by it, for after the 101 Nginx only passes bytes on.`;
}

/** `HIT 23,999, MISS 1`, most frequent first. */
export function cacheCounts(cache: HttpLeg['cache']): string {
  if (cache === null) return 'no cache';
  const counts = Object.entries(cache).sort(([, a], [, b]) => b - a);
  return counts.map(([status, count]) => `${status} ${formatCount(count)}`).join(', ') || 'no answer';
}
