import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ServerOptions } from './options.ts';
import { CARRIERS_HERE } from './ring/ring.test.fixture.ts';
import type { RunningServer } from './running.ts';
import { ON_BUN, starterOf } from './starter.ts';

const DEFAULTS: ServerOptions = {
  port: 0,
  host: '127.0.0.1',
  socket: null,
  tls: null,
  kind: 'ws',
  carrier: 'sockets',
  reply: 'echo',
  log: false,
  delayMs: 0,
  burnUs: 0,
  pingMs: 0,
  maxPayloadBytes: 1 << 20,
  closeAfter: null,
  backlog: 128,
};

export const UPGRADE =
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
  'Sec-WebSocket-Version: 13\r\n';

export const REQUEST = `GET / HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`;

/** Sends bytes and reads until the server closes. */
export async function exchange(server: RunningServer, bytes: string | Buffer): Promise<Buffer> {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

/** Sends requests, the last with `Connection: close`. */
export async function http(server: RunningServer, ...requests: string[]): Promise<string> {
  const heads = requests.map((line, i) => {
    const last = i === requests.length - 1;
    return `${line} HTTP/1.1\r\nHost: x\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
  });
  return (await exchange(server, heads.join(''))).toString();
}

export async function open(t: TestContext, server: RunningServer, path = '/websocket'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { perMessageDeflate: false });
  t.after(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

export async function until(fact: () => boolean, tries = 1000): Promise<void> {
  for (let left = tries; left > 0 && !fact(); left--) await sleep(2);
  assert.ok(fact(), fact.toString());
}

/** Waits until a number has not changed for a while. */
export async function untilSettled(figure: () => number): Promise<void> {
  let last = figure();
  for (let still = 0; still < 20; still++) {
    await sleep(10);
    if (figure() !== last) still = 0;
    last = figure();
  }
}

// The server on `ws` always runs on Node.
const LEAN = CARRIERS_HERE.map((carrier) => ({ kind: 'lean', carrier }) as const);
export const SERVERS = ON_BUN ? LEAN : [{ kind: 'ws', carrier: 'sockets' } as const, ...LEAN];
export type ServerKind = (typeof SERVERS)[number];

/** Starts a server of one kind in this process. It is stopped when the test ends. */
export async function startServer(
  t: TestContext,
  server: ServerKind,
  changes: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const options = { ...DEFAULTS, ...server, ...changes };
  const start = await starterOf(options);
  const started = await start(options);
  t.after(() => started.stop(0));
  return started;
}
