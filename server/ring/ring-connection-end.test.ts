import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { CLOSE, makeConnection, POLL, RECEIVE, SHUT } from './ring-connection-calls.test.fixture.ts';

const { EPIPE, ECONNRESET } = constants.errno;
const { ECANCELED } = { ECANCELED: 125 };

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
