/** The memory that a ring shares with the kernel. The kernel writes to it, so it never moves and is never freed. */
export interface RingMemory {
  /** Indexes and flags of both queues. */
  queues: Uint32Array;
  /** Positions of the queues' indexes and flags within `queues`. */
  at: {
    sqTail: number;
    sqFlags: number;
    cqHead: number;
    cqTail: number;
    cqFlags: number;
  };
  /** Submission queue entries. Position n of the queue always refers to entry n of this array. */
  sqes: Uint32Array;
  /** Completion queue entries. */
  cqes: Int32Array;
  /** The ring through which receive buffers are passed to the kernel. */
  bufferRing: Uint16Array;
  /** Consecutive receive buffers. */
  received: Area;
  /** Consecutive send buffers. */
  sent: Area;
}

/** Memory that is divided into buffers of the same size. */
export interface Area {
  bytes: Buffer;
  /** Memory address of the area, for the kernel. */
  address: number;
  count: number;
  /** Size of one buffer in bytes. */
  size: number;
}

/** The system calls that the ring needs. Each returns a negative error number if it fails. */
export interface Kernel {
  readonly memory: RingMemory;
  /**
   * Submits requests (io_uring_enter).
   *
   * @param waitNs null to only submit. Otherwise, the call also produces completions, and waits at most this long for
   *   them. Must be less than a second.
   * @param together number of completions to wait for
   * @returns the number of requests that were submitted
   */
  enter(count: number, waitNs: number | null, together: number): number;
  /**
   * Sends bytes directly, without the ring and without waiting. Returns the number of bytes that the system
   * accepted.
   */
  send(fd: number, bytes: Buffer, from: number, to: number): number;
  shutdown(fd: number, how: ShutdownHow): void;
  close(fd: number): void;
}

/** Arguments of shutdown(2). */
export const SHUT = { WRITING: 1, BOTH: 2 } as const;
export type ShutdownHow = (typeof SHUT)[keyof typeof SHUT];
