import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { answer, fail, heard, libc, memoryAt, ptr } from './libc.test.fixture.ts';

beforeEach(() => answer());

describe('calls of libc', () => {
  it('have the arguments of the system’s manual', () => {
    const words = new Uint32Array(4);
    const bytes = Buffer.from('0123456789');
    for (const [call, expected] of [
      [() => libc.ioUringSetup(8, words), ['syscall', 425, 8, ptr(words), 0, 0, 0, 0]],
      [() => libc.ioUringEnter(3, 1, 2, 9, 5, 24), ['syscall', 426, 3, 1, 2, 9, 5, 24]],
      [() => libc.ioUringRegister(3, 22, words, 1), ['syscall', 427, 3, 22, ptr(words), 1, 0, 0]],
      [() => libc.makeEventFd(), ['eventfd', 0, 0x80000]],
      [() => libc.makeSocket(10), ['socket', 10, 0x80001, 0]],
      [() => libc.bindTo(3, bytes), ['bind', 3, ptr(bytes), 10]],
      [() => libc.listenOn(3, 128), ['listen', 3, 128]],
      [() => libc.sendNow(3, bytes, 2, 7), ['send', 3, ptr(bytes) + 2, 5, 0x4040]],
    ] as const) {
      answer(Object.fromEntries([[expected[0], () => 7]]));
      assert.equal(call(), 7);
      assert.deepEqual(heard(), [expected]);
      answer(Object.fromEntries([[expected[0], fail(22)]]));
      assert.equal(call(), -22);
      answer();
      assert.equal(call(), 0);
      heard();
    }
    libc.setLeastTimerSlack();
    libc.shutdownSocket(3, 2);
    libc.closeFile(3);
    assert.deepEqual(heard(), [
      ['prctl', 29, 1, 0, 0, 0],
      ['shutdown', 3, 2],
      ['close', 3],
    ]);
  });

  it('switch options on', () => {
    const options = [() => libc.switchOn(3, 6, 1), () => libc.allowReuse(3)].map((call) => {
      assert.equal(call(), 0);
      const [[name, fd, level, option, at, bytes] = []] = heard();
      return [name, fd, level, option, memoryAt(Number(at), Number(bytes)).toString('hex')];
    });
    assert.deepEqual(options, [
      ['setsockopt', 3, 6, 1, '01000000'],
      ['setsockopt', 3, 1, 2, '01000000'],
    ]);
    answer({ setsockopt: fail(9) });
    assert.equal(libc.allowReuse(3), -9);
  });

  it('map private memory, or that of a ring', () => {
    const mapped = libc.map(64, null);
    assert.deepEqual(heard(), [['mmap', 0, 64, 3, 0x22, -1, 0]]);
    assert.equal(mapped.buffer, memoryAt(mapped.address, 64).buffer);
    libc.map(64, 0, 0x1000);
    assert.deepEqual(heard(), [['mmap', 0, 64, 3, 0x8001, 0, 0x1000]]);
    const failed = fail(12);
    answer({
      mmap() {
        failed();
        return 2 ** 56;
      },
    });
    assert.throws(() => libc.map(64, null), { name: 'SystemError', code: 'ENOMEM', message: 'mmap: ENOMEM' });
  });

  it('read the address of a socket or its peer', () => {
    const write = (address = 0, length = 0) => {
      assert.equal(memoryAt(length, 4).readUInt32LE(), 128);
      memoryAt(address, 128).fill(0xab);
      memoryAt(length, 4).writeUInt32LE(3);
      return 0;
    };
    answer({ getsockname: (_, address, length) => write(address, length), getpeername: fail(107) });
    assert.deepEqual(libc.addressOf(3, 'own'), Buffer.from('ababab', 'hex'));
    assert.deepEqual(libc.addressOf(4, 'peer'), Buffer.alloc(0));
    assert.deepEqual(
      heard().map(([name, fd]) => [name, fd]),
      [
        ['getsockname', 3],
        ['getpeername', 4],
      ],
    );
  });
});
