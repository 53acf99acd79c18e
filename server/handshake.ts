import { type Page, pageFor } from './pages.ts';
import { HEAD_END, hasToken, readHeaders } from './wire/http-head.ts';
import { acceptFor, upgrades } from './wire/upgrade.ts';

/** Sixteen bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const REQUEST_LINE = /^([A-Z]{1,16}) ([\x21-\x7e\x80-\xff]{1,4096}) HTTP\/(\d)\.(\d)\r\n/;
/**
 * Matches a host with an optional port, but not the values of two Host headers: they are joined by `, `, and
 * spaces are not allowed.
 */
const HOST = /^[!$%&'()*+,.:;=[\]~\w-]+$/;

/** A server's response to the head of a request. */
export interface Reply {
  /** What happens after the response. `open`: the connection is now a WebSocket. */
  next: 'open' | 'next-request' | 'close';
  response: Buffer;
}

const REASONS = { 200: 'OK', 404: 'Not Found', 405: 'Method Not Allowed', 426: 'Upgrade Required' };

/**
 * Responds to one request without creating the objects that node:http retains for each request.
 *
 * @param head request line and headers, including the empty line that ends them
 */
export function replyTo(head: string): Reply {
  const line = REQUEST_LINE.exec(head);
  if (line === null) return rejection('400 Bad Request');
  const [, method = '', target = '', major, minor] = line;
  if (major !== '1') return rejection('505 HTTP Version Not Supported');
  const headers = readHeaders(head, 0, head.length - HEAD_END.length);
  if (headers === null || !namesHost(headers, minor)) return rejection('400 Bad Request');
  const hasBody = headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
  // A server ignores an upgrade in HTTP/1.0 (RFC 9110 section 7.8).
  if (minor !== '0' && upgrades(headers)) {
    if (method !== 'GET') return rejection('405 Method Not Allowed');
    // An upgrade request with a body is rejected, because the body would be mistaken for frames.
    return hasBody ? rejection('400 Bad Request') : upgrade(headers);
  }
  const askedToClose = hasBody || minor === '0' || hasToken(headers, 'connection', 'close');
  return serve(pageFor(method, target), method === 'HEAD', askedToClose);
}

/** Creates a response that rejects a request. The connection is then closed. */
export function rejection(status: string, headers = ''): Reply {
  const response = `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`;
  return { next: 'close', response: Buffer.from(response, 'latin1') };
}

/**
 * Whether a request has exactly one valid Host header. Only an HTTP/1.0 request may omit it (RFC 9112 section
 * 3.2).
 */
function namesHost(headers: ReadonlyMap<string, string>, minor: string | undefined): boolean {
  const host = headers.get('host');
  return host === undefined ? minor === '0' : HOST.test(host);
}

/** The response to an upgrade request (RFC 6455 section 4.2). */
function upgrade(headers: ReadonlyMap<string, string>): Reply {
  const key = headers.get('sec-websocket-key') ?? '';
  if (headers.get('sec-websocket-version') !== '13') {
    return rejection('426 Upgrade Required', 'Sec-WebSocket-Version: 13\r\n');
  }
  if (!KEY.test(key)) return rejection('400 Bad Request');
  const response =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`;
  return { next: 'open', response: Buffer.from(response, 'latin1') };
}

function serve({ status, headers, body }: Page, headOnly: boolean, askedToClose: boolean): Reply {
  const last = askedToClose || headers.Connection !== undefined;
  const lines = Object.entries({
    ...(last ? { Connection: 'close' } : {}),
    ...headers,
    'Content-Length': body.length,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n`, 'latin1');
  return {
    next: last ? 'close' : 'next-request',
    response: headOnly ? head : Buffer.concat([head, body]),
  };
}
