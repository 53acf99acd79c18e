import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { inFolder } from '../../test/folder.ts';
import type { Target } from '../model/target.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { startBackend } from './backend.ts';
import { browserHandshake } from './browser.ts';
import { openSocket, statusOf } from './client.ts';

const NEVER = new AbortController().signal;

/** A server that answers each request with the next of these texts, and keeps the requests. */
async function answering(t: TestContext, ...answers: string[]) {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      requests.push(text);
      const answer = answers.shift() ?? '';
      if (answer === '') socket.destroy();
      else socket.write(answer, 'latin1');
    });
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target: Target = { host: '127.0.0.1', ports: [port], path: '/ws?a=1', tls: null };
  return { target, requests, sockets };
}

test('a handshake has everything that a browser sends, and the headers of the user instead', async (t) => {
  const { target, requests, sockets } = await answering(t, 'HTTP/1.1 101 OK\r\n\r\n', '');
  const { sent, response } = await browserHandshake(target, NEVER);
  const key = sent.headers.find(({ name }) => name === 'sec-websocket-key')?.value ?? '';
  assert.equal(Buffer.from(key, 'base64').length, 16);
  const usual = [
    'Host: 127.0.0.1',
    'User-Agent: Mozilla/5.0 (check)',
    'Upgrade: websocket',
    'Connection: keep-alive, Upgrade',
    'Cookie: check=1',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: check.v2, check.v1',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ];
  assert.equal(requests[0], `GET /ws?a=1 HTTP/1.1\r\n${usual.join('\r\n')}\r\n\r\n`);
  assert.deepEqual(
    sent.headers.map(({ name, value }) => `${name}: ${value}`),
    usual.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase())),
  );
  assert.deepEqual([sent.path, response], ['/ws?a=1', { status: 101, headers: [] }]);
  const [socket = assert.fail()] = sockets;
  if (!socket.closed) await once(socket.resume(), 'close');
  const headers = [
    { name: 'COOKIE', value: 'mine' },
    { name: 'X-A', value: '1' },
  ];
  const own = await browserHandshake({ ...target, request: { host: 'h.org', headers } }, NEVER);
  assert.equal(own.response, null);
  assert.deepEqual(
    own.sent.headers
      .filter(({ name }) => /^(host|cookie|x-a)$/.test(name))
      .map(({ name, value }) => `${name}: ${value}`),
    ['host: h.org', 'cookie: mine', 'x-a: 1'],
  );
});

test('a response is read up to its empty line; anything else is none', async (t) => {
  const answers = [
    'HTTP/1.0 403 Forbidden\r\nA: 1\r\nb-C:  x:y \r\nno colon\r\n: no name\r\nd:\r\n\r\nbody: x\r\n\r\n',
    'HTTP/1.1 204\r\n\r\n',
    'HTTP/1.1 2040 x\r\n\r\n',
    'HTTP/2 200 OK\r\n\r\n',
    'xHTTP/1.1 200 OK\r\n\r\n',
    '\r\n\r\n',
    `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(65_536 - 24)}\r\n\r\n`,
    `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(65_536)}`,
    '',
  ];
  const { target } = await answering(t, ...answers);
  const found = [];
  for (const _ of answers) found.push((await browserHandshake(target, NEVER)).response);
  assert.deepEqual(
    found.map(
      (each) =>
        each && {
          ...each,
          headers: each.headers.map(
            ({ name, value }) => `${name}=${value.length > 9 ? value.length : value}`,
          ),
        },
    ),
    [
      { status: 403, headers: ['a=1', 'b-c=x:y', 'd='] },
      { status: 204, headers: [] },
      null,
      null,
      null,
      null,
      { status: 200, headers: ['a=65512'] },
      null,
      null,
    ],
  );
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await assert.rejects(browserHandshake(target, stop.signal), /stopped/);
});

