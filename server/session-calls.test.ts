import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerOf } from './answer.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { Rooms } from './rooms.ts';
import { emptyStats } from './running.ts';
import { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { clientFrame, closePayload, serverFrame } from './wire/frame.test.fixture.ts';
import { joinMessage, PUBLICATION_BYTES, placePublication, writePublication } from './wire/publication.ts';

const request = (line: string, ...headers: string[]) =>
  `${[line, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

const HEAD = request(
  'GET /websocket HTTP/1.1',
  ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'],
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
);

/** Creates a session whose carrier records its calls, each write as `send` and its bytes in hexadecimal digits. */
function begin(changes: Partial<SessionContext> = {}) {
  const calls: string[] = [];
  const state = { queued: 0, sends: true };
  const context: SessionContext = {
    ...{ stats: emptyStats(), answer: null, rooms: null, answers: new AnswerBuffer(256) },
    ...{ maxPayloadBytes: 1000, closeAfter: null, log: null },
    ...changes,
  };
  const carrier = {
    send(bytes: Buffer) {
      calls.push(
        bytes.toString('latin1', 0, 5) === 'HTTP/' ? bytes.toString('latin1', 9, 12) : bytes.toString('hex'),
      );
      return state.sends;
    },
    queuedBytes: () => state.queued,
    close: () => void calls.push('close'),
    linger: () => void calls.push('linger'),
    peer: () => 'peer',
  };
  const session = new Session(carrier, context);
  return {
    ...{ session, state, stats: context.stats, context },
    heard: () => calls.splice(0),
    take: (...parts: (Buffer | string)[]) => {
      session.take(Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1'))));
      return calls.splice(0);
    },
  };
}

function opened(changes: Partial<SessionContext> = {}) {
  const open = begin(changes);
  assert.deepEqual(open.take(HEAD), ['101']);
  return open;
}

const hex = (first: number, payload: Buffer | string = '') => serverFrame(first, payload).toString('hex');
const text = (payload: string) => clientFrame(0x81, payload);
const close = (code: number) => clientFrame(0x88, closePayload(code));
const closing = (code: number) => hex(0x88, closePayload(code));

describe('what a session passes to its carrier', () => {
  it('pings while it is open', () => {
    const { session, heard, take } = begin();
    session.ping();
    assert.deepEqual(heard(), []);
    take(HEAD);
    session.ping();
    assert.deepEqual(heard(), ['8900']);
    session.goAway();
    assert.deepEqual(heard(), [closing(1001)]);
    session.ping();
    assert.deepEqual(heard(), []);
  });

  it('closes after the last message that it may answer, or at once', () => {
    const { take, stats } = opened({ closeAfter: 2 });
    assert.deepEqual(take(text('1')), [hex(0x81, '1')]);
    assert.deepEqual(take(text('2'), text('3')), [hex(0x81, '2') + closing(1000)]);
    assert.deepEqual(take(text('4')), []);
    assert.deepEqual(take(close(1000)), ['close']);
    assert.deepEqual([stats.messages, stats.bytes], [2, 2]);
    const none = begin({ closeAfter: 0 });
    assert.deepEqual(none.take(HEAD, text('1')), ['101', closing(1000)]);
    assert.deepEqual(none.stats, {
      connections: { open: 1, total: 1 },
      messages: 0,
      bytes: 0,
      httpRequests: 0,
    });
    const one = opened({
      closeAfter: 1,
      answer: answerOf({ reply: 'you-said', delayMs: 0, burnUs: 0, log: false }),
    });
    assert.deepEqual(one.take(text('1')), [hex(0x81, 'You said: 1') + closing(1000)]);
  });

  it('sends its close frame before the carrier is closed', () => {
    for (const [bytes, code, call] of [
      [close(1000), 1000, 'close'],
      [close(4999), 4999, 'close'],
      [clientFrame(0x88), 1005, 'close'],
      [clientFrame(0x88, Buffer.from('03e8ff', 'hex')), 1007, 'linger'],
      [close(999), 1002, 'linger'],
      [serverFrame(0x81, 'no mask'), 1002, 'linger'],
      [clientFrame(0x81, Buffer.of(0xff)), 1007, 'linger'],
    ] as const) {
      const frame = code === 1005 ? '8800' : closing(code);
      const { take, session, heard } = opened();
      assert.deepEqual(take(text('1'), bytes, text('2')), [hex(0x81, '1') + frame, call]);
      assert.deepEqual(take(close(1000)), []);
      session.goAway();
      assert.deepEqual(heard(), []);
    }
  });

  it('ends only once, whatever follows in the same chunk', () => {
    for (const next of [
      close(1001),
      clientFrame(0x89, 'ping'),
      serverFrame(0x81, 'no mask'),
      clientFrame(0xc1),
    ])
      assert.deepEqual(opened().take(close(1000), next), [closing(1000), 'close']);
    assert.deepEqual(opened().take(clientFrame(0x81, Buffer.of(0xff)), close(1000)), [
      closing(1007),
      'linger',
    ]);
  });

  it('keeps the memory of what the carrier still needs', () => {
    const { take, state, context } = opened();
    const { buffer } = context.answers.bytes();
    take(text('1'));
    assert.equal(context.answers.bytes().buffer, buffer);
    state.sends = false;
    take(text('2'));
    assert.notEqual(context.answers.bytes().buffer, buffer);
  });

  it('answers requests in parts and in a row, and nothing after one that closes', () => {
    const { take, stats, session, heard } = begin();
    const health = request('GET /health HTTP/1.1');
    for (let index = 0; index < 2; index++) {
      assert.deepEqual(take(health.slice(0, 25)), []);
      assert.deepEqual(take(health.slice(25)), ['200']);
    }
    assert.deepEqual(take(health, health, health.slice(0, 3)), ['200', '200']);
    assert.deepEqual(take(health.slice(3), 'junk\r\n\r\n', health), ['200', '400', 'linger']);
    assert.deepEqual(take(health), []);
    session.goAway();
    assert.deepEqual(heard(), []);
    session.ended();
    assert.deepEqual(stats, { connections: { open: 0, total: 0 }, messages: 0, bytes: 0, httpRequests: 6 });
  });

  it('counts rejected requests, but no upgrades', () => {
    const { take, stats } = begin();
    assert.deepEqual(take(HEAD, text('1')), ['101', hex(0x81, '1')]);
    assert.deepEqual(stats, { connections: { open: 1, total: 1 }, messages: 1, bytes: 1, httpRequests: 0 });
    const rejected = begin();
    assert.deepEqual(rejected.take(request('GET / HTTP/1.1')), ['426', 'linger']);
    assert.equal(rejected.stats.httpRequests, 1);
    assert.deepEqual(begin().take('\r\n\r\n'), ['400', 'linger']);
    const large = begin();
    assert.deepEqual(large.take('x'.repeat(16_385)), ['431', 'linger']);
    assert.deepEqual(large.take(HEAD), []);
  });

  it('reads only its part of a chunk', () => {
    const { session, heard } = begin();
    const bytes = Buffer.from(`..${HEAD}..`);
    session.take(bytes, 2, bytes.length - 2);
    assert.deepEqual(heard(), ['101']);
    const frame = Buffer.concat([Buffer.from('..'), text('1'), text('2')]);
    session.take(frame, 2, 2 + text('1').length);
    assert.deepEqual(heard(), [hex(0x81, '1')]);
  });
});

describe('sessions in a room', () => {
  function publication(content: string): Buffer {
    const bytes = Buffer.from('0'.repeat(PUBLICATION_BYTES) + content);
    writePublication(bytes, 5, 77);
    return bytes;
  }

  it('get each publication as a frame of its own, of the kind that was sent, and are counted', () => {
    const rooms = new Rooms<Buffer, Session>();
    const stats = emptyStats();
    const answer = answerOf({ reply: 'rooms', delayMs: 0, burnUs: 0, log: false });
    const [first, second, alone] = [1, 2, 3].map(() => opened({ rooms, stats, answer }));
    assert.ok(first && second && alone);
    const join = joinMessage(3);
    for (const each of [first, second])
      assert.deepEqual(each.take(clientFrame(0x81, join)), [hex(0x81, join)]);
    assert.deepEqual([stats.messages, stats.bytes], [2, 10]);
    for (const [kind, length] of [
      [0x82, 0],
      [0x81, 103],
      [0x82, 500],
    ] as const) {
      const before = { ...stats };
      const bytes = publication('x'.repeat(length));
      const taken = first.take(clientFrame(kind, bytes));
      placePublication(bytes, length === 0 ? 1 : length === 103 ? 2 : 3, 2);
      assert.deepEqual([taken, second.heard(), alone.heard()], [[hex(kind, bytes)], [hex(kind, bytes)], []]);
      assert.deepEqual([stats.messages - before.messages, stats.bytes - before.bytes], [2, 2 * bytes.length]);
    }
  });

  it('are skipped while too much is queued for them, and once they are closing', () => {
    const rooms = new Rooms<Buffer, Session>();
    const answer = answerOf({ reply: 'rooms', delayMs: 0, burnUs: 0, log: false });
    const [first, second] = [1, 2].map(() => opened({ rooms, answer }));
    assert.ok(first && second);
    for (const each of [first, second]) each.take(clientFrame(0x81, joinMessage(3)));
    second.state.queued = 2 ** 20 + 1;
    assert.equal(second.session.queuedBytes(), 2 ** 20 + 1);
    first.take(clientFrame(0x82, publication('')));
    assert.deepEqual([second.heard(), first.stats.messages], [[], 2]);
    second.state.queued = 0;
    second.session.goAway();
    assert.deepEqual(second.heard(), [closing(1001)]);
    first.take(clientFrame(0x82, publication('')));
    assert.deepEqual(second.heard(), []);
    second.session.ended();
    first.take(clientFrame(0x82, publication('')));
    assert.equal(first.stats.messages, 1 + 1 + 2 + 1);
  });
});
