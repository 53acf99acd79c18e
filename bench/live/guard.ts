import type { IncomingHttpHeaders } from 'node:http';

/** Names by which this machine reaches itself. */
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Why a request is refused, in a sentence; null: it is answered.
 *
 * A page of somebody else in the same browser can reach loopback addresses as well. One that has its own name
 * resolve to 127.0.0.1 (DNS rebinding) is told by Host, which is the name that it went by (RFC 9112 section
 * 3.2); one that fetches across origins by Origin (RFC 6454 section 7) or, where a browser sends none, by
 * Sec-Fetch-Site (Fetch Metadata).
 */
export function refusal(
  { method = 'GET', headers }: { method?: string | undefined; headers: IncomingHttpHeaders },
  port: number,
): string | null {
  const own = OWN_NAMES.map((name) => `${name}:${port}`);
  if (!own.includes(headers.host?.toLowerCase() ?? ''))
    return `This server answers to ${own.join(', ')} only.`;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isForeign =
    (origin !== undefined && !own.some((name) => origin === `http://${name}`)) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (isForeign) return 'This server answers to its own pages only.';
  return method === 'GET' ? null : 'This server answers to GET only.';
}
