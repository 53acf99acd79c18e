import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { before, describe, type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeKeyPair } from '../../../test/key-pair.ts';
import { ON_BUN } from '../carriers/engine.ts';
import {
  CLIENTS,
  isEnd,
  type KeyPair,
  makeSetting,
  onUpgrade,
  open,
  type Peer,
  portOf,
  rawServer,
  type Setting,
  settle,
  switching,
  TRANSPORTS,
} from './connection.test.fixture.ts';
import { type ClientFrame, closeFrame, decodeFrames, serverFrame } from './wire.test.fixture.ts';

const SMALL = { minBytes: 64, maxBytes: 64, type: 'text' } as const;
const ANY_SIZE = { minBytes: 0, maxBytes: 66_000, type: 'binary' } as const;

let keyPair: KeyPair;
before(async () => {
  keyPair = await makeKeyPair();
});

/** Starts an echo server that uses `ws`. It is closed when the test ends. */
async function echoServer(
  t: TestContext,
  keys: KeyPair | null,
  onConnection: (socket: WebSocket) => void = () => {},
): Promise<number> {
  const server = keys === null ? http.createServer() : https.createServer(keys);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return portOf(server);
}

/** Decodes a client's frames as they arrive. */
function readFrames({ stream }: Peer): { frames: ClientFrame[]; reads: number } {
  const read = { frames: [] as ClientFrame[], reads: 0 };
  let left: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    read.reads++;
    const { frames, rest } = decodeFrames(Buffer.concat([left, chunk]));
    read.frames.push(...frames);
    left = rest;
  });
  return read;
}

function assertSent({ payload }: Setting, frames: ClientFrame[], id: number, count: number): void {
  const messages = frames.filter(({ opcode }) => opcode < 8);
  assert.equal(messages.length, count);
  messages.forEach((frame, sequence) => {
    assert.ok(frame.masked && frame.final);
    assert.equal(frame.opcode, payload.type === 'text' ? 1 : 2);
    assert.equal(payload.check(frame.payload, 0, frame.payload.length, id, sequence), 'same');
  });
}

/** Watches Node's sockets. @returns a function that tells whether TCP_NODELAY was set on one to this port */
function watchNode(t: TestContext, port: number): () => boolean {
  const called = t.mock.method(net.Socket.prototype, 'setNoDelay');
  const connected = t.mock.method(net, 'connect');
  return () =>
    connected.mock.calls.some(({ arguments: [options] }) => isNoDelay(options)) ||
    called.mock.calls.some(
      ({ this: socket, arguments: [on] }) => (socket as net.Socket).remotePort === port && on !== false,
    );
}

/** Like `watchNode`, for Bun's sockets. */
function watchBun(t: TestContext): () => boolean {
  const { connect } = Bun;
  let withoutDelay = false;
  t.mock.method(Bun, 'connect', (options: Bun.ConnectOptions<unknown>) =>
    connect({
      ...options,
      socket: {
        ...options.socket,
        open(socket) {
          const called = t.mock.method(socket, 'setNoDelay');
          options.socket.open(socket);
          withoutDelay = called.mock.calls.some(({ arguments: [on] }) => on);
        },
      },
    }),
  );
  return () => withoutDelay;
}

/** Like `watchNode`, for io_uring sockets. Asks the kernel. */
async function watchRing(port: number): Promise<() => boolean> {
  const { dlopen, ptr } = await import('bun:ffi');
  const { addressOf } = await import('../../../server/ring/libc.ts');
  const args = ['i32', 'i32', 'i32', 'ptr', 'ptr'] as const;
  const { symbols } = dlopen('libc.so.6', { getsockopt: { args, returns: 'i32' } });
  return () =>
    readdirSync('/proc/self/fd').some((fd) => {
      const peer = addressOf(Number(fd), 'peer');
      if (peer.length !== 16 || peer.readUInt16BE(2) !== port) return false;
      const option = new Int32Array(2);
      symbols.getsockopt(Number(fd), 6, 1, ptr(option), ptr(new Uint32Array([4])));
      return option[0] === 1;
    });
}

