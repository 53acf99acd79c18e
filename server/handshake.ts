import { createHash } from 'node:crypto';
import { type Page, pageFor } from './pages.ts';

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const REQUEST_LINE = /^([A-Z]{1,16}) (\S{1,4096}) HTTP\/1\.([01])$/;

/** What a server answers to one request head. */
export interface Reply {
  /** `open`: the connection is a WebSocket from here on. */
  next: 'open' | 'next-request' | 'close';
  response: Buffer;
}

const REASONS = { 200: 'OK', 404: 'Not Found', 405: 'Method Not Allowed', 426: 'Upgrade Required' };

/**
 * Answers one request without the objects that node:http keeps for each.
 *
 * @param head request line and headers, without the empty line that ends them
 */
export function replyTo(head: string): Reply {
  const [requestLine = '', ...lines] = head.split('\r\n');
  const [, method, target, minor] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined || target === undefined) return refusal('400 Bad Request');
  const headers = readHeaders(lines);
  if (headers === null) return refusal('400 Bad Request');
  const connection = (headers.get('connection') ?? '').toLowerCase();
  if (headers.get('upgrade')?.toLowerCase() === 'websocket' && /\bupgrade\b/.test(connection)) {
    return method === 'GET' ? upgrade(headers) : refusal('405 Method Not Allowed');
  }
  const hasBody = headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
  const askedToClose = hasBody || minor === '0' || /\bclose\b/.test(connection);
  return serve(pageFor(method, target), method === 'HEAD', askedToClose);
}

/** An answer that ends the connection: to a request that this server does not understand. */
export function refusal(status: string, headers = ''): Reply {
  const response = `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`;
  return { next: 'close', response: Buffer.from(response, 'latin1') };
}

/** RFC 6455 section 4.2. */
function upgrade(headers: ReadonlyMap<string, string>): Reply {
  const key = headers.get('sec-websocket-key') ?? '';
  if (headers.get('sec-websocket-version') !== '13') {
    return refusal('426 Upgrade Required', 'Sec-WebSocket-Version: 13\r\n');
  }
  if (!KEY.test(key)) return refusal('400 Bad Request');
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const response =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`;
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

/** Names in lower case; values of a repeated header joined (RFC 9110 section 5.3). Null: not HTTP. */
function readHeaders(lines: readonly string[]): Map<string, string> | null {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
