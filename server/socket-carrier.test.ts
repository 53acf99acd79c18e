import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { AnswerBuffer } from './answer-buffer.ts';
import { emptyStats } from './running.ts';
import { SocketCarrier } from './socket-carrier.ts';
import { clientFrame, serverFrame } from './wire/frame.test.fixture.ts';

const HEAD =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

type Done = (error?: Error) => void;

/** A carrier of an open WebSocket over a socket that records calls. `taken` holds the callbacks of its writes. */
function carried(onWrite?: (done: Done) => void) {
  const writes: Buffer[] = [];
  const taken: Done[] = [];
  const calls: string[] = [];
  const socket = {
    _write(bytes: Buffer, _encoding: string, done: Done) {
      writes.push(bytes);
      if (onWrite === undefined) taken.push(done);
      else onWrite(done);
    },
    _read: (bytes: number) => calls.push(bytes === 0 ? 'read' : `read ${bytes}`),
    _handle: { writeQueueSize: 7 } as { writeQueueSize?: number } | null,
    end: () => calls.push('end'),
    destroy: () => calls.push('destroy'),
    destroySoon: () => calls.push('destroySoon'),
  } as unknown as Socket;
  const context = {
    stats: emptyStats(),
    answer: null,
    rooms: null,
    maxPayloadBytes: 1000,
    closeAfter: null,
    answers: new AnswerBuffer(256),
    log: null,
  };
  const carrier = new SocketCarrier(socket, context);
  const head = Buffer.from(HEAD);
  const readsOn = carrier.read(head, head.length);
  return { carrier, socket, writes, taken, calls, readsOn };
}

describe('socket carrier', () => {
  it('stops reading until the kernel has accepted every write, and does not modify the bytes until then', () => {
    const { carrier, writes, taken, calls, readsOn } = carried();
    assert.equal(readsOn, false);
    carrier.session.goAway();
    assert.equal(writes.length, 2);
    taken[0]?.();
    assert.deepEqual(calls, []);
    taken[1]?.();
    assert.deepEqual(calls, ['read']);
    const chunk = clientFrame(0x88, Buffer.from('03e9', 'hex'));
    assert.equal(carrier.read(chunk, chunk.length), true);
    assert.deepEqual(calls, ['read', 'destroySoon']);
  });

  it('does not read again after writes that end while it has not stopped', () => {
    const { carrier, taken, calls } = carried();
    taken[0]?.();
    assert.deepEqual(calls, ['read']);
    assert.equal(carrier.send(Buffer.from('later')), false);
    taken[1]?.();
    assert.deepEqual(calls, ['read']);
  });

  it('reports how many bytes wait to be sent, as far as the system tells', () => {
    const { carrier, socket, taken } = carried();
    assert.equal(carrier.queuedBytes(), 7);
    for (const handle of [{}, null]) {
      Object.assign(socket, { _handle: handle });
      assert.equal(carrier.queuedBytes(), 0);
    }
    Object.assign(socket, { _handle: { writeQueueSize: 9 } });
    assert.equal(carrier.queuedBytes(), 9);
    taken[0]?.();
    assert.equal(carrier.queuedBytes(), 0);
  });

  it('continues reading if the kernel accepts a write at once', () => {
    const { carrier, taken, calls } = carried((done) => done());
    const chunk = clientFrame(0x81, 'hi');
    assert.equal(carrier.read(chunk, chunk.length), true);
    assert.deepEqual([taken.length, calls], [0, []]);
  });

  it('never reuses a buffer that the kernel has not accepted', () => {
    const { carrier, writes, taken } = carried();
    taken[0]?.();
    for (const text of ['one', 'two']) {
      const chunk = clientFrame(0x81, text);
      carrier.read(chunk, chunk.length);
    }
    assert.deepEqual(writes.slice(1).map(Buffer.from as (bytes: Buffer) => Buffer), [
      serverFrame(0x81, 'one'),
      serverFrame(0x81, 'two'),
    ]);
  });

  it('reads only as many bytes as the socket has read', () => {
    const { carrier, writes, taken } = carried();
    taken[0]?.();
    const chunk = Buffer.concat([clientFrame(0x81, 'read'), clientFrame(0x81, 'left from before')]);
    carrier.read(chunk, 10);
    assert.deepEqual(writes[1], serverFrame(0x81, 'read'));
    assert.equal(writes.length, 2);
  });

  it('disconnects a client if a write fails', () => {
    const { taken, calls } = carried();
    taken[0]?.(new Error('reset'));
    assert.deepEqual(calls, ['destroy']);
  });

  it('gives a peer that violated the protocol time to read the close code, then disconnects it', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { carrier, writes, calls } = carried();
    const chunk = serverFrame(0x81, 'not masked');
    carrier.read(chunk, chunk.length);
    assert.equal(writes.at(-1)?.toString('hex'), '880203ea');
    assert.deepEqual(calls, ['end']);
    t.mock.timers.tick(1000);
    assert.deepEqual(calls, ['end', 'destroy']);
  });
});
