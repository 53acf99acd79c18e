import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientFrame, closePayload, serverFrame } from '../../server/wire/frame.test.fixture.ts';
import { type Backend, startBackend } from './backend.ts';
import { browserHandshake, SUBPROTOCOLS } from './browser.ts';
import { openSocket, statusOf } from './client.ts';

const SIGNAL = new AbortController().signal;

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

async function started(t: TestContext): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), 'backend-test-'));
  const backend = await startBackend(join(folder, 'it.sock'));
  t.after(async () => {
    await backend.close();
    await rm(folder, { recursive: true, force: true });
  });
  return backend;
}

const targetOf = ({ host, port }: Backend) => ({ host, ports: [port], path: '/ws', tls: null });

/** Returns the response to a raw request. */
function answerTo({ host, port }: Backend, request: string): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    const socket = connect(port, host, () => socket.write(request));
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
    socket.on('close', () => done(text));
    socket.on('error', fail);
  });
}

test('it echoes, and records all requests', async (t) => {
  const backend = await started(t);
  const { socket } = await openSocket(targetOf(backend), SIGNAL);
  assert.ok(socket);
  socket.drop();
  assert.equal(await statusOf(targetOf(backend), SIGNAL), 426);
  const arrived = backend.arrivals.map(({ headers, ...rest }) => ({ ...rest, count: headers.length }));
  const request = { httpVersion: '1.1', method: 'GET', path: '/ws' };
  assert.deepEqual(arrived, [
    { ...request, upgrade: 'websocket', connection: 'Upgrade', count: 5 },
    { ...request, upgrade: null, connection: 'close', count: 2 },
  ]);
});

test('it selects the first subprotocol offered, and rejects an upgrade to anything else', async (t) => {
  const backend = await started(t);
  const headers = 'Host: a\r\nConnection: upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const asked = (upgrade: string) =>
    answerTo(
      backend,
      `GET / HTTP/1.1\r\n${headers}Upgrade: ${upgrade}\r\nSec-WebSocket-Protocol: b, a\r\n\r\n`,
    );
  const rejected = 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n';
  assert.equal(await asked('upgrade'), rejected);
  assert.equal(await asked('h2c'), rejected);
  const socket = await browserHandshake(targetOf(backend), SIGNAL);
  assert.equal(socket.response?.status, 101);
  const answered = socket.response?.headers.find(({ name }) => name === 'sec-websocket-protocol');
  assert.equal(answered?.value, SUBPROTOCOLS[0]);
});

test('it answers pings, echoes close codes, and closes on invalid frames', async (t) => {
  const { host, port } = await started(t);
  /** Returns the response to these bytes until the server closes, without that to the handshake. */
  const answered = async (...frames: Buffer[]) => {
    const socket = connect(port, host);
    socket.write(HANDSHAKE);
    socket.write(Buffer.concat(frames));
    const chunks: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => chunks.push(bytes));
    socket.on('error', () => {});
    await once(socket, 'close');
    const all = Buffer.concat(chunks);
    return all.subarray(all.indexOf('\r\n\r\n') + 4);
  };
  const close = closePayload(4000, 'why');
  assert.deepEqual(
    await answered(
      clientFrame(0x8a, close),
      clientFrame(0x89, 'here?'),
      clientFrame(0x82, 'bytes'),
      clientFrame(0x88, close),
    ),
    Buffer.concat([
      serverFrame(0x8a, 'here?'),
      serverFrame(0x82, 'bytes'),
      serverFrame(0x88, closePayload(4000)),
    ]),
  );
  assert.deepEqual(await answered(clientFrame(0x81, 'hi'), serverFrame(0x81, 'hi')), serverFrame(0x81, 'hi'));
});

test('an upgrade over HTTP/1.0, or without a key, is rejected', async (t) => {
  const backend = await started(t);
  const headers = 'Host: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  assert.match(await answerTo(backend, `GET / HTTP/1.0\r\n${headers}${key}\r\n`), /^HTTP\/1\.1 426 /);
  assert.match(await answerTo(backend, `GET / HTTP/1.1\r\n${headers}\r\n`), /^HTTP\/1\.1 426 /);
});

test('while it refuses, open connections stay open, and the port is the same afterwards', async (t) => {
  const backend = await started(t);
  const { socket } = await openSocket(targetOf(backend), SIGNAL);
  assert.ok(socket);
  await backend.refuse();
  const { socket: none, ...refused } = await openSocket(targetOf(backend), SIGNAL);
  assert.equal(none, null);
  assert.deepEqual(refused, { kind: 'refused' });
  assert.equal(socket.ending(), null);
  await backend.accept();
  const again = await openSocket(targetOf(backend), SIGNAL);
  assert.ok(again.socket);
  again.socket.drop();
  await backend.close();
  assert.equal((await socket.ended).kind, 'closed-1006');
});

