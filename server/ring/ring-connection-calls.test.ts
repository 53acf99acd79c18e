import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { OPERATION } from './ring.ts';
import { CLOSE, makeConnection, POLL, RECEIVE, SHUT, settle } from './ring-connection-calls.test.fixture.ts';

const { EPIPE, ECONNRESET, ECONNREFUSED } = constants.errno;
const { EAGAIN, ENOBUFS, ECANCELED, EINTR } = { EAGAIN: 11, ENOBUFS: 105, ECANCELED: 125, EINTR: 4 };

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
