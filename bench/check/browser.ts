import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SKIP_CERTIFICATE_CHECK } from '../load/carriers/node.ts';
import { makeKey } from '../load/wire/handshake.ts';
import type { Target } from '../model/target.ts';
import type { Trace } from './observation.ts';

const PATIENCE_MS = 3_000;
const HEAD_MAX = 65_536;
const HEAD_END = '\r\n\r\n';

/** Subprotocols that a browser offers, in order of preference. */
export const SUBPROTOCOLS = ['check.v2', 'check.v1'] as const;

/**
 * Sends a handshake with everything that a browser sends: Origin, cookies, two subprotocols, extensions. Closes
 * the connection as soon as the handshake is answered.
 *
 * @throws the signal's reason if the signal aborts
 */
export async function browserHandshake(
  target: Target,
  signal: AbortSignal,
): Promise<Pick<Trace, 'sent' | 'response'>> {
  const sent = { path: target.path, headers: headersFor(target) };
  const lines = sent.headers.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  const response = await headOf(target, `GET ${sent.path} HTTP/1.1\r\n${lines}\r\n`, signal);
  signal.throwIfAborted();
  return { sent: { ...sent, headers: sent.headers.map(lowerCased) }, response };
}

function headersFor({ host, request }: Target): { name: string; value: string }[] {
  const own = request?.headers ?? [];
  const usual = [
    { name: 'Host', value: request?.host ?? host },
    { name: 'User-Agent', value: 'Mozilla/5.0 (check)' },
    { name: 'Upgrade', value: 'websocket' },
    { name: 'Connection', value: 'keep-alive, Upgrade' },
    { name: 'Cookie', value: 'check=1' },
    { name: 'Sec-WebSocket-Key', value: makeKey() },
    { name: 'Sec-WebSocket-Version', value: '13' },
    { name: 'Sec-WebSocket-Protocol', value: SUBPROTOCOLS.join(', ') },
    { name: 'Sec-WebSocket-Extensions', value: 'permessage-deflate; client_max_window_bits' },
  ];
  const named = new Set(own.map(({ name }) => name.toLowerCase()));
  return [...usual.filter(({ name }) => !named.has(name.toLowerCase())), ...own];
}

function lowerCased({ name, value }: { name: string; value: string }) {
  return { name: name.toLowerCase(), value };
}

async function headOf(
  { host, ports: [port = 0], tls }: Target,
  request: string,
  signal: AbortSignal,
): Promise<Trace['response']> {
  const options = { host, port };
  const socket =
    tls === null
      ? connectTcp(options)
      : connectTls({ ...options, ...tls, ...SKIP_CERTIFICATE_CHECK, ALPNProtocols: ['http/1.1'] });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    await once(socket, tls === null ? 'connect' : 'secureConnect', { signal: limit });
    socket.write(request, 'latin1');
    return parsed(await readHead(socket, limit));
  } catch {
    return null;
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

async function readHead(socket: Socket, limit: AbortSignal): Promise<string> {
  let text = '';
  while (!text.includes(HEAD_END)) {
    const [chunk] = (await once(socket, 'data', { signal: limit })) as [Buffer];
    text += chunk.toString('latin1');
    if (text.length > HEAD_MAX) return '';
  }
  return text.slice(0, text.indexOf(HEAD_END));
}

function parsed(head: string): Trace['response'] {
  const [first = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?= |$)/.exec(first)?.[1];
  if (status === undefined) return null;
  const headers = lines.flatMap((line) => {
    const at = line.indexOf(':');
    return at < 1 ? [] : [{ name: line.slice(0, at).toLowerCase(), value: line.slice(at + 1).trim() }];
  });
  return { status: Number(status), headers };
}
