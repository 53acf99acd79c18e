import type { IncomingHttpHeaders } from 'node:http';

/** Names by which this machine can be addressed from itself. */
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Why a request is rejected, as a sentence; null if it is allowed.
 *
 * A page of another site in the same browser can also reach loopback addresses. If that site resolves its own
 * name to 127.0.0.1 (DNS rebinding), Host reveals it, because it contains the name used (RFC 9112 section
 * 3.2). If the page fetches across origins, Origin reveals it (RFC 6454 section 7) or, if a browser sends
 * none, Sec-Fetch-Site (Fetch Metadata).
 */
export function rejectionReason(
  { method = 'GET', headers }: { method?: string | undefined; headers: IncomingHttpHeaders },
  port: number,
): string | null {
  const own = OWN_NAMES.map((name) => `${name}:${port}`);
  if (!own.includes(headers.host?.toLowerCase() ?? ''))
    return `This server only answers requests for ${own.join(', ')}.`;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isForeign =
    (origin !== undefined && !own.some((name) => origin === `http://${name}`)) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (isForeign) return 'This server only answers its own pages.';
  return method === 'GET' ? null : 'This server only answers GET requests.';
}