test('a client that is stopped does not wait for an answer', async () => {
  const stop = new AbortController();
  const target = { host: '127.0.0.1', ports: [9], path: '/', tls: null };
  stop.abort(new Error('stopped'));
  await assert.rejects(openSocket(target, stop.signal), /stopped/);
  await assert.rejects(statusOf(target, stop.signal), /stopped/);
});

test('a connection that did not echo before it was stopped is not left open', {
  timeout: 20_000,
}, async (t) => {
  const stop = new AbortController();
  const silent = createServer();
  t.after(() => silent.close());
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const target = { host: '127.0.0.1', ports: [port], path: '/', tls: null };
  const refused = assert.rejects(openSocket(target, stop.signal), /stopped/);
  const [socket] = (await once(silent, 'connection')) as [Socket];
  t.after(() => socket.destroy());
  const gone = once(socket.on('error', () => {}).resume(), 'close');
  stop.abort(new Error('stopped'));
  await Promise.all([refused, gone]);
});

test('a backend that cannot use its socket listens nowhere', async () => {
  await assert.rejects(startBackend(join(tmpdir(), 'missing', 'it.sock')));
  await new Promise(setImmediate);
  assert.equal(process.getActiveResourcesInfo().includes('TCPServerWrap'), false);
});

test('a request is recorded whole, and one without an upgrade gets a text', async (t) => {
  const backend = await started(t);
  const answer = await answerTo(backend, 'PUT /a?b HTTP/1.0\r\nX-B: 1\r\nx-b: 2\r\nHost: h\r\n\r\n');
  assert.match(
    answer,
    /^HTTP\/1\.1 426 [\s\S]*\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nContent-Type: text\/plain\r\n[\s\S]*\r\n\r\nWebSocket only\n$/,
  );
  assert.deepEqual(backend.arrivals, [
    {
      ...{ httpVersion: '1.0', upgrade: null, connection: null, method: 'PUT', path: '/a?b' },
      headers: [
        { name: 'x-b', value: '1' },
        { name: 'x-b', value: '2' },
        { name: 'host', value: 'h' },
      ],
    },
  ]);
});

test('an upgrade is accepted in full, and frames that arrive with it are answered', async (t) => {
  const backend = await started(t);
  const socket = connect(backend.port, backend.host);
  const offer = 'Sec-WebSocket-Protocol:  b , a\r\n';
  const head = HANDSHAKE.replace('websocket', 'WebSocket').replace(/\r\n\r\n$/, `\r\n${offer}\r\n`);
  const large = 'x'.repeat(65_536);
  socket.write(
    Buffer.concat([
      Buffer.from(head),
      clientFrame(0x81, large),
      clientFrame(0x8a, 'pong'),
      clientFrame(0x88, ''),
    ]),
  );
  let all = Buffer.alloc(0);
  const wanted = Buffer.concat([
    Buffer.from(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: b\r\n\r\n',
    ),
    serverFrame(0x81, large),
    serverFrame(0x88, ''),
  ]);
  socket.on('data', (bytes: Buffer) => {
    all = Buffer.concat([all, bytes]);
  });
  await once(socket, 'close');
  assert.ok(all.equals(wanted), `${all.length} of ${wanted.length} bytes`);
  const tooLarge = connect(backend.port, backend.host);
  tooLarge.write(HANDSHAKE);
  await once(tooLarge, 'data');
  tooLarge.on('data', () => assert.fail('no answer')).on('error', () => {});
  tooLarge.write(clientFrame(0x81, `${large}x`));
  // The server leaves the frame unread, so the connection may also end with an error.
  await new Promise((resolve) => tooLarge.once('close', resolve));
});

test('it listens on its socket as well, for the group of Nginx’s workers', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'backend-test-'));
  const path = join(folder, 'it.sock');
  const backend = await startBackend(path);
  t.after(async () => {
    await backend.close();
    await rm(folder, { recursive: true, force: true });
  });
  assert.deepEqual([backend.host, backend.socket], ['127.0.0.1', path]);
  const socket = connect(path).on('error', () => {});
  socket.end('GET / HTTP/1.0\r\n\r\n');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  assert.match(bytes.toString(), /^HTTP\/1\.1 426 /);
  assert.equal((await stat(path)).mode & 0o777, 0o660);
});
