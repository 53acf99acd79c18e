import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import type { Ring } from './ring.ts';
import { OPERATION } from './ring.ts';
import { RingConnection } from './ring-connection.ts';
import { SlotPool } from './slot-pool.ts';

const { EPIPE, ECONNRESET, ECONNREFUSED } = constants.errno;
const { EAGAIN, ENOBUFS, ECANCELED, EINTR } = { EAGAIN: 11, ENOBUFS: 105, ECANCELED: 125, EINTR: 4 };
const SLOT_BYTES = 8;

/** A connection on a ring that only records calls. The results of direct sends are taken from `accepts`. */
function makeConnection({ slots = 1, state = 'open' as 'open' | 'connecting' | 'new' } = {}) {
  const calls: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]): void =>
      void calls.push([name, ...args]);
  const accepts: number[] = [];
  const memory = Buffer.alloc(slots * SLOT_BYTES);
  const pool = new SlotPool({ address: 0, bytes: memory, count: slots, size: SLOT_BYTES });
  const ring = {
    slots: pool,
    received: Buffer.from('0123456789'),
    attach: () => 7,
    ...{ detach: note('detach'), connect: note('connect'), receive: note('receive'), cancel: note('cancel') },
    pollWritable: note('poll'),
    send: (id: number, fd: number, slot: number, bytes: number) =>
      void calls.push([
        'send',
        id,
        fd,
        memory.toString('latin1', slot * SLOT_BYTES, slot * SLOT_BYTES + bytes),
      ]),
    kernel: {
      send(fd: number, bytes: Buffer, from: number, to: number) {
        calls.push(['direct', fd, bytes.toString('latin1', from, to)]);
        return accepts.shift() ?? assert.fail('an unexpected send');
      },
      shutdown: note('shutdown'),
      close: note('close'),
    },
  };
  const host = {
    ring: ring as unknown as Ring,
    submitLater: (user: { id: number }) => void calls.push(['later', user.id]),
    wake: note('wake'),
  };
  const events = {
    ...{
      connected: note('connected'),
      drained: note('drained'),
      closed: note('closed'),
      error: note('error'),
    },
    data: (buffer: Buffer, from: number, to: number) =>
      void calls.push(['data', buffer.toString('latin1', from, to)]),
  };
  const connection = new RingConnection(host, 5, events);
  const heard = () => calls.splice(0);
  if (state === 'open') connection.open();
  if (state === 'connecting') connection.connect(0x1000, 16);
  if (state !== 'new') heard();
  return {
    ...{ connection, heard, accepts, pool, events },
    write: (text: string) => connection.write(Buffer.from(`${text}!`), text.length),
    ends: (operation: keyof typeof OPERATION, result: number, from = 0, more = false) => {
      connection.completed(OPERATION[operation], result, from, more);
      return heard();
    },
  };
}

const RECEIVE = [['receive', 7, 5], ['wake']];
const POLL = [['poll', 7, 5], ['wake']];
const CLOSE = [
  ['detach', 7],
  ['close', 5],
];
const SHUT = [['shutdown', 5, 2]];

/** Runs microtasks. */
const settle = () => new Promise<void>((resolve) => queueMicrotask(resolve));

