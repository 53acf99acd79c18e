import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ServerOptions } from './options.ts';
import {
  open,
  REQUEST,
  SERVERS,
  type ServerKind,
  startServer,
  until,
  untilSettled,
} from './server.test.fixture.ts';
import { joinMessage, writePublication } from './wire/publication.ts';

/** Opens a TCP connection, sends text, and waits for an answer if one is expected. */
async function dial(t: TestContext, port: number, text: string, isAnswered = true): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(text);
  if (isAnswered) await once(socket, 'data');
  return socket.resume();
}

const ON_WS: readonly ServerKind[] = SERVERS.filter(({ kind }) => kind === 'ws');

for (const kind of SERVERS) {
  const start = (t: TestContext, changes: Partial<ServerOptions> = {}) => startServer(t, kind, changes);

  describe(`clients of the server of kind ${kind.kind} on ${kind.carrier}`, () => {
    it('get one pong for each ping, and no compression', async (t) => {
      const { port } = await start(t);
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: true });
      t.after(() => socket.terminate());
      await once(socket, 'open');
      assert.equal(socket.extensions, '');
      const pongs: string[] = [];
      socket.on('pong', (payload) => pongs.push(String(payload)));
      for (const text of ['one', 'two']) socket.ping(text);
      socket.send('after the pings');
      await once(socket, 'message');
      assert.deepEqual(pongs, ['one', 'two']);
    });

    it('get no answer, and are not counted, after the last message that they may send', async (t) => {
      const server = await start(t, { closeAfter: 2 });
      const socket = await open(t, server);
      for (const text of ['one', 'second', 'and third']) socket.send(text);
      assert.equal((await once(socket, 'close'))[0], 1000);
      assert.deepEqual([server.stats.messages, server.stats.bytes], [2, 9]);
    });

    it('that have left a room get no publications, and those who stay are counted', async (t) => {
      const server = await start(t, { reply: 'rooms' });
      const [stays = assert.fail(), leaves = assert.fail()] = [await open(t, server), await open(t, server)];
      for (const socket of [stays, leaves]) {
        socket.send(joinMessage(1), { binary: false });
        await once(socket, 'message');
      }
      const { stats } = server;
      const publication = Buffer.alloc(100, 'x');
      const before = [stats.messages, stats.bytes] as const;
      writePublication(publication, 1, 1);
      stays.send(publication);
      await Promise.all([stays, leaves].map((socket) => once(socket, 'message')));
      assert.deepEqual([stats.messages - before[0], stats.bytes - before[1]], [2, 200]);
      leaves.close();
      await until(() => stats.connections.open === 1);
      stays.send(publication);
      await once(stays, 'message');
      assert.deepEqual([stats.messages - before[0], stats.bytes - before[1]], [3, 300]);
    });

    it('that reset their connection are no longer counted', async (t) => {
      const { port, stats } = await start(t);
      const socket = await dial(t, port, REQUEST);
      await until(() => stats.connections.open === 1);
      socket.resetAndDestroy();
      await until(() => stats.connections.open === 0);
    });

    it('are logged if requested', async (t) => {
      const lines: string[] = [];
      const log = t.mock.method(console, 'log', (line: string) => void lines.push(line));
      const server = await start(t, { log: true });
      const socket = await open(t, server);
      for (const data of ['text', Buffer.of(1, 2, 3)]) {
        socket.send(data);
        await once(socket, 'message');
      }
      socket.close(4321);
      await until(() => server.stats.connections.open === 0);
      const quiet = await start(t);
      const unheard = await open(t, quiet);
      unheard.send('text');
      await once(unheard, 'message');
      log.mock.restore();
      const client = /^connected (127\.0\.0\.1:\d+)$/.exec(lines[0] ?? '')?.[1];
      assert.deepEqual(lines, [
        `connected ${client}`,
        `received ${client} "text"`,
        `received ${client} 3 bytes`,
        `disconnected ${client} 4321`,
      ]);
    });

    it('that are not WebSockets yet, or do not answer, are disconnected when the server stops', async (t) => {
      const server = await start(t);
      const clients = await Promise.all([
        dial(t, server.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'),
        dial(t, server.port, 'GET /health HT', false),
        dial(t, server.port, REQUEST),
      ]);
      // The second client has been accepted once a later one is answered.
      await dial(t, server.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
      const closed = clients.map((client) => once(client, 'close'));
      await server.stop(50);
      assert.equal(server.stats.connections.open, 0);
      await Promise.all(closed);
    });

    it('do not delay the stop of a server that has none, or only idle HTTP connections', {
      timeout: 60_000,
    }, async (t) => {
      const unused = await start(t);
      await unused.stop(3_600_000);
      const server = await start(t);
      const idle = await dial(t, server.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
      const closed = once(idle, 'close');
      await server.stop(3_600_000);
      await closed;
    });
  });

  describe(`start of the server of kind ${kind.kind} on ${kind.carrier}`, () => {
    it('fails if the port is in use', async (t) => {
      const { port } = await start(t);
      await assert.rejects(start(t, { port }), { code: 'EADDRINUSE' });
    });

    it('fails if the socket is not possible, and then releases the port', async (t) => {
      const reserved = createServer().listen(0, '127.0.0.1');
      await once(reserved, 'listening');
      const { port } = reserved.address() as AddressInfo;
      reserved.close();
      await once(reserved, 'close');
      const socket = '/no/such/folder/echo.sock';
      await assert.rejects(start(t, { port, socket }), { address: socket });
      // The io_uring releases it in its next turn.
      let isRefused = false;
      for (let left = 500; left > 0 && !isRefused; left--) {
        const client = connect(port, '127.0.0.1');
        isRefused = await once(client, 'connect').then(
          () => false,
          () => true,
        );
        client.destroy();
        await sleep(2);
      }
      assert.ok(isRefused);
    });
  });
}

for (const kind of ON_WS)
  it('the server of kind ws sends no pings to a client that does not read', async (t) => {
    const server = await startServer(t, kind);
    const socket = await open(t, server);
    let [pings, echoes] = [0, 0];
    socket.on('ping', () => pings++);
    socket.on('message', () => echoes++);
    socket.pause();
    const message = Buffer.alloc(1 << 20);
    for (let i = 0; i < 24; i++) socket.send(message);
    await untilSettled(() => server.stats.messages + socket.bufferedAmount);
    server.ping();
    socket.resume();
    await until(() => echoes === 24);
    assert.equal(pings, 0);
    const pinged = once(socket, 'ping');
    server.ping();
    await pinged;
    assert.equal(pings, 1);
  });
