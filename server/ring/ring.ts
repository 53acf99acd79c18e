import {
  ACCEPT_MULTISHOT,
  BUFFER_SELECT,
  BUFFER_TAIL,
  BUFFER_WORDS,
  COMPLETION,
  CQE_WORDS,
  EVENTFD_DISABLED,
  OPCODE,
  READY,
  RECV_MULTISHOT,
  SQE_WORDS,
} from './abi.ts';
import type { Kernel, RingMemory } from './kernel.ts';
import { SlotPool } from './slot-pool.ts';

/** The operation to which a completion belongs. */
export const OPERATION = { connect: 1, accept: 2, receive: 3, send: 4, poll: 5, cancel: 6 } as const;
export type Operation = (typeof OPERATION)[keyof typeof OPERATION];

/** A connection or listener that submits requests. */
export interface RingUser {
  /** Number of this user in the ring, returned by `attach`. */
  readonly id: number;
  /**
   * Called with the result of a request; the result is negative if the request failed.
   *
   * @param from offset of the data in `received`, if data was received
   * @param more whether the same request will produce further completions
   */
  completed(operation: Operation, result: number, from: number, more: boolean): void;
  /** Called before requests are submitted, if the user has requested this with `submitLater`. */
  submit(): void;
}

/**
 * Sends are submitted when this many are waiting, so that they do not wait long while completions are handled. Shared
 * by this many messages, the cost of a system call is negligible.
 */
const SENDS_TOGETHER = 32;

/** Maximum number of completions handled in a turn, so that timers and other work do not wait too long. */
const COMPLETIONS_TOGETHER = 64;

const OPERATION_BITS = 3;
/**
 * The numbers of users are reused. The generation shows whether a completion belongs to the current user of a number or
 * to an earlier one.
 */
const GENERATIONS = 2 ** (32 - OPERATION_BITS);
const MSG_DONTWAIT = 0x40;
const POLLOUT = 4;
const HIGH = 2 ** 32;

/**
 * An io_uring: requests go in, completions come out, and received bytes are in buffers shared with the kernel.
 * It belongs to one thread, and with DEFER_TASKRUN the kernel only touches its memory during system calls of
 * this thread. Memory barriers are therefore not needed.
 */
export class Ring {
  readonly kernel: Kernel;
  /** Receive buffers. The `from` of a completion is an offset in these bytes. */
  readonly received: Buffer;
  readonly slots: SlotPool;
  readonly #memory: RingMemory;
  readonly #entries: number;
  readonly #completionMask: number;
  readonly #bufferWords: Uint32Array;
  #sqTail: number;
  #submitted: number;
  #cqHead: number;
  #bufferTail = 0;
  readonly #users: (RingUser | null)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  #later: RingUser[] = [];

  constructor(kernel: Kernel) {
    const { memory } = kernel;
    this.kernel = kernel;
    this.#memory = memory;
    this.#entries = memory.sqes.length / SQE_WORDS;
    this.#completionMask = memory.cqes.length / CQE_WORDS - 1;
    this.#sqTail = this.#submitted = memory.queues[memory.at.sqTail] as number;
    this.#cqHead = memory.queues[memory.at.cqHead] as number;
    const { bufferRing, received } = memory;
    this.#bufferWords = new Uint32Array(bufferRing.buffer, bufferRing.byteOffset, bufferRing.length / 2);
    this.received = received.bytes;
    this.slots = new SlotPool(memory.sent);
    for (let id = 0; id < received.count; id++) this.#giveBuffer(id);
    this.#publishBuffers();
  }

  /** Whether there are requests that have not been submitted yet. */
  get isDirty(): boolean {
    return this.#later.length > 0 || this.#sqTail !== this.#submitted;
  }

  /** Whether completions are available, or would be after a system call. */
  get isReady(): boolean {
    const { queues, at } = this.#memory;
    return (
      queues[at.cqTail] !== this.#cqHead ||
      ((queues[at.sqFlags] as number) & (READY.TASKRUN | READY.CQ_OVERFLOW)) !== 0
    );
  }

  /** Number of connections and listeners. */
  get users(): number {
    return this.#users.length - this.#free.length;
  }

  /** Registers a user. Returns the number with which it submits requests until it detaches. */
  attach(user: RingUser): number {
    const id = this.#free.pop() ?? this.#users.length;
    this.#users[id] = user;
    this.#generations[id] ??= 0;
    return id;
  }

  /** Unregisters a user. From now on, completions of its requests are ignored. */
  detach(id: number): void {
    this.#users[id] = null;
    this.#generations[id] = ((this.#generations[id] as number) + 1) % GENERATIONS;
    this.#free.push(id);
  }

  /** @param address address of the peer's `struct sockaddr`, which must not change before the next system call */
  connect(id: number, fd: number, address: number, bytes: number): void {
    const at = this.#request(OPCODE.CONNECT, fd, id, OPERATION.connect);
    this.#memory.sqes[at + 2] = bytes;
    this.#address(at, address);
  }

  accept(id: number, fd: number): void {
    const at = this.#request(OPCODE.ACCEPT, fd, id, OPERATION.accept);
    this.#memory.sqes[at] = OPCODE.ACCEPT | (ACCEPT_MULTISHOT << 16);
  }

  /** Receives until an error, the end of the data, or a lack of buffers. */
  receive(id: number, fd: number): void {
    const at = this.#request(OPCODE.RECV, fd, id, OPERATION.receive);
    this.#memory.sqes[at] = OPCODE.RECV | (BUFFER_SELECT << 8) | (RECV_MULTISHOT << 16);
  }

