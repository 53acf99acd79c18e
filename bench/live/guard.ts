import type { IncomingHttpHeaders } from 'node:http';

/** Names by which this machine can address itself. */
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Returns why a request is rejected, as a sentence; null if it is allowed.
 *
 * A page from another site in the same browser can also connect to loopback addresses. If that site resolves
 * its own name to 127.0.0.1 (DNS rebinding), the Host header reveals this, because it contains the name used
 * (RFC 9112 section 3.2). If the page makes cross-origin requests, the Origin header reveals this (RFC 6454
 * section 7) or, if the browser does not send it, Sec-Fetch-Site (Fetch Metadata).
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
  if (isForeign) return 'This server only answers requests from its own pages.';
  return method === 'GET' ? null : 'This server only answers GET requests.';
}
