import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import http2 from 'node:http2';
import type net from 'node:net';
import { before, type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { makeKeyPair } from '../../test/key-pair.ts';
import { type KeyPair, rawServer } from './connections/connection.test.fixture.ts';
import { probeTls } from './probe.ts';

let keys: KeyPair;
before(async () => {
  keys = await makeKeyPair();
});

/** Follows a probe's connections and timers. With `tickets: false`, no session ticket ever arrives. */
function follow(t: TestContext, { tickets = true } = {}) {
  const connections: { destroyed: boolean }[] = [];
  const connect = tls.connect as (...args: unknown[]) => tls.TLSSocket;
  t.mock.method(tls, 'connect', (...args: unknown[]) => {
    const socket = connect(...args);
    const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean;
    if (!tickets)
      socket.emit = (event: string, ...args: unknown[]) => event !== 'session' && emit(event, ...args);
    // A connection with more arguments belongs to an HTTP/2 session, which destroys it.
    if (args.length === 1) connections.push(socket);
    return socket;
  });
  const connectH2 = http2.connect;
  t.mock.method(http2, 'connect', (url: string, options: http2.SecureClientSessionOptions) => {
    const session = connectH2(url, options);
    connections.push(session);
    return session;
  });
  const timers = new Set<unknown>();
  const { setTimeout, clearTimeout } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (call: () => void, ms: number) => {
    const timer = setTimeout(call, ms);
    if (ms === 5000) timers.add(timer);
    return timer;
  });
  t.mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout) => {
    timers.delete(timer);
    clearTimeout(timer);
  });
  /** Asserts that so many connections were made so far, and that nothing of them is left. */
  return function assertOver(signal: AbortSignal, count: number): void {
    assert.deepEqual(
      connections.map(({ destroyed }) => destroyed),
      new Array<boolean>(count).fill(true),
    );
    assert.deepEqual([timers.size, getEventListeners(signal, 'abort').length], [0, 0]);
  };
}

/** Probes a listener. */
function begin(port: number) {
  const stop = new AbortController();
  const probed = probeTls({ host: '127.0.0.1', port, ca: keys.cert, servername: 'localhost' }, stop.signal);
  probed.catch(() => {});
  return { stop, probed, signal: stop.signal };
}

const H2 = { ALPNProtocols: ['h2'] };

test('a probe that succeeds leaves no connection, timer or listener behind', async (t) => {
  const assertOver = follow(t);
  const server = http2.createSecureServer(keys).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { probed, signal } = begin((server.address() as net.AddressInfo).port);
  assert.equal((await probed).extendedConnect, false);
  assertOver(signal, 3);
});

test('a probe that fails leaves no timer or listener behind', async (t) => {
  const assertOver = follow(t);
  const port = await rawServer(t, null, ({ stream }) => stream.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { probed, signal } = begin(port);
  await assert.rejects(probed, { code: /^ERR_SSL_/ });
  assertOver(signal, 1);
});

test('a listener that selects h2 but speaks another protocol causes an error', async (t) => {
  const assertOver = follow(t);
  const port = await rawServer(t, keys, ({ stream }) => stream.write('HTTP/1.1 400 Bad Request\r\n\r\n'), H2);
  const { probed, signal } = begin(port);
  await assert.rejects(probed, { code: 'ERR_HTTP2_ERROR' });
  assertOver(signal, 3);
});

test('a listener without session tickets does not resume sessions, and gets no second connection', {
  timeout: 60_000,
}, async (t) => {
  const assertOver = follow(t, { tickets: false });
  const limits: number[] = [];
  const [never, over] = [new AbortController().signal, AbortSignal.abort()];
  t.mock.method(AbortSignal, 'timeout', (ms: number) => {
    limits.push(ms);
    // The first probe waits until its connection has ended, the second until the limit.
    return limits.length === 1 ? never : over;
  });
  const port = await rawServer(t, keys, ({ stream }) => stream.end());
  for (let time = 1; time <= 2; time++) {
    const { probed, signal } = begin(port);
    assert.equal((await probed).tlsResumed, false);
    assertOver(signal, time);
  }
  assert.deepEqual(limits, [500, 500]);
});

for (const isSecure of [false, true])
  test(`aborting a probe that waits for ${isSecure ? 'a session ticket' : 'the TLS handshake'} closes its connection`, async (t) => {
    const assertOver = follow(t, { tickets: false });
    t.mock.method(AbortSignal, 'timeout', () => new AbortController().signal);
    let accept = () => {};
    const accepted = new Promise<void>((resolve) => {
      accept = resolve;
    });
    const port = await rawServer(t, isSecure ? keys : null, () => accept());
    const { probed, stop, signal } = begin(port);
    await accepted;
    // The client may notice the end of the handshake after the server.
    if (isSecure) while (getEventListeners(signal, 'abort').length > 0) await new Promise(setImmediate);
    const reason = new Error('stopped');
    stop.abort(reason);
    await assert.rejects(probed, reason);
    assertOver(signal, 1);
  });
