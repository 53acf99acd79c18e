import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AnswerBuffer } from './answer-buffer.ts';
import { serverFrame, unmask } from './frames.ts';
import { LeanConnection } from './lean-connection.ts';
import { emptyStats } from './running.ts';

const HEAD =
  'GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** The example of RFC 6455 section 1.3. */
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** A client's frame: that of a server with the mask bit and a key. */
function clientFrame(first: number, payload: Uint8Array, key = 0x01_f2_03_e4): Buffer {
  const plain = serverFrame(first, payload);
  const at = plain.length - payload.length;
  plain[1] = (plain[1] ?? 0) | 0x80;
  const mask = Buffer.alloc(4);
  mask.writeInt32BE(key);
  unmask(plain, at, plain.length, key);
  return Buffer.concat([plain.subarray(0, at), mask, plain.subarray(at)]);
}

/** A connection on a socket that only takes notes; a write is answered at once unless it is held. */
function connection({ maxPayloadBytes = 1 << 20, hold = false } = {}) {
  const writes: Buffer[] = [];
  const held: (() => void)[] = [];
  const calls: string[] = [];
  const socket = {
    _write(bytes: Buffer, _encoding: string, done: () => void) {
      writes.push(Buffer.from(bytes));
      if (hold) held.push(done);
      else done();
    },
    _read: () => calls.push('read'),
    end: (bytes: Buffer) => {
      writes.push(bytes);
      calls.push('end');
    },
    destroy: () => calls.push('destroy'),
    destroySoon: () => calls.push('destroySoon'),
  } as unknown as Socket;
  const stats = emptyStats();
  const answers = new AnswerBuffer(256);
  const one = new LeanConnection(socket, { stats, answer: null, answers, maxPayloadBytes, log: null });
  return { one, writes, held, calls, stats, sent: () => Buffer.concat(writes).toString('latin1') };
}

function opened(options = {}) {
  const open = connection(options);
  open.one.take(Buffer.from(HEAD));
  open.held.splice(0).forEach((done) => {
    done();
  });
  open.writes.length = 0;
  open.calls.length = 0;
  return open;
}

