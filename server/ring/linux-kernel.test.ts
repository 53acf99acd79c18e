import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { answer, fail, heard, LinuxKernel, memoryAt, ptr } from './libc.test.fixture.ts';

const RING_FD = 9;
const EVENT_FD = 11;

/** What the kernel was told when the ring was set up. */
let setup: number[] = [];
/** The first words of what was registered, by opcode. */
let registered = new Map<number | undefined, number[]>();

/** Answers like a kernel whose queues are at these offsets, in bytes. */
function answerWith(
  { array, cqes }: { array: number; cqes: number },
  changes: Parameters<typeof answer>[0] = {},
) {
  const words = (address = 0, count = 0) => {
    const memory = memoryAt(address, 4 * count);
    return new Uint32Array(memory.buffer, memory.byteOffset, count);
  };
  setup = [];
  registered = new Map();
  answer({
    syscall(call, first, second, third) {
      if (call === 425) {
        const params = words(second, 30);
        setup = [first ?? 0, ...params];
        params[0] = 256;
        params.set([0, 4, 0, 0, 16, 0, array], 10);
        params.set([8, 12, 0, 0, 0, cqes, 20], 20);
        return RING_FD;
      }
      if (call === 427) registered.set(second, [...words(third, second === 22 ? 10 : 1)]);
      return 0;
    },
    eventfd: () => EVENT_FD,
    ...changes,
  });
}

beforeEach(() => answerWith({ array: 0x11000, cqes: 64 }));

/** The calls of functions with these names, without arguments that are addresses. */
const callsOf = (calls: unknown[][], name: string) => calls.filter(([each]) => each === name);

