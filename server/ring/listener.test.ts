import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { answer, fail, heard, ipAddress, memoryAt, RingListener, unixAddress } from './libc.test.fixture.ts';
import { OPERATION } from './ring.ts';
import type { RingLoop } from './ring-loop.ts';

const FD = 3;

/** Starts a listener on a loop that only records calls. `calls` also contains those of libc. */
function listen(address = ipAddress('127.0.0.1', 8080)) {
  const calls: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]): void =>
      void calls.push([name, ...args]);
  const loop = {
    ring: { attach: () => 7, detach: note('detach'), accept: note('accept'), cancel: note('cancel') },
    wake: note('wake'),
  } as unknown as RingLoop;
  const listener = new RingListener(loop, address, 128, note('accepted'));
  const since = () => [...calls.splice(0), ...heard()];
  const ends = (result: number, more: boolean) => {
    listener.completed(OPERATION.accept, result, 0, more);
    return since();
  };
  return { listener, since, ends };
}

const answerSocket = (changes: Parameters<typeof answer>[0] = {}) => answer({ socket: () => FD, ...changes });

const ACCEPT = [['accept', 7, FD], ['wake']];

describe('a listener on a ring', () => {
  it('listens on a TCP port, without delay for small packets', () => {
    answerSocket({
      getsockname(_, address = 0, length = 0) {
        memoryAt(length, 4).writeUInt32LE(16);
        memoryAt(address, 4).writeUInt16BE(8081, 2);
        return 0;
      },
    });
    const { listener, since } = listen();
    assert.deepEqual([listener.id, listener.port], [7, 8081]);
    const calls = since();
    assert.deepEqual(calls.slice(0, 2), ACCEPT);
    const [socket, reuse = [], noDelay = [], bind = [], ...rest] = calls.slice(2);
    assert.deepEqual(socket, ['socket', 2, 0x80001, 0]);
    assert.deepEqual(
      [reuse.slice(0, 4), noDelay.slice(0, 4)],
      [
        ['setsockopt', FD, 1, 2],
        ['setsockopt', FD, 6, 1],
      ],
    );
    assert.deepEqual([bind[0], bind[1], bind[3]], ['bind', FD, 16]);
    assert.deepEqual(memoryAt(Number(bind[2]), 16), ipAddress('127.0.0.1', 8080).bytes);
    assert.deepEqual(
      rest.map(([name, fd, backlog]) => (name === 'listen' ? [name, fd, backlog] : name)),
      [['listen', FD, 128], 'getsockname'],
    );
  });

  it('listens on a Unix-domain socket, which has neither a port nor options', () => {
    answerSocket();
    const { listener, since } = listen(unixAddress('/x'));
    assert.equal(listener.port, 0);
    assert.deepEqual(
      since().map(([name, first]) => [name, first]),
      [
        ['accept', 7],
        ['wake', undefined],
        ['socket', 1],
        ['bind', FD],
        ['listen', FD],
      ],
    );
  });

  it('closes its socket if a step fails, and names the error', () => {
    for (const step of ['setsockopt', 'bind', 'listen']) {
      answerSocket({ [step]: fail(constants.errno.EADDRINUSE) });
      assert.throws(() => listen(), {
        name: 'SystemError',
        code: 'EADDRINUSE',
        message: 'listen: EADDRINUSE',
      });
      const names = heard().map(([name]) => name);
      assert.deepEqual(names.slice(-2), [step, 'close']);
    }
    answer({ socket: fail(24) });
    assert.throws(() => listen(), { code: 'EMFILE' });
    assert.deepEqual(
      heard().map(([name]) => name),
      ['socket'],
    );
    answer({ socket: () => 0 });
    listen();
    answer({ socket: () => 0, listen: fail(constants.errno.EADDRINUSE) });
    assert.throws(() => listen(), { code: 'EADDRINUSE' });
    assert.deepEqual(heard().at(-1), ['close', 0]);
  });

  it('accepts until it is told that the request has ended, and then again', () => {
    answerSocket();
    const { listener, since, ends } = listen();
    since();
    assert.deepEqual(ends(20, true), [['accepted', 20]]);
    assert.deepEqual(ends(0, false), [['accepted', 0], ...ACCEPT]);
    assert.deepEqual(ends(-125, false), ACCEPT);
    listener.completed(OPERATION.cancel, 21, 0, false);
    listener.submit();
    assert.deepEqual(since(), []);
  });

  it('waits after an error before it accepts again', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    answerSocket();
    const { since, ends } = listen();
    since();
    assert.deepEqual(ends(-24, true), []);
    assert.deepEqual(ends(-24, false), []);
    t.mock.timers.tick(9);
    assert.deepEqual(since(), []);
    t.mock.timers.tick(1);
    assert.deepEqual(since(), ACCEPT);
  });

  it('stops once, closes what is accepted meanwhile, and then its socket', () => {
    answerSocket();
    const { listener, since, ends } = listen();
    since();
    listener.stop();
    listener.stop();
    assert.deepEqual(since(), [['cancel', 7, OPERATION.accept], ['wake']]);
    assert.deepEqual(ends(20, true), [['close', 20]]);
    assert.deepEqual(ends(-125, false), [
      ['detach', 7],
      ['close', FD],
    ]);
  });
});
