import { PROXY } from '../model/proxy.ts';
import type { HttpLeg, Probe } from '../model/run.ts';
import { formatCount, formatShare, NOTHING } from '../wording/format.ts';
import type { RunView } from './view.ts';

/** Explains in plain sentences what the protocol negotiated by the listener means for WebSocket. */
export function protocolSentence(probe: Probe | null): string {
  if (probe === null) return 'The listener was not probed.';
  if (probe.tlsProtocol === null) {
    return 'No TLS, so no protocol was negotiated: every WebSocket ran over HTTP/1.1 on its own TCP connection.';
  }
  if (probe.alpn === 'h2') return 'The TLS connections of the WebSockets negotiated h2.';
  if (probe.alpnOffered !== 'h2') {
    return 'A client that offers HTTP/2 gets HTTP/1.1: every WebSocket ran over HTTP/1.1 on its own TLS connection.';
  }
  return `HTTP/2 is enabled: a client that offers it gets h2. ${extendedConnectSentence(probe)}`;
}

/**
 * States whether the server advertises extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL, RFC 8441), the only
 * way to use WebSocket over HTTP/2.
 */
function extendedConnectSentence({ extendedConnect }: Probe): string {
  const ran = 'every WebSocket ran over HTTP/1.1 on its own TLS connection';
  const scope = 'Nothing in this run was measured over HTTP/2.';
  if (extendedConnect === null) {
    return `Whether the server advertises extended CONNECT (RFC 8441) is unknown; ${ran}. ${scope}`;
  }
  return extendedConnect
    ? `The server advertises extended CONNECT (RFC 8441), so WebSocket over HTTP/2 would be possible. This bench opens WebSockets with the HTTP/1.1 upgrade, so ${ran}. ${scope}`
    : `However, the server does not advertise extended CONNECT (RFC 8441), which WebSocket over HTTP/2 requires, so ${ran}. ${scope}`;
}

const KEY_NAMES: Readonly<Record<string, string>> = { ec: 'ECDSA', rsa: 'RSA' };

/** Returns the type of the listener's TLS key. It determines most of the CPU time of a handshake. */
export function keyName(probe: Probe | null): string {
  const type = probe?.tlsKeyType ?? null;
  return type === null ? NOTHING : (KEY_NAMES[type] ?? type);
}

/** Explains the effect of a cache on ordinary GET requests; empty if there is no cache. */
export function cacheSentence({ run, figures, label }: RunView): string {
  const { http } = run;
  if (http === null || http.cache === null) return '';
  if (figures.http === null || figures.http.backend === null)
    return `${label}: some requests failed, so it is unknown how many requests the cache answered.`;
  const reached = `${formatCount(figures.http.backend)} of ${formatCount(http.requests)} requests reached an echo server`;
  return `${label}: the cache answered ${formatShare(figures.http.cacheHitShare)} of the requests, and ${reached}. The cache only serves ordinary GETs. Messages on an open WebSocket never reach the cache: after the 101 response, ${PROXY} only relays bytes.`;
}

/** Lists cache statuses with their counts, as in `HIT 23,999, MISS 1`, most frequent first. */
export function cacheCounts(cache: HttpLeg['cache']): string {
  if (cache === null) return 'no cache';
  const counts = Object.entries(cache).sort(([, a], [, b]) => b - a);
  return counts.map(([status, count]) => `${status} ${formatCount(count)}`).join(', ') || 'no answer';
}
