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

/** Listens on loopback. The server and all its connections are closed when the test ends. */
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
  test(`an HTTP/2 listener that ${enableConnectProtocol ? 'advertises' : 'does not advertise'} extended CONNECT`, async (t) => {
    const server = http2.createSecureServer({
      ...keys,
      allowHTTP1: true,
      settings: { enableConnectProtocol },
    });
    const found = await probe(await listen(t, server));
    const { tlsCipher, ...rest } = found;
    assert.match(tlsCipher ?? '', /^TLS_/);
    assert.deepEqual(rest, {
      ...{ alpn: null, alpnOffered: 'h2', extendedConnect: enableConnectProtocol },
      ...{ tlsProtocol: 'TLSv1.3', tlsKeyType: 'ec', tlsResumed: true },
    });
  });
}

for (const [key, type] of [
  ['ecdsa', 'ec'],
  ['rsa', 'rsa'],
] as const) {
  test(`the certificate's key type is found: ${type}`, async (t) => {
    const pair = await makeKeyPair(key);
    const server = tls.createServer(pair, (socket) => socket.on('error', () => {}));
    const found = await probe(await listen(t, server), { ca: pair.cert });
    assert.equal(found.tlsKeyType, type);
  });
}

test('a listener that selects http/1.1 has no SETTINGS; one that selects no protocol has no ALPN', async (t) => {
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
  test(`resumption is detected if supported: ${version}`, async (t) => {
    const options = { ...keys, minVersion: version, maxVersion: version };
    const server = tls.createServer(options, (socket) => socket.on('error', () => {}));
    const found = await probe(await listen(t, server));
    assert.deepEqual([found.tlsProtocol, found.tlsResumed], [version, true]);
  });
}

test('resumption is not detected if every connection uses different keys', async (t) => {
  const server = tls.createServer(keys);
  const port = await listen(t, server);
  server.on('connection', () =>
    server.setTicketKeys(Buffer.from(crypto.getRandomValues(new Uint8Array(48)))),
  );
  const found = await probe(port);
  assert.equal(found.tlsResumed, false);
});

test('a listener that does not use TLS, is not trusted or does not exist causes an error', async (t) => {
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

test('without authorities, no certificate is verified, and without a name, none is requested', async (t) => {
  const names: unknown[] = [];
  const server = tls.createServer({
    ...keys,
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  });
  const port = await listen(t, server);
  const found = await probeTls({ host: '127.0.0.1', port, servername: '' }, NEVER);
  assert.equal(found.tlsProtocol, 'TLSv1.3');
  assert.deepEqual(names, []);
  await probeTls({ host: '127.0.0.1', port, servername: 'other.test' }, NEVER);
  assert.deepEqual([...new Set(names)], ['other.test']);
});

test('a handshake without an answer fails after five seconds, and is closed', async (t) => {
  const server = net.createServer();
  const port = await listen(t, server);
  const connected = once(server, 'connection');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isOver = false;
  const probed = probe(port).finally(() => {
    isOver = true;
  });
  probed.catch(() => {});
  const [socket] = (await connected) as [net.Socket];
  socket.resume();
  const closed = once(socket, 'close');
  t.mock.timers.tick(4999);
  await new Promise((done) => setImmediate(done));
  assert.equal(isOver, false);
  t.mock.timers.tick(1);
  await assert.rejects(probed, /no answer to the TLS handshake/);
  await closed;
});

/** Errors of a connection that ended early. The time limit would cause a different message. */
const CUT_SHORT = /before it sent SETTINGS|ECONNRESET|EPIPE|hang up/;

test('a listener that selects h2 and closes before its SETTINGS causes an error at once', async (t) => {
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

test('probing a listener that never answers ends when the user aborts', async (t) => {
  const silent = await listen(t, net.createServer());
  const h2 = tls.createServer({ ...keys, ALPNProtocols: ['h2'] }, (socket) => socket.on('error', () => {}));
  for (const port of [silent, await listen(t, h2)]) {
    const stop = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => stop.abort(reason), 100);
    await assert.rejects(probe(port, { signal: stop.signal }), reason);
    await assert.rejects(probe(port, { signal: stop.signal }), reason, 'a probe aborted before it started');
  }
});
