import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { makeKeyPair } from '../../test/key-pair.ts';
import type { Payload } from '../model/load.ts';
import { probeEcho } from './echo-probe.ts';

const BINARY: Payload = { minBytes: 2000, maxBytes: 4000, type: 'binary' };
const TEXT: Payload = { minBytes: 5, maxBytes: 5, type: 'text' };

/** Probes a server that passes each message at `/chat` to `handle`. */
async function probe(
  t: TestContext,
  payload: Payload,
  path: string,
  handle: (socket: WebSocket, data: RawData, isBinary: boolean) => void,
  { signal } = new AbortController(),
): Promise<void> {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http, path: '/chat' });
  server.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => handle(socket, data, isBinary)),
  );
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    http.close();
    http.closeAllConnections();
  });
  const { port } = http.address() as AddressInfo;
  await probeEcho({ host: '127.0.0.1', ports: [port], path, tls: null }, payload, signal);
}

test('a server that returns its message unchanged passes', async (t) => {
  for (const payload of [TEXT, BINARY, { ...TEXT, minBytes: 0 }])
    await probe(t, payload, '/chat', (socket, data, isBinary) => socket.send(data, { binary: isBinary }));
});

test('the message quotes what arrived instead of an echo', async (t) => {
  const cases: [Payload, string, Parameters<typeof probe>[3], RegExp][] = [
    [
      TEXT,
      '/chat',
      (socket) => socket.send('\u001b[1mhi'),
      /"Does " \(5 bytes\).*the text " \[1mhi" \(6 bytes\)/,
    ],
    [
      TEXT,
      '/chat',
      (socket, data) => socket.send(data, { binary: true }),
      /received a binary message of 5 bytes/,
    ],
    [BINARY, '/chat', (socket) => socket.send(''), /binary message of 1024 bytes.* the text "" \(0 bytes\)/],
    [TEXT, '/chat', (socket) => socket.send('x'), /the text "x" \(1 byte\)/],
    [TEXT, '/chat', (socket) => socket.send('x'.repeat(60)), /the text "x{60}" \(60 bytes\)/],
    [TEXT, '/chat', (socket) => socket.send('x'.repeat(61)), /the text "x{60}…" \(61 bytes\)/],
    [
      { ...TEXT, minBytes: 30 },
      '/chat',
      (socket) => socket.send('a'),
      /"Does this server echo\? Does th" \(30 bytes\)/,
    ],
    [TEXT, '/chat', (socket) => socket.close(1003), / close with code 1003/],
    [TEXT, '/other?token=1', () => {}, /to \/other\?….*HTTP status 400/],
  ];
  for (const [payload, path, handle, message] of cases)
    await assert.rejects(probe(t, payload, path, handle), { kind: 'environment', message });
});

test('the message is sent with the plan’s headers, uncompressed', async (t) => {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const heads: unknown[] = [];
  const server = new WebSocketServer({ server: http, perMessageDeflate: true });
  server.on('connection', (socket, { headers }) => {
    heads.push([headers.host, headers['x-own'], headers['sec-websocket-extensions']]);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  t.after(() => {
    http.close();
    http.closeAllConnections();
  });
  const { port } = http.address() as AddressInfo;
  const target = { host: '127.0.0.1', ports: [port], path: '/', tls: null };
  const request = { host: 'own.example', headers: [{ name: 'X-Own', value: 'yes' }] };
  const { signal } = new AbortController();
  await probeEcho({ ...target, request }, TEXT, signal);
  await probeEcho(target, TEXT, signal);
  assert.deepEqual(heads, [
    ['own.example', 'yes', undefined],
    [`127.0.0.1:${port}`, undefined, undefined],
  ]);
  const reason = new Error('before');
  await assert.rejects(probeEcho(target, TEXT, AbortSignal.abort(reason)), reason);
  assert.equal(heads.length, 2);
});

test('a server with TLS is named, and its certificate is not verified', async (t) => {
  const names: unknown[] = [];
  const https = createTlsServer(await makeKeyPair()).listen(0, '127.0.0.1');
  https.on('secureConnection', ({ servername }) => names.push(servername));
  await once(https, 'listening');
  const server = new WebSocketServer({ server: https });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
  t.after(() => {
    https.close();
    https.closeAllConnections();
  });
  const { port } = https.address() as AddressInfo;
  const target = { host: '127.0.0.1', ports: [port], path: '/', tls: { servername: 'own.example' } };
  await probeEcho(target, TEXT, new AbortController().signal);
  assert.deepEqual(names, ['own.example']);
});

test('aborting the probe rejects with the signal’s reason', async (t) => {
  const abort = new AbortController();
  const reason = new Error('enough');
  await assert.rejects(
    probe(t, TEXT, '/chat', () => abort.abort(reason), abort),
    reason,
  );
});