describe('the requests of a connection', () => {
  it('connects, then receives, and reports it', () => {
    const { connection, heard, ends } = makeConnection({ state: 'new' });
    assert.deepEqual([connection.id, connection.fd], [7, 5]);
    connection.connect(0x1000, 16);
    assert.deepEqual(heard(), [['connect', 7, 5, 0x1000, 16], ['wake']]);
    assert.deepEqual(ends('connect', 0), [...RECEIVE, ['connected']]);
  });

  it('reports why it could not connect, and closes', () => {
    const { ends } = makeConnection({ state: 'connecting' });
    assert.deepEqual(ends('connect', -ECONNREFUSED), [...CLOSE, ['error', 'ECONNREFUSED']]);
  });

  it('that is ended while it connects is cancelled, and closed without an event', () => {
    for (const ending of ['end', 'destroy'] as const)
      for (const result of [0, -ECANCELED]) {
        const { connection, heard, ends, write } = makeConnection({ state: 'connecting' });
        assert.equal(write('too early'), true);
        connection[ending]();
        connection[ending]();
        assert.deepEqual(heard(), [['cancel', 7, OPERATION.connect], ['wake']]);
        assert.deepEqual(ends('connect', result), CLOSE);
      }
  });

  it('receives again when a request ends, but not while it goes on', () => {
    const { connection, heard, ends } = makeConnection({ state: 'new' });
    connection.open();
    assert.deepEqual(heard(), RECEIVE);
    assert.deepEqual(ends('receive', 3, 2, true), [['data', '234']]);
    assert.deepEqual(ends('receive', 1, 9), [['data', '9'], ...RECEIVE]);
    for (const error of [ENOBUFS, ECANCELED, EINTR]) assert.deepEqual(ends('receive', -error), RECEIVE);
    assert.deepEqual(ends('receive', 0), [...CLOSE, ['closed']]);
  });

  it('reports an error of a receive', () => {
    assert.deepEqual(makeConnection().ends('receive', -ECONNRESET), [...CLOSE, ['error', 'ECONNRESET']]);
  });

  it('fills a slot with all writes of a turn, and sends it once', () => {
    const { connection, heard, write, pool } = makeConnection();
    assert.deepEqual([write('abc'), write('defgh'), connection.queuedBytes()], [true, true, 8]);
    assert.deepEqual([heard(), pool.free], [[['later', 7]], 0]);
    connection.submit();
    connection.submit();
    assert.deepEqual(heard(), [['send', 7, 5, 'abcdefgh']]);
    assert.equal(write('i'), false);
    assert.equal(connection.queuedBytes(), 9);
    assert.deepEqual(heard(), []);
    connection.submit();
    assert.deepEqual(heard(), []);
  });

  it('sends what was written meanwhile directly, and reports when all of it was accepted', () => {
    const { connection, heard, write, ends, accepts, pool } = makeConnection();
    write('abcd');
    assert.equal(write('efghi'), false);
    assert.equal(write('jk'), false);
    assert.equal(connection.queuedBytes(), 11);
    connection.submit();
    heard();
    accepts.push(4);
    assert.deepEqual(ends('send', 4), [['direct', 5, 'efghijk'], ...POLL]);
    assert.deepEqual([connection.queuedBytes(), pool.free], [3, 1]);
    assert.equal(write('l'), false);
    accepts.push(1);
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'ijkl'], ...POLL]);
    accepts[0] = -EAGAIN;
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'jkl'], ...POLL]);
    accepts[0] = 3;
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'jkl'], ['drained']]);
    assert.equal(connection.queuedBytes(), 0);
    // A write that was accepted is not reported again, even if its slot could not be sent at once.
    assert.equal(write('12345678'), true);
    connection.submit();
    assert.deepEqual(heard(), [
      ['later', 7],
      ['send', 7, 5, '12345678'],
    ]);
    assert.deepEqual(ends('send', 7), POLL);
    accepts[0] = 1;
    assert.deepEqual(ends('poll', 4), [['direct', 5, '8']]);
  });

  it('sends the part of a slot that was not accepted before what was written after it', () => {
    for (const [result, left] of [
      [3, 'd'],
      [0, 'abcd'],
      [-EAGAIN, 'abcd'],
    ] as const) {
      const { connection, heard, write, ends, accepts, pool } = makeConnection();
      write('abcd');
      connection.submit();
      heard();
      assert.deepEqual(ends('send', result), POLL);
      assert.deepEqual([connection.queuedBytes(), pool.free], [left.length, 1]);
      assert.equal(write('ef'), false);
      accepts.push(left.length + 2);
      assert.deepEqual(ends('poll', 4), [['direct', 5, `${left}ef`], ['drained']]);
    }
  });

  it('keeps what was written before a slot was sent behind the rest of the slot', () => {
    const { connection, heard, write, ends, accepts } = makeConnection();
    write('abcd');
    write('efghi');
    connection.submit();
    heard();
    assert.deepEqual(ends('send', 1), POLL);
    accepts.push(8);
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'bcdefghi'], ['drained']]);
  });

  it('sends directly what does not fit into a slot, or if none is free', () => {
    const { connection, heard, write, accepts, pool } = makeConnection();
    accepts.push(9);
    assert.equal(write('123456789'), true);
    assert.deepEqual([heard(), pool.free, connection.queuedBytes()], [[['direct', 5, '123456789']], 1, 0]);
    pool.take();
    accepts.push(2, 3);
    assert.equal(write('ab'), true);
    assert.equal(write('cdefg'), false);
    assert.deepEqual(heard(), [['direct', 5, 'ab'], ['direct', 5, 'cdefg'], ...POLL]);
    assert.equal(connection.queuedBytes(), 2);
    assert.equal(write('h'), false);
    assert.deepEqual(heard(), []);
  });

  it('waits if nothing of a direct send was accepted', () => {
    const { connection, heard, write, ends, accepts } = makeConnection({ slots: 0 });
    accepts.push(-EAGAIN, 2);
    assert.equal(write('ab'), false);
    assert.deepEqual(heard(), [['direct', 5, 'ab'], ...POLL]);
    assert.equal(connection.queuedBytes(), 2);
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'ab'], ['drained']]);
  });

  it('reports a failed direct send after the call, unless it receives', async () => {
    const { connection, heard, write, ends, accepts } = makeConnection({ slots: 0 });
    accepts.push(-EPIPE);
    assert.equal(write('ab'), true);
    assert.deepEqual(heard(), [['direct', 5, 'ab']]);
    await settle();
    assert.deepEqual([heard(), connection.queuedBytes()], [[], 0]);
    assert.deepEqual(ends('receive', 0), [...CLOSE, ['error', 'EPIPE']]);
  });

  it('reports a failed send at once if it does not receive', () => {
    const { connection, heard, write, ends, pool } = makeConnection();
    connection.pause();
    assert.deepEqual(heard(), [['cancel', 7, OPERATION.receive], ['wake']]);
    ends('receive', -ECANCELED);
    write('ab');
    connection.submit();
    heard();
    assert.deepEqual(ends('send', -EPIPE), [...CLOSE, ['error', 'EPIPE']]);
    assert.equal(pool.free, 1);
  });

  it('reports a failed send of the rest, and discards it', () => {
    const { connection, heard, write, ends, accepts } = makeConnection({ slots: 0 });
    accepts.push(0, -EPIPE);
    write('ab');
    assert.deepEqual(heard(), [['direct', 5, 'ab'], ...POLL]);
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'ab']]);
    assert.equal(connection.queuedBytes(), 0);
    assert.deepEqual(ends('receive', 0), [...CLOSE, ['error', 'EPIPE']]);
  });
});

