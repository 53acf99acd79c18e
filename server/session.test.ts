import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Answer, answerOf } from './answer.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { emptyStats } from './running.ts';
import { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { clientFrame, closePayload, serverFrame } from './wire/frame.test.fixture.ts';

const HEAD =
  'GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** The example of RFC 6455 section 1.3. */
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

interface Options {
  maxPayloadBytes?: number;
  closeAfter?: number | null;
  answer?: Answer | null;
  rooms?: SessionContext['rooms'];
}

/** Creates a session, and records the calls of its carrier. */
function begin({ maxPayloadBytes = 1 << 20, closeAfter = null, answer = null, rooms = null }: Options = {}) {
  const writes: Buffer[] = [];
  const calls: string[] = [];
  const log: string[] = [];
  const carrier = {
    send(bytes: Buffer) {
      writes.push(Buffer.from(bytes));
      return true;
    },
    queuedBytes: () => 0,
    close: () => void calls.push('close'),
    linger: () => void calls.push('linger'),
    peer: () => 'peer',
  };
  const stats = emptyStats();
  const session = new Session(carrier, {
    stats,
    answer,
    rooms,
    answers: new AnswerBuffer(256),
    maxPayloadBytes,
    closeAfter,
    log: (peer) => {
      log.push(`connected ${peer}`);
      return {
        received: (payload, isText) =>
          void log.push(`received ${isText ? payload : payload.toString('hex')}`),
        disconnected: (code) => void log.push(`disconnected ${peer} ${code}`),
      };
    },
  });
  const sent = () => Buffer.concat(writes).toString('hex');
  return { session, writes, calls, log, stats, sent };
}

function opened(options: Options = {}) {
  const open = begin(options);
  open.session.take(Buffer.from(HEAD));
  assert.equal(Buffer.concat(open.writes.splice(0)).toString(), SWITCHED);
  return open;
}

const hex = (...frames: Buffer[]) => Buffer.concat(frames).toString('hex');

describe('session', () => {
  it('answers all frames of one chunk in one write', () => {
    const { session, writes, stats } = opened();
    const texts = ['one', '', 'three'.repeat(60), 'four'];
    session.take(Buffer.concat([...texts.map((text) => clientFrame(0x81, text)), clientFrame(0x89, 'ping')]));
    assert.deepEqual(writes, [
      Buffer.concat([...texts.map((text) => serverFrame(0x81, text)), serverFrame(0x8a, 'ping')]),
    ]);
    assert.deepEqual([stats.messages, stats.bytes], [4, 307]);
  });

  it('produces the same echoes however the bytes are split: handshake, fragments, control frames, all lengths', () => {
    const payload = fc
      .oneof({ weight: 4, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.nat(70_000) })
      .map((length) => Buffer.alloc(length, 'abcdefghijk'));
    const message = fc.record({
      kind: fc.constantFrom('text', 'binary', 'fragments', 'ping', 'pong'),
      payload,
      key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
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
            sent.push(clientFrame(0x00, payload.subarray(half), key), clientFrame(0x80, '', key));
            expected.push(serverFrame(0x8a, small), serverFrame(0x81, payload));
          } else {
            sent.push(clientFrame(kind === 'ping' ? 0x89 : 0x8a, small, key));
            if (kind === 'ping') expected.push(serverFrame(0x8a, small));
          }
        }
        const bytes = Buffer.concat(sent);
        const at = where.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
        const { session, writes } = begin();
        for (const [i, from] of [0, ...at].entries()) session.take(Buffer.from(bytes.subarray(from, at[i])));
        assert.ok(Buffer.concat(writes).equals(Buffer.concat(expected)));
      }),
    );
  });

  it('survives junk', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
        (isOpen, chunks) => {
          const { session, calls } = isOpen ? opened({ maxPayloadBytes: 1000 }) : begin();
          for (const chunk of chunks) session.take(Buffer.from(chunk));
          assert.ok(calls.length <= 1, 'a connection ends once');
        },
      ),
    );
  });

  it('answers what arrived before a violation, then closes with its code and ignores further input', () => {
    const good = clientFrame(0x81, 'hi');
    const breaches: [Buffer, number][] = [
      [serverFrame(0x81, 'no mask'), 1002],
      [clientFrame(0x80, 'continues nothing'), 1002],
      [Buffer.concat([clientFrame(0x01, 'a'), clientFrame(0x81, 'b')]), 1002],
      [clientFrame(0x82, Buffer.alloc(1001)), 1009],
      [Buffer.concat([clientFrame(0x01, Buffer.alloc(600)), clientFrame(0x80, Buffer.alloc(600))]), 1009],
    ];
    for (const [breach, code] of breaches) {
      const { session, sent, calls, log, stats } = opened({ maxPayloadBytes: 1000 });
      session.take(Buffer.concat([good, breach, good]));
      session.take(good);
      session.goAway();
      assert.equal(sent(), hex(serverFrame(0x81, 'hi'), serverFrame(0x88, closePayload(code))));
      assert.deepEqual(calls, ['linger']);
      session.ended();
      assert.deepEqual(log, ['connected peer', `disconnected peer ${code}`]);
      assert.deepEqual([stats.messages, stats.connections.open], [1, 0]);
    }
  });

  it('echoes a text if it is UTF-8 and otherwise closes with 1007, however it is fragmented', () => {
    const spoilt = fc
      .tuple(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(), fc.integer({ min: 0x80, max: 0xff }))
      .map(([text, where, byte]) => {
        const bytes = Buffer.from(text);
        if (bytes.length > 0) bytes[where % bytes.length] = byte;
        return bytes;
      });
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }).map((valid) => Buffer.from(valid)),
      spoilt,
    );
    const cuts = fc.array(fc.nat(200), { maxLength: 3 });
    fc.assert(
      fc.property(text, cuts, fc.boolean(), (bytes, where, echoes) => {
        const answer: Answer | null = echoes ? null : (payload, send) => send(payload);
        const { session, sent } = opened({ answer });
        const at = where.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b);
        for (const [i, from] of [0, ...at].entries()) {
          const opcode = i === 0 ? 0x01 : 0x00;
          session.take(clientFrame(i === at.length ? opcode | 0x80 : opcode, bytes.subarray(from, at[i])));
        }
        const expected = isUtf8(bytes) ? serverFrame(0x81, bytes) : serverFrame(0x88, closePayload(1007));
        assert.equal(sent(), hex(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('answers a close frame with the same code, closes, and ignores further input', () => {
    for (const [code, payload] of [
      [1005, Buffer.alloc(0)],
      [1000, closePayload(1000)],
      [4001, closePayload(4001, 'by')],
    ] as const) {
      const { session, sent, calls, log } = opened();
      session.take(Buffer.concat([clientFrame(0x88, payload), clientFrame(0x81, 'late')]));
      session.take(clientFrame(0x88, payload));
      assert.equal(sent(), hex(serverFrame(0x88, payload.subarray(0, 2))));
      assert.deepEqual(calls, ['close']);
      session.ended();
      assert.equal(log[1], `disconnected peer ${code}`);
    }
  });

  it('rejects a close code that may not be sent', () => {
    for (const payload of [Buffer.of(3), closePayload(1005)]) {
      const { session, sent, calls } = opened();
      session.take(clientFrame(0x88, payload));
      assert.equal(sent(), hex(serverFrame(0x88, closePayload(1002))));
      assert.deepEqual(calls, ['linger']);
    }
  });

  it('sends 1001 when the server stops, then waits for the answer and echoes nothing more', () => {
    const { session, sent, calls, stats } = opened();
    const goodbye = hex(serverFrame(0x88, closePayload(1001)));
    session.goAway();
    session.goAway();
    session.take(Buffer.concat([clientFrame(0x81, 'late'), clientFrame(0x89, 'late')]));
    assert.deepEqual([sent(), calls], [goodbye, []]);
    session.take(clientFrame(0x88, closePayload(1001)));
    assert.deepEqual([sent(), calls], [goodbye, ['close']]);
    assert.equal(stats.messages, 0);
  });

  it('sends no second close frame to a peer that violates the protocol during the closing handshake', () => {
    const { session, sent, calls } = opened();
    session.goAway();
    session.take(serverFrame(0x81, 'no mask'));
    assert.deepEqual([sent(), calls], [hex(serverFrame(0x88, closePayload(1001))), ['linger']]);
  });

  it('closes a connection that is not a WebSocket yet when the server stops', () => {
    const { session, calls, log, stats } = begin();
    session.take(Buffer.from(HEAD.slice(0, 20)));
    session.goAway();
    session.ended();
    assert.deepEqual([calls, log, stats.connections], [['close'], [], { open: 0, total: 0 }]);
  });

  it('logs 1006 if a connection ends without a close frame', () => {
    const { session, log, stats } = opened();
    assert.deepEqual(stats.connections, { open: 1, total: 1 });
    session.ended();
    assert.deepEqual(log, ['connected peer', 'disconnected peer 1006']);
    assert.deepEqual(stats.connections, { open: 0, total: 1 });
  });

  it('serves requests one after the other, then a WebSocket, on one connection', () => {
    const { session, writes, stats } = begin();
    session.take(Buffer.from(`GET /health HTTP/1.1\r\nHost: x\r\n\r\n${HEAD}`));
    session.take(clientFrame(0x81, 'hi'));
    assert.deepEqual(
      writes.map((bytes) => bytes.toString('latin1').slice(0, 12)),
      ['HTTP/1.1 200', 'HTTP/1.1 101', '\x81\x02hi'],
    );
    assert.deepEqual([stats.httpRequests, stats.connections.total], [1, 1]);
  });

  it('accepts a request head of 16 KiB, and rejects a larger one as soon as its size is exceeded', () => {
    const head = (bytes: number) => {
      const start = 'GET /health HTTP/1.1\r\nHost: x\r\nX: ';
      return `${start}${'x'.repeat(bytes - start.length)}`;
    };
    const status = (text: string, cut = text.length) => {
      const { session, writes, calls } = begin();
      session.take(Buffer.from(text.slice(0, cut)));
      session.take(Buffer.from(text.slice(cut)));
      return [...writes.map((bytes) => bytes.toString('latin1', 9, 12)), ...calls];
    };
    assert.deepEqual(status(`${head(16_384)}\r\n\r\n`), ['200']);
    assert.deepEqual(status(`${head(16_384)}\r\n\r\n`, 1000), ['200']);
    assert.deepEqual(status(`${head(16_385)}\r\n\r\n`), ['431', 'linger']);
    assert.deepEqual(status(head(16_384)), []);
    assert.deepEqual(status(head(16_385), 9000), ['431', 'linger']);
    assert.deepEqual(status(`\r\n\r\n${'x'.repeat(16_385)}`), ['400', 'linger']);
  });

  it('passes the plain payload to `answer`, and sends the reply if the connection is still open', () => {
    const due: (() => void)[] = [];
    const answer: Answer = (payload, send) =>
      due.push(() => send(Buffer.from(payload.toString().toUpperCase())));
    const { session, sent, stats } = opened({ answer });
    const chunk = Buffer.concat(['one', 'two', 'three'].map((text) => clientFrame(0x81, text)));
    session.take(chunk);
    chunk.fill(0);
    due.shift()?.();
    due.shift()?.();
    assert.equal(sent(), hex(serverFrame(0x81, 'ONE'), serverFrame(0x81, 'TWO')));
    session.ended();
    due.shift()?.();
    assert.deepEqual([stats.messages, stats.bytes], [2, 6]);
    assert.equal(sent(), hex(serverFrame(0x81, 'ONE'), serverFrame(0x81, 'TWO')));
  });

  it('replies "You said" to the complete message, however masked and fragmented, and applies the limit to the message', () => {
    const youSaid = answerOf({ reply: 'you-said', delayMs: 0, burnUs: 0, log: false });
    const message = fc.record({
      text: fc.string({ unit: 'binary', maxLength: 300 }),
      binary: fc.boolean(),
      key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      cuts: fc.array(fc.nat(600), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        (messages, limit) => {
          const { session, sent, stats, calls } = opened({ answer: youSaid, maxPayloadBytes: limit });
          const expected: Buffer[] = [];
          const tooLong = messages.findIndex(({ text }) => Buffer.byteLength(text) > limit);
          for (const [i, { text, binary, key, cuts }] of messages.entries()) {
            const bytes = Buffer.from(text);
            const at = cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b);
            for (const [part, from] of [0, ...at].entries()) {
              const opcode = part > 0 ? 0x00 : binary ? 0x02 : 0x01;
              const last = part === at.length ? 0x80 : 0;
              session.take(clientFrame(opcode | last, bytes.subarray(from, at[part]), key));
            }
            if (tooLong < 0 || i < tooLong)
              expected.push(
                serverFrame(binary ? 0x82 : 0x81, Buffer.concat([Buffer.from('You said: '), bytes])),
              );
          }
          if (tooLong >= 0) expected.push(serverFrame(0x88, closePayload(1009)));
          assert.equal(sent(), hex(...expected));
          assert.deepEqual(calls, tooLong < 0 ? [] : ['linger']);
          assert.equal(stats.messages, tooLong < 0 ? messages.length : tooLong);
        },
      ),
    );
  });

  it('logs each message that it answers, and still echoes it', () => {
    const logged = answerOf({ reply: 'echo', delayMs: 0, burnUs: 0, log: true });
    const { session, sent, log } = opened({ answer: logged });
    session.take(Buffer.concat([clientFrame(0x81, 'ü'), clientFrame(0x82, Buffer.of(1, 0xfe))]));
    session.take(clientFrame(0x81, Buffer.of(0xff)));
    session.ended();
    assert.equal(
      sent(),
      hex(
        serverFrame(0x81, 'ü'),
        serverFrame(0x82, Buffer.of(1, 0xfe)),
        serverFrame(0x88, closePayload(1007)),
      ),
    );
    assert.deepEqual(log, ['connected peer', 'received ü', 'received 01fe', 'disconnected peer 1007']);
  });
});