describe('the kernel of a ring', () => {
  it('sets up a ring with its queues, buffers and event', () => {
    const kernel = new LinuxKernel();
    const calls = heard();
    assert.deepEqual(
      calls.map(([name, call]) => (name === 'syscall' ? call : name)),
      [425, 'mmap', 'mmap', 427, 'mmap', 'mmap', 'mmap', 'eventfd', 427, 'mmap', 'prctl'],
    );
    // Number of entries, then io_uring_params: entries of the completion queue, and flags.
    const flags = 0x8 | 0x80 | 0x100 | 0x200 | 0x1000 | 0x2000;
    assert.deepEqual(setup, [256, 0, 4096, flags, ...new Array<number>(27).fill(0)]);
    assert.deepEqual(callsOf(calls, 'mmap'), [
      ['mmap', 0, 0x11000 + 256 * 4, 3, 0x8001, RING_FD, 0],
      ['mmap', 0, 1024 * 16, 3, 0x22, -1, 0],
      ['mmap', 0, 256 * 64, 3, 0x8001, RING_FD, 0x1000_0000],
      ['mmap', 0, 1024 * 4160, 3, 0x22, -1, 0],
      ['mmap', 0, 512 * 4160, 3, 0x22, -1, 0],
      ['mmap', 0, 64, 3, 0x22, -1, 0],
    ]);
    const { memory } = kernel;
    const buffers = ptr(memory.bufferRing);
    assert.deepEqual(
      [...registered],
      [
        [22, [buffers % 2 ** 32, Math.floor(buffers / 2 ** 32), 1024, 0, 0, 0, 0, 0, 0, 0]],
        [4, [EVENT_FD]],
      ],
    );
    assert.deepEqual(
      callsOf(calls, 'syscall')
        .map(([, call, fd, opcode, , count]) => [call, fd, opcode, count])
        .slice(1),
      [
        [427, RING_FD, 22, 1],
        [427, RING_FD, 4, 1],
      ],
    );
    assert.equal(kernel.eventFd, EVENT_FD);
  });

  it('divides the memory as the system says', () => {
    const { memory } = new LinuxKernel();
    const { queues, cqes, sqes, bufferRing, received, sent } = memory;
    assert.deepEqual(memory.at, { sqTail: 1, sqFlags: 4, cqHead: 2, cqTail: 3, cqFlags: 5 });
    assert.deepEqual([queues.byteOffset, queues.length], [0, 16]);
    assert.deepEqual([cqes.byteOffset, cqes.length, cqes.buffer === queues.buffer], [64, 4096 * 4, true]);
    assert.deepEqual([sqes.length, bufferRing.length], [256 * 16, 1024 * 8]);
    assert.deepEqual(
      [received, sent].map(({ address, bytes, count, size }) => [
        ptr(bytes) - address,
        bytes.length,
        count,
        size,
      ]),
      [
        [0, 1024 * 4160, 1024, 4160],
        [0, 512 * 4160, 512, 4160],
      ],
    );
    // Each position of the submission queue refers to the entry with its number.
    assert.deepEqual(
      [...new Uint32Array(queues.buffer, 0x11000, 256)],
      Array.from({ length: 256 }, (_, index) => index),
    );
  });

  it('maps the completion queue whole if that is the last', () => {
    answerWith({ array: 64, cqes: 2048 });
    new LinuxKernel();
    assert.deepEqual(callsOf(heard(), 'mmap')[0]?.slice(2), [2048 + 4096 * 16, 3, 0x8001, RING_FD, 0]);
  });

  it('names the call that the system refuses', () => {
    const refused = (changes: Parameters<typeof answer>[0]) => {
      answerWith({ array: 64, cqes: 2048 }, changes);
      try {
        new LinuxKernel();
      } catch (error) {
        return String(error);
      }
      return null;
    };
    assert.equal(refused({ syscall: fail(1) }), 'SystemError: io_uring_setup: EPERM');
    assert.equal(refused({ eventfd: fail(24) }), 'SystemError: eventfd: EMFILE');
    const nothing = fail(22);
    for (const refusedOpcode of [22, 4])
      assert.equal(
        refused({ syscall: (call, _, opcode) => (call === 427 && opcode === refusedOpcode ? nothing() : 0) }),
        'SystemError: io_uring_register: EINVAL',
      );
    assert.equal(refused({ syscall: () => 0, eventfd: () => 0 }), null);
  });

  it('enters the kernel without waiting, to look for completions, or to wait for several', () => {
    const kernel = new LinuxKernel();
    heard();
    kernel.enter(3, null, 5);
    kernel.enter(3, 0, 5);
    assert.deepEqual(heard(), [
      ['syscall', 426, RING_FD, 3, 0, 0, 0, 0],
      ['syscall', 426, RING_FD, 3, 0, 1, 0, 0],
    ]);
    kernel.enter(3, 500_000, 5);
    const [call = []] = heard();
    const address = Number(call[6]);
    assert.deepEqual(call, ['syscall', 426, RING_FD, 3, 5, 9, address, 24]);
    const argument = [...new Uint32Array(memoryAt(address, 64).buffer)];
    const timespec = address + 24;
    assert.deepEqual(argument.slice(0, 10), [
      ...[0, 0, 0, 0, timespec % 2 ** 32, Math.floor(timespec / 2 ** 32), 0, 0],
      ...[500_000, 0],
    ]);
    for (const [result, expected] of [
      [7, 7],
      [0, 0],
    ] as const) {
      answer({ syscall: () => result });
      assert.deepEqual([kernel.enter(7, 1, 1), kernel.enter(7, null, 1)], [expected, expected]);
    }
    for (const [error, expected] of [
      [62, 0],
      [4, -4],
    ] as const) {
      answer({ syscall: fail(error) });
      assert.deepEqual([kernel.enter(7, 1, 1), kernel.enter(7, 0, 1)], [expected, -error]);
    }
  });

  it('sends, shuts down and closes', () => {
    const kernel = new LinuxKernel();
    heard();
    const bytes = Buffer.alloc(10);
    answer({ send: () => 4 });
    assert.equal(kernel.send(5, bytes, 1, 9), 4);
    kernel.shutdown(5, 2);
    kernel.close(5);
    assert.deepEqual(heard(), [
      ['send', 5, ptr(bytes) + 1, 8, 0x4040],
      ['shutdown', 5, 2],
      ['close', 5],
    ]);
  });
});
