/** The part of the kernel's interface that the ring uses, with the names from linux/io_uring.h. */

export const SETUP = {
  CQSIZE: 1 << 3,
  SUBMIT_ALL: 1 << 7,
  COOP_TASKRUN: 1 << 8,
  TASKRUN_FLAG: 1 << 9,
} as const;
/** These flags need Linux 6.1 or later. */
export const SETUP_NEW = { SINGLE_ISSUER: 1 << 12, DEFER_TASKRUN: 1 << 13 } as const;

export const ENTER = { GETEVENTS: 1, EXT_ARG: 1 << 3, REGISTERED_RING: 1 << 4 } as const;

export const REGISTER = { EVENTFD: 4, RING_FDS: 20, PBUF_RING: 22 } as const;

export const OPCODE = {
  POLL_ADD: 6,
  ACCEPT: 13,
  ASYNC_CANCEL: 14,
  CONNECT: 16,
  SEND: 26,
  RECV: 27,
} as const;

/** Request flag: the kernel chooses the buffer. */
export const BUFFER_SELECT = 1 << 5;
export const ACCEPT_MULTISHOT = 1;
export const RECV_MULTISHOT = 1 << 1;

/** Flags of a completion. The upper 16 bits of the flags contain the number of the completion's buffer. */
export const COMPLETION = { BUFFER: 1, MORE: 1 << 1 } as const;

/** Flags of the submission queue, set if a call to io_uring_enter would produce completions. */
export const READY = { CQ_OVERFLOW: 1 << 1, TASKRUN: 1 << 2 } as const;
/** Completion queue flag: the eventfd is not signalled. */
export const EVENTFD_DISABLED = 1;

/** Sizes of a submission queue entry and a completion queue entry, in 32-bit words. */
export const SQE_WORDS = 16;
export const CQE_WORDS = 4;
/**
 * Size of a buffer ring entry, in 32-bit words, and position of the ring's tail in the first entry, in 16-bit
 * words.
 */
export const BUFFER_WORDS = 4;
export const BUFFER_TAIL = 7;
