import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { before, describe, type TestContext, test } from 'node:test';
import type tls from 'node:tls';
import fc from 'fast-check';
import { CARRIERS_HERE } from '../../../server/ring/ring.test.fixture.ts';
import { makeKeyPair } from '../../../test/key-pair.ts';
import { type KeyPair, portOf, rawServer, settle } from '../connections/connection.test.fixture.ts';
import type { Carrier, CarrierTls, OpenCarrier, Source } from './carrier.ts';
import { carriersHere, ON_BUN } from './engine.ts';
import { TlsSessions } from './tls-sessions.ts';

/** Tests every engine's carriers against the contract in carrier.ts. */

const HOST = '127.0.0.1';
const ENGINE = ON_BUN ? 'bun' : 'node';
/** Error code for an untrusted certificate: BoringSSL's on Bun, OpenSSL's on Node. */
const UNTRUSTED = ON_BUN ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' : 'DEPTH_ZERO_SELF_SIGNED_CERT';
const carriersOfEngine = await carriersHere('sockets');
const onTcp = { sockets: carriersOfEngine.tcp, io_uring: (await carriersHere('io_uring')).tcp };

let keys: KeyPair;
before(async () => {
  keys = await makeKeyPair();
});

const secured = (changes: Partial<CarrierTls> = {}) =>
  carriersOfEngine.tls(HOST, {
    servername: 'localhost',
    alpn: ['http/1.1'],
    ca: keys.cert,
    sessions: null,
    ...changes,
  });

/** Reads each connection in portions of `bytesATurn` bytes, with a pause of one millisecond between them. */
function slowReader() {
  let pace = 0;
  let done: (digest: string) => void = () => {};
  return {
    /** Resolves with the digest of everything that the next connection sends. */
    next: (bytesATurn: number) =>
      new Promise<string>((resolve) => {
        pace = bytesATurn;
        done = resolve;
      }),
    read(stream: net.Socket): void {
      const digest = createHash('sha256');
      let budget = pace;
      // Makes the client read the session tickets: closing with unread data would reset the connection.
      stream.write('hello');
      stream.on('end', () => done(digest.digest('hex')));
      stream.on('data', (bytes: Buffer) => {
        digest.update(bytes);
        budget -= bytes.length;
        if (budget > 0) return;
        budget = pace;
        stream.pause();
        setTimeout(() => stream.resume(), 1);
      });
    },
  };
}

interface Heard {
  carrier: Carrier;
  events: string[];
  received: Buffer;
  /** Whether the TLS handshake resumed a session, as the carrier reported it; null until then. */
  resumed: boolean | null;
  /** Resolves when any of these events has been emitted. */
  until(...events: string[]): Promise<void>;
}

function open(t: TestContext, openCarrier: OpenCarrier, port: number, source: Source | null = null): Heard {
  let check = () => {};
  const note = (event: string) => {
    if (heard.events.at(-1) !== event) heard.events.push(event);
    check();
  };
  const heard: Heard = {
    carrier: openCarrier(source, port, {
      connected: () => note('connected'),
      secured(alpn, resumed) {
        heard.resumed = resumed;
        note(`secured ${alpn}`);
      },
      data(buffer, from, to) {
        heard.received = Buffer.concat([heard.received, buffer.subarray(from, to)]);
        note('data');
      },
      drained: () => note('drained'),
      closed: () => note('closed'),
      error: (code) => note(`error ${code}`),
    }),
    events: [],
    received: Buffer.alloc(0),
    resumed: null,
    until: (...events) =>
      new Promise((resolve) => {
        check = () => events.some((event) => heard.events.includes(event)) && resolve();
        check();
      }),
  };
  assert.deepEqual(heard.events, [], 'no event is emitted during the call');
  t.after(() => heard.carrier.destroy());
  return heard;
}