describe('a connection that is paused', () => {
  it('cancels its receive once, holds back what arrives, and receives again on resume', async () => {
    const { connection, heard, ends } = makeConnection();
    connection.resume();
    assert.deepEqual(heard(), []);
    connection.pause();
    connection.pause();
    assert.deepEqual(heard(), [['cancel', 7, OPERATION.receive], ['wake']]);
    assert.deepEqual(ends('receive', 2, 1, true), []);
    assert.deepEqual(ends('receive', 3, 4), []);
    connection.resume();
    assert.deepEqual(heard(), []);
    await settle();
    assert.deepEqual(heard(), [['data', '12456'], ...RECEIVE]);
  });

  it('receives at once on resume if nothing has arrived, and only once', () => {
    const { connection, heard, ends } = makeConnection();
    connection.pause();
    ends('receive', -ECANCELED);
    connection.resume();
    assert.deepEqual(heard(), RECEIVE);
    connection.pause();
    connection.resume();
    assert.deepEqual(heard(), [['cancel', 7, OPERATION.receive], ['wake']]);
  });

  it('that is paused again before it has delivered holds everything back until then', async () => {
    const { connection, heard, ends } = makeConnection();
    connection.pause();
    ends('receive', 2, 1);
    connection.resume();
    connection.pause();
    await settle();
    assert.deepEqual(heard(), []);
    connection.resume();
    assert.deepEqual(ends('receive', -ECONNRESET), []);
    await settle();
    assert.deepEqual(heard(), [['data', '12'], ...CLOSE, ['error', 'ECONNRESET']]);
  });

  it('that is paused by what it delivers reports its end later', async () => {
    const { connection, heard, ends, events } = makeConnection();
    connection.pause();
    ends('receive', 2, 1, true);
    ends('receive', 0);
    const { data } = events;
    events.data = (...args) => {
      data(...args);
      connection.pause();
    };
    connection.resume();
    await settle();
    assert.deepEqual(heard(), [['data', '12']]);
    connection.resume();
    await settle();
    assert.deepEqual(heard(), [...CLOSE, ['closed']]);
  });

  it('reports the error of a write instead of the end that it held back', async () => {
    const { connection, heard, write, ends } = makeConnection();
    write('ab');
    connection.submit();
    assert.deepEqual(ends('send', -EPIPE).slice(-1), [['send', 7, 5, 'ab']]);
    connection.pause();
    ends('receive', 0);
    connection.resume();
    await settle();
    assert.deepEqual(heard(), [...CLOSE, ['error', 'EPIPE']]);
  });

  it('delivers nothing after it was destroyed', async () => {
    const { connection, heard, ends } = makeConnection();
    connection.pause();
    ends('receive', 2, 1, true);
    connection.resume();
    connection.destroy();
    assert.deepEqual(heard(), [...SHUT]);
    await settle();
    assert.deepEqual(heard(), []);
    assert.deepEqual(ends('receive', 0), CLOSE);
  });
});

