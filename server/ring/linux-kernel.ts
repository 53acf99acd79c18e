import { BUFFER_WORDS, CQE_WORDS, ENTER, REGISTER, SETUP, SETUP_NEW, SQE_WORDS } from './abi.ts';
import { ERRNO, SystemError } from './errno.ts';
import type { Area, Kernel, RingMemory } from './kernel.ts';
import {
  closeFile,
  ioUringEnter,
  ioUringRegister,
  ioUringSetup,
  makeEventFd,
  map,
  sendNow,
  setLeastTimerSlack,
  shutdownSocket,
} from './libc.ts';

const SQ_ENTRIES = 256;
const CQ_ENTRIES = 4096;
/** Numbers and sizes of receive and send buffers. A message of 4 KiB with its header fits into one buffer. */
const RECEIVED = { count: 1024, size: 4096 + 64 } as const;
const SENT = { count: 512, size: 4096 + 64 } as const;

const OFFSET = { queues: 0, sqes: 0x10000000 } as const;
/** Positions of the two queues' offsets within `struct io_uring_params`, in 32-bit words. */
const SQ_OFFSETS = 10;
const CQ_OFFSETS = 20;
const PARAMS_WORDS = 30;

/**
 * Size in bytes of `struct io_uring_getevents_arg`, which is followed by the `struct __kernel_timespec` it
 * points to.
 */
const ARGUMENT_BYTES = 24;
/** Offset of the timespec's nanoseconds from the argument's start, in 32-bit words. The seconds stay 0. */
const NANOSECONDS = 8;

/** The system calls of Linux, and the memory of a ring. */
export class LinuxKernel implements Kernel {
  readonly memory: RingMemory;
  /**
   * Descriptor of the eventfd that is signalled when a completion is available, unless the ring has disabled
   * the signal.
   */
  readonly eventFd: number;
  readonly #fd: number;
  readonly #argument: { address: number; words: Uint32Array };

  /**
   * Sets up a ring.
   *
   * @throws SystemError EPERM if a policy refuses it, ENOSYS or EINVAL if the kernel is too old (before 6.1)
   */
  constructor() {
    const params = new Uint32Array(PARAMS_WORDS);
    params[1] = CQ_ENTRIES;
    params[2] =
      SETUP.CQSIZE |
      SETUP.SUBMIT_ALL |
      SETUP.COOP_TASKRUN |
      SETUP.TASKRUN_FLAG |
      SETUP_NEW.SINGLE_ISSUER |
      SETUP_NEW.DEFER_TASKRUN;
    this.#fd = must('io_uring_setup', ioUringSetup(SQ_ENTRIES, params));
    this.memory = mapRing(this.#fd, params);
    this.eventFd = must('eventfd', makeEventFd());
    must(
      'io_uring_register',
      ioUringRegister(this.#fd, REGISTER.EVENTFD, new Uint32Array([this.eventFd]), 1),
    );
    const scratch = map(64, null);
    const words = new Uint32Array(scratch.buffer);
    // Address of the timespec, which follows the argument in memory.
    words[4] = (scratch.address + ARGUMENT_BYTES) % 2 ** 32;
    words[5] = (scratch.address + ARGUMENT_BYTES) / 2 ** 32;
    this.#argument = { address: scratch.address, words };
    setLeastTimerSlack();
  }

  enter(count: number, waitNs: number | null, together: number): number {
    if (waitNs === null) return ioUringEnter(this.#fd, count, 0, 0, 0, 0);
    if (waitNs === 0) return ioUringEnter(this.#fd, count, 0, ENTER.GETEVENTS, 0, 0);
    const { address, words } = this.#argument;
    words[NANOSECONDS] = waitNs;
    const flags = ENTER.GETEVENTS | ENTER.EXT_ARG;
    const result = ioUringEnter(this.#fd, count, together, flags, address, ARGUMENT_BYTES);
    return result === -ERRNO.ETIME ? 0 : result;
  }

  send(fd: number, bytes: Buffer, from: number, to: number): number {
    return sendNow(fd, bytes, from, to);
  }

  shutdown(fd: number, how: number): void {
    shutdownSocket(fd, how);
  }

  close(fd: number): void {
    closeFile(fd);
  }
}

function must(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, -result);
  return result;
}

function mapRing(fd: number, params: Uint32Array): RingMemory {
  const sqEntries = params[0] as number;
  const cqEntries = params[1] as number;
  const sq = (word: number) => params[SQ_OFFSETS + word] as number;
  const cq = (word: number) => params[CQ_OFFSETS + word] as number;
  const array = sq(6);
  const cqes = cq(5);
  const bytes = Math.max(array + sqEntries * 4, cqes + cqEntries * CQE_WORDS * 4);
  const { buffer } = map(bytes, fd, OFFSET.queues);
  // The submission queue refers to entries through an array of numbers. Element n refers to entry n.
  new Uint32Array(buffer, array, sqEntries).forEach((_, i, numbers) => {
    numbers[i] = i;
  });
  const sqeBytes = sqEntries * SQE_WORDS * 4;
  const bufferRing = map(RECEIVED.count * BUFFER_WORDS * 4, null);
  const registration = new Uint32Array(10);
  registration[0] = bufferRing.address % 2 ** 32;
  registration[1] = bufferRing.address / 2 ** 32;
  registration[2] = RECEIVED.count;
  must('io_uring_register', ioUringRegister(fd, REGISTER.PBUF_RING, registration, 1));
  return {
    queues: new Uint32Array(buffer, 0, cqes / 4),
    at: { sqTail: sq(1) / 4, sqFlags: sq(4) / 4, cqHead: cq(0) / 4, cqTail: cq(1) / 4, cqFlags: cq(6) / 4 },
    sqes: new Uint32Array(map(sqeBytes, fd, OFFSET.sqes).buffer),
    cqes: new Int32Array(buffer, cqes, cqEntries * CQE_WORDS),
    bufferRing: new Uint16Array(bufferRing.buffer),
    received: mapArea(RECEIVED),
    sent: mapArea(SENT),
  };
}

function mapArea({ count, size }: { count: number; size: number }): Area {
  const { address, buffer } = map(count * size, null);
  return { address, bytes: Buffer.from(buffer), count, size };
}