  /** Sends as many of a slot's first `bytes` as the system accepts at once. */
  send(id: number, fd: number, slot: number, bytes: number): void {
    const { sent, sqes } = this.#memory;
    const at = this.#request(OPCODE.SEND, fd, id, OPERATION.send);
    this.#address(at, sent.address + slot * sent.size);
    sqes[at + 6] = bytes;
    sqes[at + 7] = MSG_DONTWAIT;
  }

  /** Submits a request that completes when the system accepts more data, or when it will accept no more. */
  pollWritable(id: number, fd: number): void {
    const at = this.#request(OPCODE.POLL_ADD, fd, id, OPERATION.poll);
    this.#memory.sqes[at + 7] = POLLOUT;
  }

  /** Cancels a request, which then completes with ECANCELED unless it has just completed. */
  cancel(id: number, operation: Operation): void {
    const at = this.#request(OPCODE.ASYNC_CANCEL, -1, id, OPERATION.cancel);
    const { sqes } = this.#memory;
    sqes[at + 4] = id;
    sqes[at + 5] = this.#tag(id, operation);
  }

  /** Calls the user's `submit` before the next system call. */
  submitLater(user: RingUser): void {
    this.#later.push(user);
    if (this.#later.length === SENDS_TOGETHER) this.flush();
  }

  /** Submits all requests now. */
  flush(): void {
    this.#collect();
    if (this.#sqTail !== this.#submitted) this.#enter(null);
  }

  /**
   * Submits all requests and handles the completions.
   *
   * @param waitNs longest time to wait for completions
   * @param together number of completions that end the wait
   * @returns the number of completions
   */
  turn(waitNs: number, together = 1): number {
    this.#collect();
    this.#enter(waitNs, together);
    return this.#handle();
  }

  /** Sets whether the eventfd is signalled when a completion arrives. */
  signals(on: boolean): void {
    const { queues, at } = this.#memory;
    queues[at.cqFlags] = on ? 0 : EVENTFD_DISABLED;
  }

  #collect(): void {
    const users = this.#later;
    this.#later = [];
    for (const user of users) user.submit();
  }

  #enter(waitNs: number | null, together = 1): void {
    const { queues, at } = this.#memory;
    this.#publishBuffers();
    queues[at.sqTail] = this.#sqTail;
    const submitted = this.kernel.enter((this.#sqTail - this.#submitted) >>> 0, waitNs, together);
    if (submitted > 0) this.#submitted = (this.#submitted + submitted) >>> 0;
  }

  /** Handles the available completions in order. */
  #handle(): number {
    const { queues, at, cqes, received } = this.#memory;
    const count = Math.min(((queues[at.cqTail] as number) - this.#cqHead) >>> 0, COMPLETIONS_TOGETHER);
    for (let i = 0; i < count; i++) {
      const entry = (this.#cqHead & this.#completionMask) * CQE_WORDS;
      const id = cqes[entry] as number;
      const tag = (cqes[entry + 1] as number) >>> 0;
      const result = cqes[entry + 2] as number;
      const flags = cqes[entry + 3] as number;
      this.#cqHead = (this.#cqHead + 1) >>> 0;
      queues[at.cqHead] = this.#cqHead;
      const buffer = flags >>> 16;
      const user = this.#users[id];
      const operation = (tag & (2 ** OPERATION_BITS - 1)) as Operation;
      if (user && tag >>> OPERATION_BITS === this.#generations[id])
        user.completed(operation, result, buffer * received.size, (flags & COMPLETION.MORE) !== 0);
      if ((flags & COMPLETION.BUFFER) !== 0) this.#giveBuffer(buffer);
    }
    return count;
  }

  #tag(id: number, operation: Operation): number {
    return (((this.#generations[id] as number) << OPERATION_BITS) | operation) >>> 0;
  }

  /** Writes a request without its arguments, and returns its position. Makes room if the queue is full. */
  #request(opcode: number, fd: number, id: number, operation: Operation): number {
    if ((this.#sqTail - this.#submitted) >>> 0 === this.#entries) {
      this.#enter(null);
      if ((this.#sqTail - this.#submitted) >>> 0 === this.#entries)
        throw new Error('The system accepts no more io_uring requests. It may be out of memory.');
    }
    const { sqes } = this.#memory;
    const at = (this.#sqTail & (this.#entries - 1)) * SQE_WORDS;
    this.#sqTail = (this.#sqTail + 1) >>> 0;
    sqes[at] = opcode;
    sqes[at + 1] = fd;
    sqes[at + 2] = 0;
    sqes[at + 3] = 0;
    sqes[at + 4] = 0;
    sqes[at + 5] = 0;
    sqes[at + 6] = 0;
    sqes[at + 7] = 0;
    sqes[at + 8] = id;
    sqes[at + 9] = this.#tag(id, operation);
    return at;
  }

  #address(at: number, address: number): void {
    const { sqes } = this.#memory;
    sqes[at + 4] = address % HIGH;
    sqes[at + 5] = address / HIGH;
  }

  #giveBuffer(id: number): void {
    const { bufferRing, received } = this.#memory;
    const entry = this.#bufferTail & (received.count - 1);
    const word = entry * BUFFER_WORDS;
    const address = received.address + id * received.size;
    this.#bufferWords[word] = address % HIGH;
    this.#bufferWords[word + 1] = address / HIGH;
    this.#bufferWords[word + 2] = received.size;
    // The rest of the entry's last word must not be written: in the first entry, it is the tail of the ring.
    bufferRing[word * 2 + 6] = id;
    this.#bufferTail++;
  }

  #publishBuffers(): void {
    this.#memory.bufferRing[BUFFER_TAIL] = this.#bufferTail;
  }
}
