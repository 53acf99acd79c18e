import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { before, describe, test } from 'node:test';
import { acceptFor } from '../../../server/wire/upgrade.ts';
import { makeKeyPair } from '../../../test/key-pair.ts';
import {
  CLIENTS,
  type Heard,
  isEnd,
  type KeyPair,
  makeSetting,
  onUpgrade,
  open,
  type Peer,
  portOf,
  rawServer,
  settle,
  switching,
  TRANSPORTS,
} from './connection.test.fixture.ts';
import { closeFrame, serverFrame } from './wire.test.fixture.ts';

const SMALL = { minBytes: 64, maxBytes: 64, type: 'text' } as const;

let keyPair: KeyPair;
before(async () => {
  keyPair = await makeKeyPair();
});

type Answer = (peer: Peer, key: string) => void;

/** Writes but keeps the connection open: the client must detect the fault without waiting for the end. */
const say =
  (answer: (key: string) => string): Answer =>
  ({ stream }, key) =>
    stream.write(answer(key));
const sayAndEnd =
  (answer: (key: string) => string): Answer =>
  ({ stream }, key) =>
    stream.end(answer(key));
const status = (line: string) => say(() => `HTTP/1.1 ${line}\r\nContent-Length: 5\r\n\r\nsorry`);

const HANDSHAKES: [what: string, answer: Answer, expected: string][] = [
  ['502', status('502 Bad Gateway'), 'upgrade/status-502'],
  ['400', status('400 Bad Request'), 'upgrade/status-400'],
  ['a redirect', say(() => 'HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n'), 'upgrade/status-301'],
  ['200 without a length', say(() => 'HTTP/1.1 200 OK\r\n\r\nhello'), 'upgrade/status-200'],
  ['503, closed at once', sayAndEnd(() => 'HTTP/1.1 503 No\r\n\r\n'), 'upgrade/status-503'],
  ['502 in HTTP/1.0', sayAndEnd(() => 'HTTP/1.0 502 No\r\n\r\n'), 'upgrade/status-502'],
  ['a wrong accept value', say(() => switching('another')), 'upgrade/bad-accept'],
  ['no accept value', say((key) => switching(key, { 'Sec-WebSocket-Accept': null })), 'upgrade/bad-accept'],
  [
    'an accept value in lower case',
    say((key) => switching(key, { 'Sec-WebSocket-Accept': acceptFor(key).toLowerCase() })),
    'upgrade/bad-accept',
  ],
  ['no Upgrade', say((key) => switching(key, { Upgrade: null })), 'upgrade/protocol-error'],
  ['another Upgrade', say((key) => switching(key, { Upgrade: 'h2c' })), 'upgrade/protocol-error'],
  ['no Connection', say((key) => switching(key, { Connection: null })), 'upgrade/protocol-error'],
  [
    'an extension that was not requested',
    say((key) => switching(key, { 'Sec-WebSocket-Extensions': 'permessage-deflate' })),
    'upgrade/protocol-error',
  ],
  [
    'a subprotocol that was not requested',
    say((key) => switching(key, { 'Sec-WebSocket-Protocol': 'chat' })),
    'upgrade/bad-subprotocol',
  ],
  ['junk', say(() => '\x00\x01\x02 no response at all'), 'upgrade/protocol-error'],
  ['junk, closed at once', sayAndEnd(() => 'SSH-2.0-OpenSSH_9.2\r\n'), 'upgrade/protocol-error'],
  ['a frame', say(() => '\x81\x05hello'), 'upgrade/protocol-error'],
  ['an endless head', say(() => `HTTP/1.1 101 x\r\nX: ${'x'.repeat(40_000)}`), 'upgrade/protocol-error'],
  ['nothing, closed at once', ({ stream }) => stream.end(), 'upgrade/reset'],
  ['half a response', sayAndEnd((key) => switching(key).slice(0, 40)), 'upgrade/reset'],
  ['a reset', ({ reset }) => reset(), 'upgrade/reset'],
];