function isNoDelay(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'noDelay' in options && options.noDelay === true;
}

for (const client of CLIENTS) {
  for (const transport of TRANSPORTS) {
    const secure = transport === 'tls';
    const keys = () => (secure ? keyPair : null);
    const setting = (plan: Parameters<typeof makeSetting>[3] = SMALL) =>
      makeSetting(client, transport, secure ? keyPair.cert : null, plan);

    describe(`${client} over ${transport}`, { timeout: 120_000 }, () => {
      test('opens, and reports how long each part took', async (t) => {
        const heard = open(t, setting(), await echoServer(t, keys()));
        assert.equal(heard.connection.stage, 'tcp');
        await heard.opened();
        assert.equal(heard.connection.stage, 'open');
        const { tcpUs, tlsUs, upgradeUs } = heard.times ?? assert.fail();
        assert.ok(tcpUs > 0 && upgradeUs > 0);
        assert.ok(secure ? tlsUs !== null && tlsUs > 0 : tlsUs === null);
        assert.deepEqual(heard.facts, {
          // On Bun, a server of `node:https` does not negotiate a protocol.
          alpn: secure && !ON_BUN ? 'http/1.1' : null,
          proxyWorker: null,
          upstream: null,
          ...(secure ? { resumed: false } : {}),
        });
      });

      test('each part of the handshake is timed from its start to its end, and no time is counted twice', async (t) => {
        // The interval between two readings keeps growing, so a sum of the wrong parts equals no other part.
        let us = 0;
        let step = 0;
        const clock = () => {
          us += 10 ** step++;
          return us;
        };
        const ours = makeSetting(client, transport, secure ? keyPair.cert : null, SMALL, clock);
        const heard = open(t, ours, await echoServer(t, keys()));
        await heard.opened();
        assert.deepEqual(
          heard.times,
          secure ? { tcpUs: 10, tlsUs: 100, upgradeUs: 1_000 } : { tcpUs: 10, tlsUs: null, upgradeUs: 100 },
        );
      });

      test('requests the path from the host, and reports the response headers', async (t) => {
        let request = '';
        const port = await rawServer(
          t,
          keys(),
          ({ stream }) =>
            onUpgrade(stream, (key, text) => {
              request = text;
              const told = { 'X-Bench-Worker': '4711', 'x-bench-upstream': '127.0.0.1:9001' };
              stream.write(switching(key, told));
            }),
          { ALPNProtocols: ['h2', 'http/1.1'] },
        );
        const heard = open(t, setting(), port);
        await heard.opened();
        assert.match(request, /^GET \/websocket HTTP\/1\.1\r\n/);
        assert.match(request, /^Host: 127\.0\.0\.1/im);
        assert.doesNotMatch(request, /^Sec-WebSocket-(Extensions|Protocol):/im);
        assert.deepEqual(heard.facts, {
          alpn: secure ? 'http/1.1' : null,
          proxyWorker: '4711',
          upstream: '127.0.0.1:9001',
          ...(secure ? { resumed: false } : {}),
        });
      });

      test('connects from the source address that it is given', async (t) => {
        const from: (string | undefined)[] = [];
        const port = await rawServer(t, keys(), ({ stream }) => {
          from.push(stream.remoteAddress);
          onUpgrade(stream, (key) => stream.write(switching(key)));
        });
        await open(t, setting(), port, { source: '127.0.0.9' }).opened();
        await open(t, setting(), port, { source: '127.0.0.10' }).opened();
        assert.deepEqual(from, ['127.0.0.9', '127.0.0.10']);
      });

      for (const plan of [SMALL, ANY_SIZE]) {
        test(`messages of ${plan.minBytes} to ${plan.maxBytes} bytes are echoed unchanged`, async (t) => {
          const ours = setting(plan);
          const heard = open(t, ours, await echoServer(t, keys()), { id: 7 });
          await heard.opened();
          for (const [sequence, count] of [
            [0, 1],
            [1, 5],
            [6, 20],
          ] as const) {
            heard.connection.send(sequence, count);
            await heard.until(
              (events) => events.filter((event) => event.startsWith(plan.type)).length === sequence + count,
            );
          }
          await heard.until((events) => events.at(-1) === 'batch');
          const messages = heard.events.filter((event) => event.startsWith(plan.type));
          messages.forEach((event, sequence) => {
            const echo = Buffer.from(event.slice(plan.type.length + 1), 'latin1');
            assert.equal(ours.payload.check(echo, 0, echo.length, 7, sequence), 'same');
          });
          assert.ok(!heard.events.some(isEnd));
        });
      }

      test('all messages of one send arrive masked in one read', async (t) => {
        const ours = setting();
        let received: ReturnType<typeof readFrames> | undefined;
        const port = await rawServer(t, keys(), (peer) =>
          onUpgrade(peer.stream, (key) => {
            received = readFrames(peer);
            peer.stream.write(switching(key));
          }),
        );
        const heard = open(t, ours, port, { id: 3 });
        await heard.opened();
        heard.connection.send(0, 16);
        while ((received?.frames.length ?? 0) < 16) await settle();
        assert.equal(received?.reads, 1);
        assertSent(ours, received?.frames ?? [], 3, 16);
        heard.connection.send(16, 16);
        while ((received?.frames.length ?? 0) < 32) await settle();
        assert.equal(received?.reads, 2);
        assertSent(ours, received?.frames ?? [], 3, 32);
      });

      test('data that a slow server does not accept waits, and arrives complete and in order', async (t) => {
        const ours = setting({ minBytes: 60_000, maxBytes: 66_000, type: 'binary' });
        let peer: Peer | undefined;
        const port = await rawServer(t, keys(), (one) => {
          peer = one;
          onUpgrade(one.stream, (key) => {
            one.stream.write(switching(key));
            one.stream.pause();
          });
        });
        const heard = open(t, ours, port, { id: 2 });
        await heard.opened();
        const count = 96;
        for (let sequence = 0; sequence < count; sequence += 4) {
          heard.connection.send(sequence, 4);
          if (sequence % 48 === 0) await settle();
        }
        const received = readFrames(peer ?? assert.fail());
        peer?.stream.write(serverFrame(0x89, 'still there?'));
        peer?.stream.resume();
        while (received.frames.length < count + 1) await once(peer?.stream ?? assert.fail(), 'data');
        assertSent(ours, received.frames, 2, count);
        assert.ok(!heard.events.some(isEnd));
      });

      test('frames in the same packet as the response, or several in one read, form one batch', async (t) => {
        let peer: Peer | undefined;
        const greeting = Buffer.concat([serverFrame(0x81, 'first'), serverFrame(0x82, 'second')]);
        const port = await rawServer(t, keys(), (one) => {
          peer = one;
          onUpgrade(one.stream, (key) =>
            one.stream.write(Buffer.concat([Buffer.from(switching(key)), greeting])),
          );
        });
        const heard = open(t, setting(), port);
        await heard.until((events) => events.at(-1) === 'batch');
        assert.deepEqual(heard.events, ['opened', 'text first', 'binary second', 'batch']);
        heard.events.length = 0;
        peer?.stream.write(Buffer.concat([greeting, serverFrame(0x81), greeting]));
        await heard.until((events) => events.at(-1) === 'batch');
        assert.deepEqual(heard.events, [
          'text first',
          'binary second',
          'text ',
          'text first',
          'binary second',
          'batch',
        ]);
      });

      test('fragments form one message, and a ping between them is answered with its payload', async (t) => {
        let peer: Peer | undefined;
        let received: ReturnType<typeof readFrames> | undefined;
        const port = await rawServer(t, keys(), (one) => {
          peer = one;
          onUpgrade(one.stream, (key) => {
            received = readFrames(one);
            one.stream.write(switching(key));
          });
        });
        const heard = open(t, setting(), port);
        await heard.opened();
        const ping = Buffer.from([...Array(125).keys()]);
        for (const frame of [
          serverFrame(0x01, 'once '),
          serverFrame(0x89, ping),
          serverFrame(0x00, 'upon '),
          serverFrame(0x8a, 'an unsolicited pong'),
          serverFrame(0x89),
          serverFrame(0x80, 'a time'),
        ])
          peer?.stream.write(frame);
        await heard.until((events) => events.some((event) => event.startsWith('text')));
        while (received?.frames.length !== 2) await settle();
        assert.deepEqual(
          heard.events.filter((event) => event !== 'batch'),
          ['opened', 'pong', 'text once upon a time'],
        );
        assert.deepEqual(
          received?.frames.map(({ opcode, masked, payload }) => [opcode, masked, payload.toString('hex')]),
          [
            [10, true, ping.toString('hex')],
            [10, true, ''],
          ],
        );
      });

      test('a response and frames split at any byte produce the same events', async (t) => {
        const frames = Buffer.concat([
          serverFrame(0x01, 'frag'),
          serverFrame(0x89, 'ping'),
          serverFrame(0x80, 'ments'),
          serverFrame(0x82, 'b'.repeat(130)),
          closeFrame(1001, 'bye'),
        ]);
        const port = await rawServer(t, keys(), ({ stream }) =>
          onUpgrade(stream, (key) => {
            const bytes = Buffer.concat([Buffer.from(switching(key)), frames]);
            const cut = cuts;
            // Over TLS, each part becomes a separate record, which is slow. Fewer splits test the same.
            cuts += secure ? 5 : 1;
            stream.write(bytes.subarray(0, cut));
            setTimeout(() => stream.end(bytes.subarray(cut)), 1);
          }),
        );
        let cuts = 1;
        const last = switching('x'.repeat(24)).length + frames.length;
        const ours = setting();
        while (cuts < last) {
          const all = Array.from({ length: 20 }, () => open(t, ours, port));
          for (const heard of all) {
            assert.equal(await heard.ended(), 'open/closed-1001');
            assert.deepEqual(
              heard.events.filter((event) => event !== 'batch'),
              ['opened', 'text fragments', `binary ${'b'.repeat(130)}`, 'failed open/closed-1001'],
            );
          }
        }
      });

      test('closes with code 1000 on request, once, and reports when the server has answered', async (t) => {
        const closes: number[] = [];
        const port = await echoServer(t, keys(), (socket) => socket.on('close', (code) => closes.push(code)));
        const heard = open(t, setting(), port);
        await heard.opened();
        heard.connection.send(0, 3);
        heard.connection.close(1000);
        heard.connection.close(1000);
        assert.equal(await heard.ended(), 'closed');
        do await settle();
        while (closes.length === 0);
        assert.deepEqual(closes, [1000]);
        const messages = heard.events.filter((event) => event.startsWith('text'));
        assert.deepEqual([messages.length, heard.events.filter(isEnd).length], [3, 1]);
      });

      test('closes with the given code', async (t) => {
        let told: (code: number) => void = () => {};
        const code = new Promise<number>((resolve) => {
          told = resolve;
        });
        const port = await echoServer(t, keys(), (socket) => socket.on('close', told));
        const heard = open(t, setting(), port);
        await heard.opened();
        heard.connection.close(1001);
        assert.equal(await heard.ended(), 'closed');
        assert.equal(await code, 1001);
      });

      test('a ping is empty, and its pong is reported', async (t) => {
        const pings: string[] = [];
        const port = await echoServer(t, keys(), (socket) =>
          socket.on('ping', (data) => pings.push(data.toString('hex'))),
        );
        const heard = open(t, setting(), port);
        await heard.opened();
        const pongs = () => heard.events.filter((event) => event === 'pong').length;
        heard.connection.ping();
        await heard.until(() => pongs() === 1);
        heard.connection.send(0, 1);
        heard.connection.ping();
        await heard.until(() => pongs() === 2);
        assert.deepEqual(pings, ['', '']);
        assert.deepEqual(
          heard.events.filter((event) => event !== 'batch').map((event) => event.slice(0, 4)),
          ['open', 'pong', 'text', 'pong'],
        );
      });

      test('messages of any content, type and length arrive unchanged', async (t) => {
        const heard = open(t, setting(), await echoServer(t, keys()));
        await heard.opened();
        const sent = [
          ...[0, 1, 125, 126, 65_535, 65_536, 200_000].flatMap((bytes) => [
            { bytes: randomBytes(bytes), text: false },
            { bytes: Buffer.from('ä'.repeat(bytes / 2).padEnd(bytes / 2, 'x')), text: true },
          ]),
          // More than the system accepts at once, so some must wait.
          ...Array.from({ length: 3 }, () => ({ bytes: randomBytes(4 << 20), text: false })),
          { bytes: Buffer.from('and one more'), text: true },
        ];
        for (const { bytes, text } of sent) heard.connection.sendBytes(bytes, text);
        const isMessage = (event: string) => event.startsWith('text ') || event.startsWith('binary ');
        await heard.until((events) => events.filter(isMessage).length === sent.length);
        const digest = (event: string) => createHash('sha256').update(event, 'latin1').digest('hex');
        assert.deepEqual(
          heard.events.filter(isMessage).map(digest),
          sent.map(({ bytes, text }) => digest(`${text ? 'text' : 'binary'} ${bytes.toString('latin1')}`)),
        );
      });

      test('nothing is read during a pause, and everything afterwards', async (t) => {
        let peer: WebSocket | undefined;
        const port = await echoServer(t, keys(), (socket) => {
          peer = socket;
        });
        const heard = open(t, setting(), port);
        await heard.opened();
        const messages = () => heard.events.filter((event) => event !== 'opened' && event !== 'batch');
        for (const round of [1, 2]) {
          const before = messages();
          heard.connection.pause();
          peer?.send(`first ${round}`);
          peer?.send(Buffer.alloc(100_000, 'b'));
          await settle();
          assert.deepEqual(messages(), before);
          heard.connection.resume();
          await heard.until(() => messages().length === 2 * round);
          assert.deepEqual(messages().slice(before.length), [
            `text first ${round}`,
            `binary ${'b'.repeat(100_000)}`,
          ]);
        }
      });

      test('messages sent during a pause are not delayed', async (t) => {
        const texts: string[] = [];
        const port = await echoServer(t, keys(), (socket) =>
          socket.on('message', (data) => texts.push(String(data))),
        );
        const heard = open(t, setting(), port);
        await heard.opened();
        heard.connection.pause();
        heard.connection.sendBytes(Buffer.from('unheard'), true);
        do await settle();
        while (texts.length === 0);
        assert.deepEqual(texts, ['unheard']);
        assert.ok(!heard.events.includes('text unheard'));
        heard.connection.resume();
        await heard.until((events) => events.includes('text unheard'));
      });

      test('a small message does not wait for the acknowledgement of the previous one', async (t) => {
        const port = await echoServer(t, keys());
        const isWithoutDelay =
          transport === 'io_uring' ? await watchRing(port) : ON_BUN ? watchBun(t) : watchNode(t, port);
        await open(t, setting(), port).opened();
        assert.ok(isWithoutDelay());
      });

      test('after destroy, no event is emitted, whatever stage the connection had reached', async (t) => {
        const port = await echoServer(t, keys());
        const early = open(t, setting(), port);
        early.connection.destroy();
        const late = open(t, setting(), port);
        await late.opened();
        late.connection.send(0, 2);
        late.connection.destroy();
        await settle();
        assert.deepEqual(early.events, []);
        assert.deepEqual(late.events, ['opened']);
      });
    });
  }
}
