import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ServerOptions } from './options.ts';
import {
  exchange,
  http,
  open,
  REQUEST,
  SERVERS,
  startServer,
  UPGRADE,
  until,
  untilSettled,
} from './server.test.fixture.ts';
import { ON_BUN } from './starter.ts';
import { clientFrame, closePayload, serverFrame } from './wire/frame.test.fixture.ts';
import { joinMessage, writePublication } from './wire/publication.ts';

for (const kind of SERVERS) {
  const start = (t: TestContext, changes: Partial<ServerOptions> = {}) => startServer(t, kind, changes);

  describe(`server of kind ${kind.kind} on ${kind.carrier}`, () => {
    it('serves on a Unix-domain socket in addition to its port, counts both together, and stops both', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'server-test-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const path = join(folder, 'echo.sock');
      const server = await start(t, { socket: path });
      const overTcp = await open(t, server);
      const overSocket = new WebSocket(`ws+unix:${path}:/websocket`, { perMessageDeflate: false });
      t.after(() => overSocket.terminate());
      await once(overSocket, 'open');
      for (const each of [overTcp, overSocket]) {
        each.send('x'.repeat(70_000));
        assert.equal(String((await once(each, 'message'))[0]).length, 70_000);
      }
      assert.deepEqual([server.stats.connections, server.stats.messages], [{ open: 2, total: 2 }, 2]);
      const closed = once(overSocket, 'close');
      await server.stop(1000);
      assert.equal((await closed)[0], 1001);
      assert.equal(server.stats.connections.open, 0);
      await assert.rejects(access(path), { code: 'ENOENT' });
    });

    it('echoes text as text and binary as binary, in order, at all lengths, and counts them', async (t) => {
      const server = await start(t);
      const socket = await open(t, server, '/any/path?query');
      const payloads = [0, 1, 125, 126, 127, 1000, 65_535, 65_536, 300_000].flatMap((length) => [
        { data: Buffer.alloc(length, 'text with ü'), isBinary: length % 2 === 0 },
        { data: Buffer.alloc(length, 'x'), isBinary: length % 2 === 1 },
      ]);
      const texts = payloads.map(({ data, isBinary }) =>
        isBinary ? { data, isBinary } : { data: Buffer.from(data.toString('ascii')), isBinary },
      );
      const echoes: { data: Buffer; isBinary: boolean }[] = [];
      socket.on('message', (data: Buffer, isBinary) => echoes.push({ data, isBinary }));
      for (const { data, isBinary } of texts) socket.send(data, { binary: isBinary });
      await until(() => echoes.length === texts.length);
      assert.deepEqual(echoes, texts);
      assert.deepEqual(server.stats, {
        connections: { open: 1, total: 1 },
        messages: texts.length,
        bytes: texts.reduce((sum, { data }) => sum + data.length, 0),
        httpRequests: 0,
      });
      socket.close(4321);
      assert.deepEqual((await once(socket, 'close')).map(String), ['4321', '']);
      await until(() => server.stats.connections.open === 0);
    });

    it('joins fragments, answers pings, and counts connections that break', async (t) => {
      const server = await start(t);
      const socket = await open(t, server);
      socket.ping('are you there');
      assert.equal(String((await once(socket, 'pong'))[0]), 'are you there');
      socket.send('in three ', { fin: false });
      socket.send('pieces, ', { fin: false });
      socket.send('joined', { fin: true });
      assert.equal(String((await once(socket, 'message'))[0]), 'in three pieces, joined');
      const other = await open(t, server);
      assert.deepEqual(server.stats.connections, { open: 2, total: 2 });
      socket.terminate();
      other.terminate();
      await until(() => server.stats.connections.open === 0);
      assert.equal(server.stats.messages, 1);
    });

    it('pings every open WebSocket, and does not wait for the pongs', async (t) => {
      const server = await start(t);
      const sockets = [await open(t, server), await open(t, server)];
      const pinged = sockets.map((socket) => once(socket, 'ping'));
      server.ping();
      assert.deepEqual(
        (await Promise.all(pinged)).map(([payload]) => String(payload)),
        ['', ''],
      );
      const socket = sockets[0] ?? assert.fail();
      const echoed = once(socket, 'message');
      socket.send('still here');
      assert.equal(String((await echoed)[0]), 'still here');
      assert.deepEqual(server.stats.connections, { open: 2, total: 2 });
      for (const each of sockets) each.terminate();
      await until(() => server.stats.connections.open === 0);
      server.ping();
    });

    it('closes with 1000 after the given number of messages, and at once if that is 0', async (t) => {
      const two = await open(t, await start(t, { closeAfter: 2 }));
      const echoes: string[] = [];
      two.on('message', (data) => void echoes.push(String(data)));
      for (const text of ['one', 'two', 'three']) two.send(text);
      assert.deepEqual([(await once(two, 'close'))[0], echoes], [1000, ['one', 'two']]);
      const server = await start(t, { closeAfter: 0 });
      assert.equal((await once(await open(t, server), 'close'))[0], 1000);
      await until(() => server.stats.connections.open === 0);
    });

    it('closes with 1009 if a message is too large, and with 1002 if the protocol is violated', async (t) => {
      const server = await start(t, { maxPayloadBytes: 1000 });
      const socket = await open(t, server);
      socket.send(Buffer.alloc(1001));
      assert.equal((await once(socket, 'close'))[0], 1009);
      for (const frame of ['8100', 'f18000000000', '808000000000', '098000000000', '838000000000']) {
        const bytes = await exchange(
          server,
          Buffer.concat([Buffer.from(REQUEST), Buffer.from(frame, 'hex')]),
        );
        assert.equal(bytes.subarray(-4).toString('hex'), '880203ea', frame);
      }
      await until(() => server.stats.connections.open === 0);
    });

    it('replies "You said" to fragmented text or binary messages up to the size limit', async (t) => {
      const server = await start(t, { reply: 'you-said', maxPayloadBytes: 1000 });
      const socket = await open(t, server);
      for (const binary of [false, true]) {
        for (const [part, fin] of [
          ['ü'.repeat(250), false],
          ['', false],
          ['x'.repeat(500), true],
        ] as const)
          socket.send(part, { binary, fin });
        const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
        assert.deepEqual(
          [String(data), isBinary],
          [`You said: ${'ü'.repeat(250)}${'x'.repeat(500)}`, binary],
        );
      }
      socket.send('x'.repeat(1001));
      assert.equal((await once(socket, 'close'))[0], 1009);
      assert.deepEqual([server.stats.messages, server.stats.bytes], [2, 2000]);
    });

    it('sends a publication to all members of a room, except one that does not read, whose queue stays short', async (t) => {
      const server = await start(t, { reply: 'rooms' });
      const sockets = await Promise.all([1, 1, 2].map(() => open(t, server)));
      const [publisher = assert.fail(), slow = assert.fail(), other = assert.fail()] = sockets;
      const got = sockets.map(() => [] as string[]);
      for (const [i, socket] of sockets.entries()) {
        socket.send(joinMessage(i === 2 ? 2 : 1), { binary: false });
        const [joined] = await once(socket, 'message');
        assert.deepEqual(joined, joinMessage(i === 2 ? 2 : 1));
        socket.on('message', (data: Buffer) => got[i]?.push(data.toString('latin1', 14, 23)));
      }
      const publication = Buffer.alloc(100_000, 'x');
      slow.pause();
      let sent = 0;
      // More than a kernel buffers for two sockets.
      for (; sent < 400; sent++) {
        writePublication(publication, sent, sent);
        publisher.send(publication, { binary: true });
        await once(publisher, 'message');
      }
      assert.equal(got[0]?.length, sent);
      const before = server.stats.messages;
      assert.ok(before < 3 + 2 * sent, 'nothing was skipped');
      slow.resume();
      await untilSettled(() => got[1]?.length ?? 0);
      assert.equal(got[1]?.length, before - 3 - sent);
      assert.deepEqual(got[2], []);
      other.send('hello');
      await once(other, 'message');
      assert.equal(got[2]?.length, 1);
    });

    it('closes with 1007 if a text or a close reason is not UTF-8', async (t) => {
      const plain = await start(t);
      const slow = await start(t, { reply: 'you-said' });
      const bad = ['80', 'ff', 'c080', 'e282', 'eda080', 'f4908080', `${'61'.repeat(200)}e282`].map((text) =>
        Buffer.from(text, 'hex'),
      );
      const breaches = [
        ...bad.map((text) => clientFrame(0x81, text)),
        ...bad.map((reason) => clientFrame(0x88, closePayload(1000, reason.subarray(0, 123)))).slice(0, -1),
        Buffer.concat([clientFrame(0x01, 'a'), clientFrame(0x80, bad[3])]),
        Buffer.concat([clientFrame(0x01, bad[3]), clientFrame(0x80, 'a')]),
      ];
      // Ends the connection if the server misses the violation.
      const close = clientFrame(0x88, closePayload(1000));
      for (const server of [plain, slow]) {
        for (const breach of breaches) {
          const bytes = await exchange(
            server,
            Buffer.concat([Buffer.from(REQUEST), clientFrame(0x81, 'before'), breach, close]),
          );
          const answers = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
          const before = serverFrame(0x81, server === plain ? 'before' : 'You said: before');
          const goodbye = serverFrame(0x88, closePayload(1007));
          assert.equal(answers.toString('hex'), Buffer.concat([before, goodbye]).toString('hex'));
        }
      }
      await until(() => plain.stats.connections.open + slow.stats.connections.open === 0);
      assert.equal(plain.stats.messages, breaches.length);
    });

    it('echoes any UTF-8, even if a fragment splits a code point, and any bytes as binary', async (t) => {
      const socket = await open(t, await start(t));
      const echoes: [string, boolean][] = [];
      socket.on('message', (data: Buffer, isBinary) => echoes.push([data.toString('hex'), isBinary]));
      const texts = ['ü', '\u{10ffff}', '\0', 'a€'.repeat(300), `${'a'.repeat(127)}\u{1f600}`].map((text) =>
        Buffer.from(text),
      );
      for (const text of texts) socket.send(text, { binary: false });
      for (const [i, byte] of Buffer.from('\u{1f600}').entries())
        socket.send(Buffer.of(byte), { binary: false, fin: i === 3 });
      socket.send(Buffer.from('ff', 'hex'));
      await until(() => echoes.length === texts.length + 2);
      assert.deepEqual(echoes, [
        ...texts.map((text) => [text.toString('hex'), false]),
        ['f09f9880', false],
        ['ff', true],
      ]);
    });

    it('starves none of 1,000 connections although another one has 1,000 messages in flight', async (t) => {
      const server = await start(t, { backlog: 1024 });
      const frame = clientFrame(0x82, 'x'.repeat(16));
      const echoes = new Array<number>(1000).fill(0);
      let total = 0;
      const upgraded = () =>
        new Promise<Socket>((done) => {
          const socket = connect(server.port, '127.0.0.1');
          t.after(() => socket.destroy());
          socket.write(REQUEST);
          socket.once('data', () => done(socket));
        });
      /** Sends `first` messages, and then one for each echo. */
      const echo = (socket: Socket, first: number, onEcho: () => void) => {
        let owed = 0;
        socket.on('data', (bytes) => {
          owed += bytes.length;
          const count = Math.floor(owed / 18);
          owed %= 18;
          if (count === 0) return;
          onEcho();
          socket.write(Buffer.concat(new Array<Buffer>(count).fill(frame)));
        });
        socket.write(Buffer.concat(new Array<Buffer>(first).fill(frame)));
      };
      // All are open before the first one sends, so that the order in which they were accepted does not matter.
      const busy = await upgraded();
      const sockets = await Promise.all(echoes.map(upgraded));
      echo(busy, 1000, () => {});
      for (const [i, socket] of sockets.entries())
        echo(socket, 1, () => {
          echoes[i] = (echoes[i] ?? 0) + 1;
          total++;
        });
      await until(() => total >= 6000, 20_000);
      assert.ok(Math.min(...echoes) >= 2, `one had ${Math.min(...echoes)} of ${total} echoes`);
    });

    it('serves pages in addition to WebSockets, several on one connection', async (t) => {
      const server = await start(t);
      const text = await http(
        server,
        'GET /health',
        'GET /page?x',
        'GET /any/other',
        'POST /page',
        'GET /health',
        'GET /',
      );
      assert.deepEqual(text.match(/(?<=HTTP\/1\.1 )\d+ [\w ]+(?=\r)/g), [
        '200 OK',
        '200 OK',
        '200 OK',
        '405 Method Not Allowed',
        '200 OK',
        '426 Upgrade Required',
      ]);
      const page = await http(server, 'GET /page');
      assert.match(page, /^Cache-Control: public, max-age=60\r$/m);
      assert.match(page, /^Content-Type: text\/html/m);
      const [head = '', body = ''] = page.split('\r\n\r\n');
      assert.ok(body.length > 800 && body.length < 1600);
      assert.ok(head.includes(`Content-Length: ${body.length}`));
      assert.match(await http(server, 'HEAD /page'), /Content-Length: \d+[\s\S]*\r\n\r\n$/);
      assert.match(await http(server, 'GET /websocket'), /^Upgrade: websocket\r$/m);
      assert.equal(server.stats.httpRequests, 9);
      assert.equal(server.stats.connections.total, 0);
    });

    it('rejects invalid handshakes', async (t) => {
      const server = await start(t);
      // Ends the connection if the server accepts the request.
      const close = clientFrame(0x88, closePayload(1000)).toString('latin1');
      const status = async (request: string) =>
        (await exchange(server, Buffer.from(request + close, 'latin1'))).toString().slice(9, 12);
      const get = 'GET / HTTP/1.1\r\nHost: x\r\n';
      assert.equal(await status(`${get}${UPGRADE.replace('bXBsZSBub25jZQ', '')}\r\n`), '400');
      assert.match(await status(`${get}${UPGRADE.replace(': 13', ': 12')}\r\n`), /^4(00|26)$/);
      assert.equal(await status(`POST / HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`), '405');
      assert.equal(await status('junk\r\n\r\n'), '400');
      assert.equal(await status(`GET / HTTP/1.1\r\n${UPGRADE}\r\n`), '400', 'no Host');
      assert.match(await status(`GET / HTTP/1.0\r\nHost: x\r\n${UPGRADE}\r\n`), /^4(00|26)$/);
      for (const line of ['X\0y: 1', 'X y: 1', 'X : 1', ' X: 1', 'X: \0', ': 1'])
        assert.equal(await status(`${get}${line}\r\n${UPGRADE}\r\n`), '400', JSON.stringify(line));
      assert.equal(await status(`${get}X: ${'x'.repeat(20_000)}\r\n\r\n`), '431');
      assert.equal(server.stats.connections.total, 0);
    });

    const message = Buffer.alloc(65_536 + 14, 0x61);
    Buffer.from('82ff000000000001000000000000', 'hex').copy(message);
    const pings = Buffer.concat(Array(500).fill(clientFrame(0x89, Buffer.alloc(125))));
    for (const [what, chunk, times, echoed, options] of [
      ['messages', message, 400, 65_536 + 10, {}],
      ['answers that are due later', message, 400, 65_536 + 20, { reply: 'you-said', delayMs: 1 }],
      // Each is a frame of its own, of which the kernel holds fewer bytes. From a session on, their answers take the
      // way of any other, which does not depend on the engine; Bun needs ten seconds for them.
      ...(ON_BUN ? [] : [['pings', pings, 200, 500 * 127, {}] as const]),
    ] as const)
      it(`limits the memory for data that a client does not read: ${what}`, async (t) => {
        const server = await start(t, options);
        const socket = connect(server.port, '127.0.0.1');
        t.after(() => socket.destroy());
        socket.write(REQUEST);
        await once(socket, 'data');
        socket.pause();
        for (let i = 0; i < times; i++) socket.write(chunk);
        await untilSettled(() => socket.writableLength + server.stats.messages);
        assert.ok(socket.writableLength > 0, 'the server has stopped reading');
        let bytes = 0;
        socket.on('data', (read) => {
          bytes += read.length;
        });
        socket.resume();
        await until(() => bytes === times * echoed);
        assert.equal(server.stats.messages, what === 'pings' ? 0 : times);
      });

    it('closes with 1008 if a message has too many fragments', async (t) => {
      const server = await start(t);
      const parts = [...Array(16_384).fill(clientFrame(0x00, 'x')), clientFrame(0x88, closePayload(1000))];
      const bytes = await exchange(
        server,
        Buffer.concat([Buffer.from(REQUEST), clientFrame(0x01, 'x'), ...parts]),
      );
      assert.equal(bytes.subarray(-4).toString('hex'), '880203f0');
    });

    it('replies like the server in the article, after the given delay', async (t) => {
      const server = await start(t, { reply: 'you-said', delayMs: 15 });
      const socket = await open(t, server);
      const began = performance.now();
      const answers: string[] = [];
      socket.on('message', (data) => answers.push(String(data)));
      for (const text of ['Hello, server!', 'again', '']) socket.send(text);
      await until(() => answers.length === 3);
      assert.ok(performance.now() - began >= 15);
      assert.deepEqual(answers, ['You said: Hello, server!', 'You said: again', 'You said: ']);
      assert.deepEqual([server.stats.messages, server.stats.bytes], [3, 19]);
      socket.send('never answered');
      socket.terminate();
      await sleep(30);
      assert.equal(server.stats.messages, 3);
    });

    it('closes with 1001 when it stops, and disconnects clients that do not answer', async (t) => {
      const server = await start(t);
      const polite = await open(t, server);
      const closed = once(polite, 'close');
      const mute: Socket = connect(server.port, '127.0.0.1');
      t.after(() => mute.destroy());
      mute.write(REQUEST);
      mute.on('error', () => {});
      await until(() => server.stats.connections.open === 2);
      const cut = once(mute.resume(), 'close');
      await server.stop(50);
      assert.equal((await closed)[0], 1001);
      await cut;
      await until(() => server.stats.connections.open === 0);
      await assert.rejects(once(connect(server.port, '127.0.0.1'), 'connect'), /ECONNREFUSED/);
    });

    it('waits for the last client to answer the close frame, and no longer', {
      timeout: 30_000,
    }, async (t) => {
      const server = await start(t);
      const quick = await open(t, server);
      const slow: Socket = connect(server.port, '127.0.0.1');
      t.after(() => slow.destroy());
      slow.write(REQUEST);
      await until(() => server.stats.connections.open === 2);
      let isCut = false;
      slow.resume().on('end', () => {
        isCut = true;
      });
      const closed = once(quick, 'close');
      const stopped = server.stop(3_600_000);
      assert.equal((await closed)[0], 1001);
      await until(() => server.stats.connections.open === 1);
      await sleep(50);
      assert.equal(isCut, false);
      slow.write(clientFrame(0x88, closePayload(1001)));
      await stopped;
      assert.equal(server.stats.connections.open, 0);
    });
  });
}