const FRAMES: [what: string, bytes: Buffer, expected: string][] = [
  ['close 1000', closeFrame(1000), 'open/closed-1000'],
  ['close 1001 with a reason', closeFrame(1001, 'going away'), 'open/closed-1001'],
  ['close 1011', closeFrame(1011, 'oh'), 'open/closed-1011'],
  ['close 4000', closeFrame(4000), 'open/closed-4000'],
  ['a close without a code', serverFrame(0x88), 'open/closed-1005'],
  ['data after a close frame', Buffer.concat([closeFrame(1001), serverFrame(0xff)]), 'open/closed-1001'],
  ['half a close code', serverFrame(0x88, 'x'), 'open/protocol-error'],
  ['close 999', closeFrame(999), 'open/protocol-error'],
  ['close code 1005, which must not be sent', closeFrame(1005), 'open/protocol-error'],
  ['close code 1006, which must not be sent', closeFrame(1006), 'open/protocol-error'],
  ['close 5000', closeFrame(5000), 'open/protocol-error'],
  ['a masked frame', Buffer.from([0x81, 0x81, 1, 2, 3, 4, 0x60]), 'open/protocol-error'],
  ['a reserved bit', Buffer.from([0xc1, 0x01, 0x61]), 'open/protocol-error'],
  ['an undefined opcode', serverFrame(0x83), 'open/protocol-error'],
  ['a fragmented ping', serverFrame(0x09), 'open/protocol-error'],
  ['a long ping', serverFrame(0x89, 'x'.repeat(126)), 'open/protocol-error'],
  ['a continuation without a first fragment', serverFrame(0x80, 'x'), 'open/protocol-error'],
  ['a message within another', Buffer.concat([serverFrame(1), serverFrame(0x81)]), 'open/protocol-error'],
  ['an impossible length', Buffer.from([0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0]), 'open/protocol-error'],
];

