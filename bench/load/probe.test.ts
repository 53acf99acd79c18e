import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { before, type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { makeKeyPair } from '../../test/key-pair.ts';
import { type KeyPair, portOf } from './connections/connection.test.fixture.ts';
import { probeTls } from './probe.ts';

let keys: KeyPair;
before(async () => {
  keys = await makeKeyPair();
});

/** Listens on loopback; gone, with all its connections, when the test has ended. */
async function listen(t: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

const NEVER = new AbortController().signal;

const probe = (port: number, { ca = keys.cert, servername = 'localhost', signal = NEVER } = {}) =>
  probeTls({ host: '127.0.0.1', port, ca, servername }, signal);

for (const enableConnectProtocol of [true, false]) {
  test(`a listener of HTTP/2 that ${enableConnectProtocol ? 'advertises' : 'does not advertise'} extended CONNECT`, async (t) => {
    const server = http2.createSecureServer({
      ...keys,
      allowHTTP1: true,
      settings: { enableConnectProtocol },
    });
    const found = await probe(await listen(t, server));
    assert.equal(found.alpn, null);
    assert.equal(found.alpnOffered, 'h2');
    assert.equal(found.extendedConnect, enableConnectProtocol);
    assert.equal(found.tlsProtocol, 'TLSv1.3');
    assert.match(found.tlsCipher ?? '', /^TLS_/);
  });
}

for (const [key, type] of [
  ['ecdsa', 'ec'],
  ['rsa', 'rsa'],
] as const) {
  test(`the type of the certificate's key is found: ${type}`, async (t) => {
    const pair = await makeKeyPair(key);
    const server = tls.createServer(pair, (socket) => socket.on('error', () => {}));
    const found = await probe(await listen(t, server), { ca: pair.cert });
    assert.equal(found.tlsKeyType, type);
  });
}

test('a listener that chooses http/1.1 has no SETTINGS; one that chooses nothing has no ALPN', async (t) => {
  for (const [ALPNProtocols, expected] of [
    [['http/1.1'], 'http/1.1'],
    [undefined, null],
  ] as const) {
    const offered = ALPNProtocols === undefined ? {} : { ALPNProtocols: [...ALPNProtocols] };
    const server = tls.createServer({ ...keys, ...offered }, (socket) => socket.on('error', () => {}));
    const found = await probe(await listen(t, server));
    assert.deepEqual([found.alpnOffered, found.extendedConnect, found.alpn], [expected, null, null]);
  }
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`resumption is found where there is one: ${version}`, async (t) => {
    const options = { ...keys, minVersion: version, maxVersion: version };
    const server = tls.createServer(options, (socket) => socket.on('error', () => {}));
    const found = await probe(await listen(t, server));
    assert.deepEqual([found.tlsProtocol, found.tlsResumed], [version, true]);
  });
}

test('resumption is not found where every connection meets keys of its own', async (t) => {
  const server = tls.createServer(keys);
  const port = await listen(t, server);
  server.on('connection', () =>
    server.setTicketKeys(Buffer.from(crypto.getRandomValues(new Uint8Array(48)))),
  );
  const found = await probe(port);
  assert.equal(found.tlsResumed, false);
});

test('what is no TLS, not trusted or not there is an error, not a probe', async (t) => {
  const plain = await listen(
    t,
    net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  await assert.rejects(probe(plain));
  const secure = await listen(t, tls.createServer(keys));
  await assert.rejects(probe(secure, { ca: (await makeKeyPair()).cert }), /self-signed|certificate/);
  await assert.rejects(probe(secure, { servername: 'example.org' }), /altnames/);
  const gone = net.createServer();
  const port = await listen(t, gone);
  gone.close();
  await once(gone, 'close');
  await assert.rejects(probe(port), { code: 'ECONNREFUSED' });
});

/** Not the limit of time: that would be another message. */
const CUT_SHORT = /before its SETTINGS|ECONNRESET|EPIPE|hang up/;

test('a listener that closes after it chose h2, and before its SETTINGS: an error, not a wait', async (t) => {
  for (const close of [
    (socket: tls.TLSSocket) => socket.end(),
    (socket: tls.TLSSocket) => socket.destroy(),
  ]) {
    const server = tls.createServer({ ...keys, ALPNProtocols: ['h2'] }, (socket) => {
      socket.on('error', () => {});
      close(socket);
    });
    await assert.rejects(probe(await listen(t, server)), CUT_SHORT);
  }
});

test('a listener that says nothing is left when the person says stop', async (t) => {
  const silent = await listen(t, net.createServer());
  const h2 = tls.createServer({ ...keys, ALPNProtocols: ['h2'] }, (socket) => socket.on('error', () => {}));
  for (const port of [silent, await listen(t, h2)]) {
    const stop = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => stop.abort(reason), 100);
    await assert.rejects(probe(port, { signal: stop.signal }), reason);
    await assert.rejects(probe(port, { signal: stop.signal }), reason, 'one that was stopped before');
  }
});