for (const kind of [...CARRIERS_HERE, 'tls'] as const) {
  const secure = kind === 'tls';
  const serverKeys = () => (secure ? keys : null);
  const carriers = () => (kind === 'tls' ? secured() : onTcp[kind](HOST));
  const ready = secure ? 'secured http/1.1' : 'connected';
  const alpn = { ALPNProtocols: ['h2', 'http/1.1'] };

  /**
   * A carrier that is ready, and the other end of its connection, which does not read. With TLS 1.3 the client may
   * be ready well before the server has a stream.
   */
  async function pair(t: TestContext): Promise<{ heard: Heard; stream: net.Socket }> {
    let accept: (stream: net.Socket) => void = () => {};
    const accepted = new Promise<net.Socket>((resolve) => {
      accept = resolve;
    });
    const serve = ({ stream }: { stream: net.Socket }) => accept(stream.pause());
    const port = await rawServer(t, serverKeys(), serve, alpn);
    const heard = open(t, carriers(), port);
    await heard.until(ready);
    return { heard, stream: await accepted };
  }

  describe(`${ENGINE} over ${secure ? 'TLS' : `TCP on ${kind}`}`, { timeout: 300_000 }, () => {
    test('connects, carries bytes both ways, and reports when the peer ends the connection', async (t) => {
      const port = await rawServer(
        t,
        serverKeys(),
        ({ stream }) => stream.once('data', (bytes) => stream.end(bytes)),
        alpn,
      );
      const heard = open(t, carriers(), port);
      await heard.until(ready);
      const taken = heard.carrier.write(Buffer.from('hello, and more'), 5);
      await heard.until('closed');
      assert.deepEqual(
        heard.events.filter((event) => event !== 'drained'),
        ['connected', ...(secure ? ['secured http/1.1'] : []), 'data', 'closed'],
      );
      assert.equal(heard.events.includes('drained'), !taken);
      assert.equal(heard.received.toString(), 'hello');
    });

    test('a source port can be used again while its last connection is in TIME_WAIT', async (t) => {
      const localAddress = '127.0.77.7';
      const reserved = net.createServer().listen(0, localAddress);
      await once(reserved, 'listening');
      const source = { localAddress, localPort: portOf(reserved) };
      reserved.close();
      await once(reserved, 'close');
      for (let time = 0; time < 2; time++) {
        let ended = () => {};
        const over = new Promise<void>((resolve) => {
          ended = resolve;
        });
        const port = await rawServer(
          t,
          serverKeys(),
          ({ stream }) => stream.on('close', ended).resume(),
          alpn,
        );
        const heard = open(t, carriers(), port, source);
        await heard.until(ready, 'error EADDRINUSE');
        assert.equal(heard.events.at(-1), ready);
        heard.carrier.end();
        await over;
        heard.carrier.destroy();
      }
    });

    test('bytes that the system does not accept at once are kept, and drained reports when they are accepted', async (t) => {
      const { heard, stream } = await pair(t);
      // More than the socket buffers of both sides can hold.
      const large = Buffer.alloc(32 << 20, 'x');
      assert.equal(heard.carrier.write(large, large.length), false);
      await settle();
      assert.ok(!heard.events.includes('drained'), 'drained although nothing was read');
      let bytes = 0;
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      stream.resume();
      await heard.until('drained');
      heard.carrier.end();
      await once(stream, 'end');
      assert.equal(bytes, large.length);
    });

    test('everything arrives complete and in order, however slowly it is read', async (t) => {
      const reader = slowReader();
      const port = await rawServer(t, serverKeys(), ({ stream }) => reader.read(stream), alpn);
      const sizes = fc.array(fc.integer({ min: 1, max: 4 << 20 }), { minLength: 1, maxLength: 4 });
      const property = fc.asyncProperty(
        sizes,
        fc.integer({ min: 200_000, max: 1_000_000 }),
        async (list, pace) => {
          const expected = createHash('sha256');
          const arrived = reader.next(pace);
          const heard = open(t, carriers(), port);
          await heard.until('data');
          for (const size of list) {
            const bytes = randomBytes(size);
            expected.update(bytes);
            heard.events.length = 0;
            if (!heard.carrier.write(bytes, size)) await heard.until('drained');
          }
          heard.carrier.end();
          assert.equal(await arrived, expected.digest('hex'));
        },
      );
      await fc.assert(property, { numRuns: 8 });
    });

    test('end first sends the data already written', async (t) => {
      const got: Buffer[] = [];
      const ended = new Promise<void>((resolve) => {
        void rawServer(
          t,
          serverKeys(),
          ({ stream }) => stream.on('data', (bytes) => got.push(bytes)).on('end', resolve),
          alpn,
        ).then((port) => {
          const heard = open(t, carriers(), port);
          void heard.until(ready).then(() => {
            heard.carrier.write(Buffer.from('last words'), 10);
            heard.carrier.end();
          });
        });
      });
      await ended;
      assert.equal(Buffer.concat(got).toString(), 'last words');
    });

    test('after destroy or end, no event is emitted and a write returns true', async (t) => {
      const port = await rawServer(t, serverKeys(), ({ stream }) => stream.on('data', () => {}), alpn);
      for (const leave of ['destroy', 'end'] as const) {
        const heard = open(t, carriers(), port);
        await heard.until(ready);
        const before = [...heard.events];
        heard.carrier[leave]();
        assert.equal(heard.carrier.write(Buffer.from('x'), 1), true);
        await settle();
        assert.deepEqual(heard.events, before);
      }
    });

    test('after the peer has closed, a write returns true and no further event is emitted', async (t) => {
      const { heard, stream } = await pair(t);
      stream.resume().end();
      await heard.until('closed');
      const before = [...heard.events];
      assert.equal(heard.carrier.write(Buffer.from('x'), 1), true);
      await settle();
      assert.deepEqual(heard.events, before);
    });

    test('a write that is accepted after end or destroy emits no event', async (t) => {
      for (const leave of ['destroy', 'end'] as const) {
        const { heard, stream } = await pair(t);
        const closed = new Promise((resolve) => stream.on('close', resolve));
        const before = [...heard.events];
        const large = Buffer.alloc(32 << 20, 'x');
        assert.equal(heard.carrier.write(large, large.length), false);
        heard.carrier[leave]();
        stream.on('data', () => {}).resume();
        t.after(() => assert.deepEqual(heard.events, before));
        await closed;
        await settle();
      }
    });

    test('data that arrives during a pause is reported only after resume, and then completely', async (t) => {
      const { heard, stream } = await pair(t);
      const sent = randomBytes(1 << 20);
      const isWhole = new Promise<void>((resolve) => {
        const look = setInterval(() => {
          if (heard.received.length >= sent.length) resolve();
        }, 5);
        t.after(() => clearInterval(look));
      });
      heard.carrier.pause();
      stream.write(sent);
      await settle();
      assert.equal(heard.received.length, 0);
      heard.carrier.resume();
      await isWhole;
      assert.ok(heard.received.equals(sent));
      // Pause again after data has been read.
      heard.carrier.pause();
      stream.write('more');
      await settle();
      assert.equal(heard.received.length, sent.length);
      heard.events.length = 0;
      heard.carrier.resume();
      await heard.until('data');
      assert.equal(heard.received.toString('latin1', sent.length), 'more');
    });

    test('a paused carrier still writes', async (t) => {
      const { heard, stream } = await pair(t);
      heard.carrier.pause();
      heard.carrier.write(Buffer.from('hello'), 5);
      stream.resume();
      const [bytes] = (await once(stream, 'data')) as [Buffer];
      assert.equal(bytes.toString(), 'hello');
    });

    test('connecting to a port without a listener reports the system’s error code', async (t) => {
      const server = net.createServer().listen(0, HOST);
      await once(server, 'listening');
      const port = portOf(server);
      server.close();
      await once(server, 'close');
      const heard = open(t, carriers(), port);
      await heard.until('error ECONNREFUSED');
      assert.equal(heard.carrier.write(Buffer.from('x'), 1), true);
      await settle();
      assert.deepEqual(heard.events, ['error ECONNREFUSED']);
    });
  });
}

