import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Backend, startBackend } from './backend.ts';
import { openSocket, statusOf } from './client.ts';

const SIGNAL = new AbortController().signal;

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

/** What comes back for a request as it is written. */
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

test('it echoes, and remembers what came', async (t) => {
  const backend = await started(t);
  const { socket } = await openSocket(targetOf(backend), SIGNAL);
  assert.ok(socket);
  socket.drop();
  assert.equal(await statusOf(targetOf(backend), SIGNAL), 426);
  assert.deepEqual(backend.arrivals, [
    { httpVersion: '1.1', upgrade: 'websocket', connection: 'Upgrade' },
    { httpVersion: '1.1', upgrade: null, connection: 'close' },
  ]);
});

test('an upgrade by HTTP/1.0, or without a key, is refused', async (t) => {
  const backend = await started(t);
  const headers = 'Host: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  assert.match(await answerTo(backend, `GET / HTTP/1.0\r\n${headers}${key}\r\n`), /^HTTP\/1\.1 426 /);
  assert.match(await answerTo(backend, `GET / HTTP/1.1\r\n${headers}\r\n`), /^HTTP\/1\.1 426 /);
});

test('while it refuses, what is open stays, and the port is the same afterwards', async (t) => {
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

test('who is stopped does not wait for an answer', async () => {
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