describe('the end of a connection', () => {
  for (const [first, last] of [
    ['poll', 'receive'],
    ['receive', 'poll'],
  ] as const)
    it(`closes its descriptor only after all of its requests have ended, at last ${last}`, () => {
      const { connection, heard, write, ends, accepts } = makeConnection({ slots: 0 });
      accepts.push(0);
      write('ab');
      heard();
      connection.destroy();
      connection.destroy();
      connection.end();
      assert.deepEqual(heard(), SHUT);
      assert.equal(connection.queuedBytes(), 0);
      assert.deepEqual(ends('receive', 3, 0, true), []);
      assert.deepEqual(ends(first, 0), []);
      assert.deepEqual(ends(last, 0), CLOSE);
      connection.destroy();
      connection.endWriting();
      connection.pause();
      connection.resume();
      assert.deepEqual([heard(), write('late')], [[], true]);
    });

  it('needs no shutdown if there is no request', () => {
    for (const ending of ['end', 'destroy'] as const) {
      const { connection, heard, ends } = makeConnection();
      connection.pause();
      ends('receive', -ECANCELED);
      connection[ending]();
      assert.deepEqual(heard(), CLOSE);
    }
  });

  it('sends everything first, without an event', () => {
    const { connection, heard, write, ends, accepts } = makeConnection();
    write('ab');
    write('cdefghijk');
    connection.submit();
    connection.end();
    assert.deepEqual(heard(), [
      ['later', 7],
      ['send', 7, 5, 'ab'],
    ]);
    assert.equal(write('late'), true);
    assert.deepEqual(ends('receive', 2, 0, false), RECEIVE);
    accepts.push(4);
    assert.deepEqual(ends('send', 2), [['direct', 5, 'cdefghijk'], ...POLL]);
    accepts.push(5);
    assert.deepEqual(ends('poll', 4), [['direct', 5, 'ghijk'], ...SHUT]);
    assert.deepEqual(ends('receive', 0), CLOSE);
  });

  it('by destroy sends what is in its slot, and discards the rest', () => {
    const { connection, heard, write, ends } = makeConnection();
    write('ab');
    write('cdefghijk');
    connection.destroy();
    connection.submit();
    assert.deepEqual(heard(), [
      ['later', 7],
      ['send', 7, 5, 'ab'],
    ]);
    assert.equal(connection.queuedBytes(), 2);
    assert.deepEqual(ends('send', 2), SHUT);
    assert.deepEqual(ends('receive', -ECONNRESET), CLOSE);
  });

  it('follows a write that fails while it leaves', () => {
    const { connection, heard, write, ends } = makeConnection();
    write('ab');
    write('cdefghijk');
    connection.submit();
    connection.end();
    heard();
    assert.deepEqual(ends('send', -EPIPE), SHUT);
    assert.deepEqual([ends('receive', 0), connection.queuedBytes()], [CLOSE, 0]);
  });

  it('of writing follows the last byte, and happens once', () => {
    const { connection, heard, write, ends } = makeConnection();
    write('ab');
    connection.endWriting();
    connection.submit();
    heard();
    assert.deepEqual(ends('send', 2), [['shutdown', 5, 1]]);
    connection.submit();
    assert.deepEqual(ends('poll', 4), []);
    assert.deepEqual(ends('receive', 1, 3, true), [['data', '3']]);
    connection.endWriting();
    assert.deepEqual(heard(), [['shutdown', 5, 1]]);
  });

  it('of writing is immediate if nothing is to be sent', () => {
    const { connection, heard } = makeConnection();
    connection.endWriting();
    assert.deepEqual(heard(), [['shutdown', 5, 1]]);
  });
});