describe(`TLS of ${ENGINE}`, { timeout: 120_000 }, () => {
  test('the chain and name of a certificate are verified only if authorities are given', async (t) => {
    const port = await rawServer(t, keys, () => {});
    const other = await makeKeyPair();
    const refusals: [Partial<CarrierTls>, string][] = [
      [{ ca: other.cert }, `error ${UNTRUSTED}`],
      [{ servername: 'example.org' }, 'error ERR_TLS_CERT_ALTNAME_INVALID'],
    ];
    for (const [changes, expected] of refusals) {
      const heard = open(t, secured(changes), port);
      await heard.until(expected);
      assert.deepEqual(heard.events, ['connected', expected]);
    }
    const unchecked = open(t, secured({ ca: null, servername: 'example.org' }), port);
    await unchecked.until('secured null');
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`sessions are kept and resumed if requested, over ${maxVersion}`, async (t) => {
      const atServer: boolean[] = [];
      const serve = ({ stream }: { stream: net.Socket }) => {
        atServer.push((stream as tls.TLSSocket).isSessionReused());
        stream.write('hello');
      };
      const port = await rawServer(t, keys, serve, { maxVersion });
      const sessions = new TlsSessions();
      // The first connection may receive data before its session.
      const kept = new Promise<void>((resolve) => {
        const keep = sessions.keep.bind(sessions);
        sessions.keep = (session) => {
          keep(session);
          resolve();
        };
      });
      const resuming = secured({ sessions });
      const atClient: (boolean | null)[] = [];
      for (const openCarrier of [resuming, resuming, resuming, secured()]) {
        const heard = open(t, openCarrier, port);
        await heard.until('data');
        atClient.push(heard.resumed);
        await kept;
      }
      assert.deepEqual(atServer, [false, true, true, false]);
      assert.deepEqual(atClient, atServer);
    });
});