for (const client of CLIENTS) {
  for (const transport of TRANSPORTS) {
    const keys = () => (transport === 'tls' ? keyPair : null);
    const setting = () => makeSetting(client, transport, keys()?.cert ?? null, SMALL);

    describe(`${client} over ${transport}`, { timeout: 120_000, concurrency: 8 }, () => {
      for (const [what, answer, expected] of HANDSHAKES) {
        test(`the upgrade is answered with ${what}: ${expected}`, async (t) => {
          const port = await rawServer(t, keys(), (peer) =>
            onUpgrade(peer.stream, (key) => answer(peer, key)),
          );
          const heard = open(t, setting(), port);
          assert.equal(await heard.ended(), expected);
          await settle();
          assert.deepEqual(heard.events, [`failed ${expected}`]);
        });
      }

      for (const [what, bytes, expected] of FRAMES) {
        test(`the server sends ${what}: ${expected}`, async (t) => {
          const message = serverFrame(0x81, 'before');
          const port = await rawServer(t, keys(), ({ stream }) => {
            onUpgrade(stream, (key) => {
              // In the same packet as the response, in a separate packet, and byte by byte.
              if (turn === 0) stream.end(Buffer.concat([Buffer.from(switching(key)), message, bytes]));
              else {
                stream.write(switching(key));
                setTimeout(() => {
                  if (turn === 1) stream.end(Buffer.concat([message, bytes]));
                  else byteByByte(stream, Buffer.concat([message, bytes]));
                }, 2);
              }
            });
          });
          const ours = setting();
          const all: Heard[] = [];
          let turn = 0;
          for (; turn < 3; turn++) {
            const heard = open(t, ours, port);
            all.push(heard);
            assert.equal(await heard.ended(), expected);
          }
          await settle();
          for (const { events } of all)
            assert.deepEqual(
              events.filter((event) => event !== 'batch'),
              ['opened', 'text before', `failed ${expected}`],
            );
        });
      }

      test('nothing more is sent to a server that violated the protocol', async (t) => {
        let peer: Peer | undefined;
        const port = await rawServer(t, keys(), (one) => {
          peer = one;
          onUpgrade(one.stream, (key) => {
            one.stream.write(switching(key));
            one.stream.pause();
          });
        });
        const bytes = 1 << 20;
        const payload = { minBytes: bytes, maxBytes: bytes, type: 'binary' } as const;
        const heard = open(t, makeSetting(client, transport, keys()?.cert ?? null, payload), port);
        await heard.opened();
        const count = 32;
        heard.connection.send(0, count);
        const { stream } = peer ?? assert.fail();
        stream.write(serverFrame(0x83, 'reserved'));
        assert.equal(await heard.ended(), 'open/protocol-error');
        let received = 0;
        stream.on('data', (chunk) => {
          received += chunk.length;
        });
        // The rest may be cut off by a reset.
        stream.on('error', () => {});
        stream.resume();
        if (!stream.closed) await once(stream, 'close');
        assert.ok(received < count * bytes, `${received} bytes`);
      });

      test('without a close frame the code is 1006, whether TCP ends, is reset, or ends within a frame', async (t) => {
        let peer: Peer | undefined;
        const port = await rawServer(t, keys(), (one) => {
          peer = one;
          onUpgrade(one.stream, (key) => one.stream.write(switching(key)));
        });
        const ends: ((peer: Peer) => void)[] = [
          ({ stream }) => stream.end(),
          ({ stream }) => stream.destroy(),
          ({ reset }) => reset(),
          ({ stream }) => stream.end(serverFrame(0x81, 'cut off').subarray(0, 5)),
        ];
        for (const end of ends) {
          const heard = open(t, setting(), port);
          await heard.opened();
          heard.connection.send(0, 2);
          end(peer ?? assert.fail());
          assert.equal(await heard.ended(), 'open/closed-1006');
          // A scenario may still send because it does not know about the failure yet.
          heard.connection.send(2, 2);
          heard.connection.close(1000);
          await settle();
          assert.equal(heard.events.filter(isEnd).length, 1);
        }
      });

      test('a server that drops the connection instead of answering the close frame has closed it', async (t) => {
        let peer: Peer | undefined;
        const port = await rawServer(t, keys(), (one) => {
          peer = one;
          onUpgrade(one.stream, (key) => one.stream.write(switching(key)));
        });
        for (const drop of [({ stream }: Peer) => stream.end(), ({ reset }: Peer) => reset()]) {
          const heard = open(t, setting(), port);
          await heard.opened();
          const asked = once(peer?.stream ?? assert.fail(), 'data');
          heard.connection.close(1000);
          await asked;
          drop(peer ?? assert.fail());
          assert.equal(await heard.ended(), 'closed');
          await settle();
          assert.deepEqual(
            heard.events.filter((event) => event !== 'batch'),
            ['opened', 'closed'],
          );
        }
      });

      test('nobody listens: tcp/refused', async (t) => {
        const server = net.createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        const port = portOf(server);
        server.close();
        await once(server, 'close');
        assert.equal(await open(t, setting(), port).ended(), 'tcp/refused');
      });

      test('a source address that does not belong to this host: tcp/no-ports', async (t) => {
        const port = await rawServer(t, keys(), () => {});
        const heard = open(t, setting(), port, { source: '192.0.2.1' });
        assert.equal(await heard.ended(), 'tcp/no-ports');
      });
    });
  }

  describe(`${client}: failures of TLS`, { timeout: 120_000, concurrency: 8 }, () => {
    test('the port does not use TLS', async (t) => {
      const answers: ((stream: net.Socket) => void)[] = [
        (stream) => stream.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
        (stream) => stream.write('220 mail.example ESMTP\r\n'),
      ];
      for (const answer of answers) {
        const port = await rawServer(t, null, ({ stream }) => stream.once('data', () => answer(stream)));
        assert.equal(await open(t, makeSetting(client, 'tls', keyPair.cert, SMALL), port).ended(), 'tls/tls');
      }
    });

    test('the server ends or resets the connection during the TLS handshake', async (t) => {
      const ends: ((peer: Peer) => void)[] = [({ stream }) => stream.end(), ({ reset }) => reset()];
      for (const end of ends) {
        const port = await rawServer(t, null, (peer) => peer.stream.once('data', () => end(peer)));
        const heard = open(t, makeSetting(client, 'tls', keyPair.cert, SMALL), port);
        assert.equal(await heard.ended(), 'tls/reset');
        await settle();
        assert.equal(heard.events.length, 1);
      }
    });
  });
}

function byteByByte(stream: net.Socket, bytes: Buffer): void {
  if (bytes.length === 0) stream.end();
  else stream.write(bytes.subarray(0, 1), () => setImmediate(byteByByte, stream, bytes.subarray(1)));
}
