import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { AnswerBuffer } from './answer-buffer.ts';
import { BunCarrier } from './bun-carrier.ts';
import { emptyStats } from './running.ts';
import { clientFrame, serverFrame } from './wire/frame.test.fixture.ts';

const HEAD =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** A carrier of an open WebSocket over a socket that records calls, and accepts `takes(bytes)` bytes of each write. */
function carried(takes: (bytes: number) => number = (bytes) => bytes) {
  const taken: Buffer[] = [];
  const calls: string[] = [];
  const kernel = { takes: (bytes: number) => bytes };
  const note = (call: string) => () => void calls.push(call);
  const socket = {
    write(bytes: Buffer) {
      const count = kernel.takes(bytes.length);
      if (count > 0) taken.push(Buffer.from(bytes.subarray(0, count)));
      return count;
    },
    pause: note('pause'),
    resume: note('resume'),
    end: note('end'),
    shutdown: note('shutdown'),
  } as unknown as Bun.Socket<BunCarrier>;
  const context = {
    stats: emptyStats(),
    answer: null,
    rooms: null,
    maxPayloadBytes: 1000,
    closeAfter: null,
    answers: new AnswerBuffer(256),
    log: null,
  };
  const carrier = new BunCarrier(socket, context);
  carrier.read(Buffer.from(HEAD));
  taken.length = 0;
  kernel.takes = takes;
  return { carrier, taken, calls, kernel };
}

/** Creates a new frame for each use, because a session unmasks it in place. */
const close = () => clientFrame(0x88, Buffer.from('03e9', 'hex'));

describe('carrier on Bun', () => {
  it('answers at once, without pausing or resuming, if the kernel accepts everything', () => {
    const { carrier, taken, calls } = carried();
    carrier.read(clientFrame(0x81, 'hello'));
    carrier.drained();
    assert.deepEqual(Buffer.concat(taken), serverFrame(0x81, 'hello'));
    assert.deepEqual(calls, []);
  });

  it('everything arrives in order, however little the kernel accepts at a time, and nothing is read meanwhile', () => {
    const messages = fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(40), { minLength: 1 }), (texts, appetite) => {
        let turn = 0;
        const { carrier, taken, calls } = carried((bytes) =>
          Math.min(bytes, appetite[turn++ % appetite.length] ?? 0),
        );
        carrier.read(Buffer.concat(texts.map((text) => clientFrame(0x82, text))));
        const all = Buffer.concat(texts.map((text) => serverFrame(0x82, text)));
        assert.equal(calls.at(-1), Buffer.concat(taken).length < all.length ? 'pause' : undefined);
        appetite.push(1);
        while (Buffer.concat(taken).length < all.length) carrier.drained();
        assert.deepEqual(Buffer.concat(taken), all);
        carrier.drained();
        if (calls.length > 0) assert.equal(calls.at(-1), 'resume');
      }),
    );
  });

  it('never overwrites bytes that wait to be sent', () => {
    const { carrier, taken, kernel } = carried(() => 0);
    for (const text of ['one', 'two']) carrier.read(clientFrame(0x81, text));
    kernel.takes = (bytes) => bytes;
    carrier.drained();
    assert.deepEqual(
      Buffer.concat(taken),
      Buffer.concat([serverFrame(0x81, 'one'), serverFrame(0x81, 'two')]),
    );
  });

  it('says whether all bytes were accepted, counts those that wait, and keeps their order', () => {
    const { carrier, taken, calls, kernel } = carried();
    assert.equal(carrier.send(Buffer.from('all')), true);
    assert.equal(carrier.queuedBytes(), 0);
    kernel.takes = () => -1;
    assert.equal(carrier.send(Buffer.from('closed')), true);
    kernel.takes = () => 2;
    assert.equal(carrier.send(Buffer.from('part')), false);
    kernel.takes = (bytes) => bytes;
    assert.equal(carrier.send(Buffer.from('later')), false);
    assert.equal(carrier.send(Buffer.from('last')), false);
    assert.equal(carrier.queuedBytes(), 11);
    carrier.drained();
    assert.deepEqual([Buffer.concat(taken).toString(), carrier.queuedBytes()], ['allpartlaterlast', 0]);
    assert.deepEqual(calls, ['resume']);
  });

  it('does nothing more if the connection is closed while bytes wait', () => {
    const { carrier, calls, kernel } = carried(() => 0);
    carrier.read(clientFrame(0x81, 'hi'));
    kernel.takes = () => -1;
    carrier.drained();
    assert.deepEqual([calls, carrier.queuedBytes()], [['pause'], 4]);
  });

  it('lets a peer that does not read have the close code, then disconnects it', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { carrier, taken, calls, kernel } = carried(() => 0);
    carrier.read(serverFrame(0x81, 'not masked'));
    assert.deepEqual(calls, ['pause']);
    kernel.takes = (bytes) => bytes;
    carrier.drained();
    assert.equal(Buffer.concat(taken).toString('hex'), '880203ea');
    assert.deepEqual(calls, ['pause', 'shutdown', 'resume']);
    t.mock.timers.tick(999);
    assert.deepEqual(calls, ['pause', 'shutdown', 'resume']);
    t.mock.timers.tick(1);
    assert.deepEqual(calls, ['pause', 'shutdown', 'resume', 'end']);
  });

  it('ends a connection once its last bytes have been accepted', () => {
    const { carrier, calls, kernel } = carried(() => 0);
    carrier.read(close());
    assert.deepEqual(calls, ['pause']);
    kernel.takes = (bytes) => bytes;
    carrier.drained();
    assert.deepEqual(calls, ['pause', 'end']);
  });

  it('gives a peer that violated the protocol time to read the close code, then disconnects it', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { carrier, taken, calls } = carried();
    carrier.read(serverFrame(0x81, 'not masked'));
    assert.equal(taken.at(-1)?.toString('hex'), '880203ea');
    assert.deepEqual(calls, ['shutdown']);
    t.mock.timers.tick(1000);
    assert.deepEqual(calls, ['shutdown', 'end']);
  });

  it('a connection that has ended accepts everything', () => {
    const { carrier, calls } = carried(() => -1);
    carrier.read(clientFrame(0x81, 'hello'));
    carrier.read(close());
    carrier.drained();
    assert.deepEqual(calls, ['end']);
  });
});