describe('lean connection', () => {
  it('answers all frames of one chunk in one write', () => {
    const { one, writes, stats } = opened();
    const texts = ['one', '', 'three'.repeat(60), 'four'];
    assert.equal(one.take(Buffer.concat(texts.map((text) => clientFrame(0x81, Buffer.from(text))))), true);
    assert.deepEqual(writes, [Buffer.concat(texts.map((text) => serverFrame(0x81, Buffer.from(text))))]);
    assert.deepEqual([stats.messages, stats.bytes], [4, 307]);
  });

  it('echoes the same however the bytes are split: handshake, fragments, control frames, all lengths', () => {
    const payload = fc
      .oneof({ weight: 4, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.nat(70_000) })
      .map((length) => Buffer.alloc(length, 'abcdefghijk'));
    const message = fc.record({
      kind: fc.constantFrom('text', 'binary', 'fragments', 'ping', 'pong'),
      payload,
      key: fc.integer(),
    });
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), cuts, (messages, where) => {
        const sent: Buffer[] = [Buffer.from(HEAD)];
        const expected: Buffer[] = [Buffer.from(SWITCHED)];
        for (const { kind, payload, key } of messages) {
          const small = payload.subarray(0, 125);
          if (kind === 'text' || kind === 'binary') {
            const first = kind === 'text' ? 0x81 : 0x82;
            sent.push(clientFrame(first, payload, key));
            expected.push(serverFrame(first, payload));
          } else if (kind === 'fragments') {
            const half = payload.length >> 1;
            sent.push(clientFrame(0x01, payload.subarray(0, half), key), clientFrame(0x89, small, key));
            sent.push(
              clientFrame(0x00, payload.subarray(half), key),
              clientFrame(0x80, Buffer.alloc(0), key),
            );
            expected.push(serverFrame(0x8a, small), serverFrame(0x81, payload));
          } else {
            sent.push(clientFrame(kind === 'ping' ? 0x89 : 0x8a, small, key));
            if (kind === 'ping') expected.push(serverFrame(0x8a, small));
          }
        }
        const bytes = Buffer.concat(sent);
        const at = [
          0,
          ...where.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b),
          bytes.length,
        ];
        const { one, writes } = connection();
        for (const [i, from] of at.slice(0, -1).entries()) {
          if (from < (at[i + 1] ?? 0)) one.take(Buffer.from(bytes.subarray(from, at[i + 1])));
        }
        assert.ok(Buffer.concat(writes).equals(Buffer.concat(expected)));
      }),
    );
  });

  it('takes a frame byte by byte', () => {
    const { one, sent } = opened();
    for (const byte of clientFrame(0x82, Buffer.alloc(70_000, 'x'))) one.take(Buffer.of(byte));
    assert.equal(sent(), serverFrame(0x82, Buffer.alloc(70_000, 'x')).toString('latin1'));
  });

  it('is not put off by junk', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
        (isOpen, chunks) => {
          const { one } = isOpen ? opened({ maxPayloadBytes: 1000 }) : connection();
          for (const chunk of chunks) one.take(Buffer.from(chunk));
        },
      ),
    );
  });

  it('answers what came before a breach, then closes with its code and hears no more', () => {
    const good = clientFrame(0x81, Buffer.from('hi'));
    const breaches: [Buffer, number][] = [
      [serverFrame(0x81, Buffer.from('no mask')), 1002],
      [clientFrame(0x80, Buffer.from('continues nothing')), 1002],
      [Buffer.concat([clientFrame(0x01, Buffer.from('a')), clientFrame(0x81, Buffer.from('b'))]), 1002],
      [clientFrame(0x82, Buffer.alloc(1001)), 1009],
      [Buffer.concat([clientFrame(0x01, Buffer.alloc(600)), clientFrame(0x80, Buffer.alloc(600))]), 1009],
    ];
    for (const [breach, code] of breaches) {
      const { one, sent, calls } = opened({ maxPayloadBytes: 1000 });
      one.take(Buffer.concat([good, breach, good]));
      one.take(good);
      const close = Buffer.of(0x88, 2, code >> 8, code & 255);
      assert.equal(sent(), Buffer.concat([serverFrame(0x81, Buffer.from('hi')), close]).toString('latin1'));
      assert.deepEqual(calls, ['end']);
    }
  });

  it('answers a close with its own code and closes', () => {
    for (const [payload, answer] of [
      ['', '8800'],
      ['03e8', '880203e8'],
      ['0fa16279', '88020fa1'],
      ['03', '880203ea'],
      ['03ed', '880203ea'],
    ] as const) {
      const { one, writes, calls } = opened();
      one.take(clientFrame(0x88, Buffer.from(payload, 'hex')));
      assert.equal(Buffer.concat(writes).toString('hex'), answer);
      assert.deepEqual(calls, ['destroySoon']);
    }
  });

  it('says 1001 when the server goes, then waits for the answer and echoes nothing more', () => {
    const { one, writes, calls } = opened();
    one.goAway();
    one.take(clientFrame(0x81, Buffer.from('late')));
    assert.equal(Buffer.concat(writes).toString('hex'), '880203e9');
    one.take(clientFrame(0x88, Buffer.from('03e9', 'hex')));
    assert.equal(Buffer.concat(writes).toString('hex'), '880203e9');
    assert.deepEqual(calls, ['destroySoon']);
  });

  it('stops reading while the kernel takes no more, and goes on when it does', () => {
    const { one, held, calls } = opened({ hold: true });
    assert.equal(one.take(clientFrame(0x81, Buffer.from('a'))), false);
    assert.deepEqual(calls, []);
    held.shift()?.();
    assert.deepEqual(calls, ['read']);
  });
});