test('a GET has the headers of the user; its status is null without an answer', async (t) => {
  const whole = 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok';
  const { target, requests } = await answering(
    t,
    whole,
    whole,
    '',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok',
  );
  const headers = [{ name: 'X-A', value: '1' }];
  assert.equal(await statusOf({ ...target, request: { host: 'h.org', headers } }, NEVER), 404);
  assert.equal(await statusOf(target, NEVER), 404);
  assert.equal(await statusOf(target, NEVER), null);
  assert.deepEqual(requests.slice(0, 2), [
    'GET /ws?a=1 HTTP/1.1\r\nhost: h.org\r\nX-A: 1\r\nConnection: close\r\n\r\n',
    `GET /ws?a=1 HTTP/1.1\r\nHost: 127.0.0.1:${target.ports[0]}\r\nConnection: close\r\n\r\n`,
  ]);
  const stop = new AbortController();
  const waiting = statusOf(target, stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(waiting, /stopped/);
});

test('a WebSocket that is refused has the reason', async (t) => {
  const { target } = await answering(t, 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n', '');
  assert.deepEqual(await openSocket(target, NEVER), { socket: null, kind: 'status-503' });
  const { socket, ...rest } = await openSocket(target, NEVER);
  assert.equal(socket, null);
  assert.notDeepEqual(rest, { kind: 'echo-timeout' });
});

test('a WebSocket sends one message as soon as it is open, and one for each further send', () =>
  inFolder(async (folder) => {
    const backend = await startBackend(join(folder, 'it.sock'));
    const open: Socket[] = [];
    let sent = Buffer.alloc(0);
    const server = createServer((own) => {
      const behind = connect(backend.port, backend.host);
      open.push(own, behind);
      for (const each of [own, behind]) each.on('error', () => {});
      own.on('data', (bytes: Buffer) => {
        sent = Buffer.concat([sent, bytes]);
      });
      own.pipe(behind).pipe(own);
    });
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const target = { host: '127.0.0.1', ports: [port], path: '/ws', tls: null };
      const { socket } = await openSocket(target, NEVER);
      const frames = () => sent.subarray(sent.indexOf('\r\n\r\n') + 4);
      // A frame has a header of two bytes, a mask of four, and 64 bytes of text.
      assert.deepEqual([frames().length, frames()[0]], [70, 0x81]);
      const [own = assert.fail()] = open;
      const another = once(own, 'data');
      socket?.send();
      await another;
      assert.deepEqual([frames().length, frames()[70]], [140, 0x81]);
      socket?.drop();
    } finally {
      for (const each of open) each.destroy();
      server.close();
      await backend.close();
    }
  }));

test('TLS is used as in a browser, without a check of the certificate', () =>
  inFolder(async (folder) => {
    const { keyPath, certPem } = await makeCertificate(folder);
    const backend = await startBackend(join(folder, 'it.sock'));
    const seen: unknown[] = [];
    const open: Socket[] = [];
    const key = await readFile(keyPath);
    const server = createTlsServer(
      { key, cert: certPem, ALPNProtocols: ['h2', 'http/1.1'] },
      (socket: TLSSocket) => {
        seen.push([socket.servername, socket.alpnProtocol]);
        const behind = connect(backend.port, backend.host);
        open.push(socket, behind);
        for (const each of [socket, behind]) each.on('error', () => {});
        socket.pipe(behind).pipe(socket);
      },
    );
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const target = { host: '127.0.0.1', ports: [port], path: '/ws', tls: { servername: 'a.example' } };
      assert.equal((await browserHandshake(target, NEVER)).response?.status, 101);
      const { socket } = await openSocket(target, NEVER);
      assert.equal(socket?.ending(), null);
      socket?.drop();
      assert.equal(await statusOf(target, NEVER), 426);
      assert.deepEqual(seen.slice(0, 2), [
        ['a.example', 'http/1.1'],
        ['a.example', 'http/1.1'],
      ]);
      assert.equal(seen.length, 3);
    } finally {
      for (const each of open) each.destroy();
      server.close();
      await backend.close();
    }
  }));
