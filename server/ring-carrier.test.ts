import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { AnswerBuffer } from './answer-buffer.ts';
import { answer, memoryAt, RingCarrier } from './ring/libc.test.fixture.ts';
import { makeHost, settle, takeTurns } from './ring/ring-connection.test.fixture.ts';
import type { RingLoop } from './ring/ring-loop.ts';
import { emptyStats } from './running.ts';
import type { SessionContext } from './session-context.ts';
import { clientFrame, serverFrame } from './wire/frame.test.fixture.ts';

const HEAD =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** Carries an open WebSocket over a simulated socket that has room for `room` bytes. */
function carried(room = 1e6) {
  const host = makeHost({
    sqEntries: 8,
    cqEntries: 8,
    received: { count: 4, size: 4096 },
    sent: { count: 2, size: 16 },
  });
  const fd = host.kernel.socket(1e6);
  const socket = host.kernel.at(fd);
  const ended: unknown[] = [];
  const context: SessionContext = {
    stats: emptyStats(),
    answer: null,
    rooms: null,
    maxPayloadBytes: 1000,
    closeAfter: null,
    answers: new AnswerBuffer(256),
    log: null,
  };
  const carrier = new RingCarrier(host as unknown as RingLoop, fd, context, (each) => ended.push(each));
  const receive = (bytes: Buffer | string) => {
    socket.incoming = Buffer.concat([socket.incoming, Buffer.from(bytes)]);
    takeTurns(host);
  };
  receive(HEAD);
  assert.match(socket.outgoing.toString(), /^HTTP\/1\.1 101 /);
  socket.outgoing = Buffer.alloc(0);
  socket.room = room;
  const drain = () => {
    socket.room = 1e6;
    takeTurns(host);
  };
  return { carrier, socket, ended, context, receive, drain, turns: () => takeTurns(host) };
}

describe('carrier on a ring', () => {
  it('answers what it receives', () => {
    const { carrier, socket, receive, ended } = carried();
    receive(clientFrame(0x81, 'hello'));
    assert.deepEqual(socket.outgoing, serverFrame(0x81, 'hello'));
    assert.deepEqual([carrier.queuedBytes(), ended, socket.isClosed], [0, [], false]);
    carrier.connected();
    assert.deepEqual(ended, []);
  });

  it('keeps the order of what the system does not accept, and reads nothing meanwhile', async () => {
    const { carrier, socket, receive, drain } = carried(3);
    assert.equal(carrier.send(Buffer.from('one')), true);
    assert.equal(carrier.send(Buffer.alloc(20, '2')), false);
    assert.equal(carrier.send(Buffer.from('three')), false);
    assert.equal(carrier.send(Buffer.from('four')), false);
    assert.equal(carrier.queuedBytes(), 3 + 20 + 5 + 4);
    receive(clientFrame(0x81, 'echo'));
    receive(clientFrame(0x81, 'held'));
    assert.equal(socket.outgoing.toString(), 'one');
    assert.deepEqual(socket.incoming, clientFrame(0x81, 'held'));
    drain();
    await settle();
    drain();
    const frames = [serverFrame(0x81, 'echo'), serverFrame(0x81, 'held')];
    assert.equal(
      socket.outgoing.toString('latin1'),
      `one${'2'.repeat(20)}threefour${Buffer.concat(frames).toString('latin1')}`,
    );
    assert.equal(carrier.queuedBytes(), 0);
    assert.equal(carrier.send(Buffer.from('!')), true);
  });

  it('waits again if what was waiting is not accepted either', () => {
    const { carrier, socket, turns } = carried(5);
    assert.equal(carrier.send(Buffer.alloc(20, '1')), false);
    for (const text of ['2', '3', '4']) carrier.send(Buffer.alloc(20, text));
    turns();
    for (const [room, outgoing, queued] of [
      [20, 25, 55],
      [10, 35, 45],
      [45, 80, 0],
    ] as const) {
      socket.room = room;
      turns();
      assert.deepEqual([socket.outgoing.length, carrier.queuedBytes()], [outgoing, queued]);
    }
    assert.equal(
      socket.outgoing.toString(),
      '1234'.replace(/./g, (digit) => digit.repeat(20)),
    );
  });

  it('closes at once if nothing waits, and otherwise after the last byte', () => {
    const idle = carried();
    idle.carrier.close();
    assert.deepEqual(idle.ended, [idle.carrier]);
    idle.turns();
    assert.equal(idle.socket.isClosed, true);

    const busy = carried(0);
    busy.carrier.send(Buffer.alloc(20, '1'));
    busy.carrier.send(Buffer.alloc(20, '2'));
    busy.carrier.close();
    busy.turns();
    assert.deepEqual([busy.ended, busy.socket.isClosed], [[], false]);
    // The first of the two.
    busy.socket.room = 20;
    busy.turns();
    assert.deepEqual([busy.ended, busy.socket.isClosed, busy.carrier.queuedBytes()], [[], false, 20]);
    busy.drain();
    assert.deepEqual([busy.ended, busy.socket.isClosed], [[busy.carrier], true]);
    assert.equal(busy.socket.outgoing.toString(), '1'.repeat(20) + '2'.repeat(20));
  });

  it('lets a peer read the close code for a second, then disconnects it', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    for (const isBusy of [false, true]) {
      const { carrier, socket, ended, drain, turns } = carried(isBusy ? 0 : 1e6);
      if (isBusy) for (const text of '12') carrier.send(Buffer.alloc(20, text));
      carrier.linger();
      turns();
      assert.equal(socket.shut, isBusy ? null : 1);
      if (isBusy) socket.room = 20;
      turns();
      assert.deepEqual([socket.shut, socket.outgoing.length], isBusy ? [null, 20] : [1, 0]);
      drain();
      assert.equal(socket.outgoing.toString(), isBusy ? '1'.repeat(20) + '2'.repeat(20) : '');
      assert.deepEqual([socket.shut, socket.isClosed, ended], [1, false, []]);
      t.mock.timers.tick(999);
      turns();
      assert.deepEqual(ended, []);
      t.mock.timers.tick(1);
      turns();
      assert.deepEqual([socket.isClosed, ended], [true, [carrier]]);
    }
  });

  it('reads on after the last byte of a peer that it lets read', async () => {
    const { carrier, socket, ended, receive, drain } = carried(0);
    receive(clientFrame(0x81, 'a message that needs more than a slot'));
    carrier.linger();
    drain();
    await settle();
    assert.equal(socket.shut, 1);
    socket.peerEnd = 0;
    drain();
    await settle();
    assert.deepEqual(ended, [carrier]);
  });

  it('is told when its peer has ended, or the connection has failed', () => {
    for (const [peerEnd, isDestroyed] of [
      [0, false],
      [104, false],
      [null, true],
    ] as const) {
      const { carrier, socket, ended, turns } = carried();
      if (isDestroyed) carrier.destroy();
      else socket.peerEnd = peerEnd;
      turns();
      assert.deepEqual([ended, socket.isClosed], [[carrier], true]);
    }
  });

  it('names its peer', () => {
    answer({
      getpeername(fd, address = 0, length = 0) {
        memoryAt(address, 16).set(Buffer.from(`02001f90c00002${fd?.toString(16).padStart(2, '0')}`, 'hex'));
        memoryAt(length, 4).writeUInt32LE(16);
        return 0;
      },
    });
    const { carrier } = carried();
    assert.equal(carrier.peer(), '192.0.2.3:8080');
  });
});
