import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as abi from './abi.ts';

test('the numbers are those of linux/io_uring.h', () => {
  assert.deepEqual(
    { ...abi },
    {
      SETUP: { CQSIZE: 0x8, SUBMIT_ALL: 0x80, COOP_TASKRUN: 0x100, TASKRUN_FLAG: 0x200 },
      SETUP_NEW: { SINGLE_ISSUER: 0x1000, DEFER_TASKRUN: 0x2000 },
      ENTER: { GETEVENTS: 0x1, EXT_ARG: 0x8, REGISTERED_RING: 0x10 },
      REGISTER: { EVENTFD: 4, RING_FDS: 20, PBUF_RING: 22 },
      OPCODE: { POLL_ADD: 6, ACCEPT: 13, ASYNC_CANCEL: 14, CONNECT: 16, SEND: 26, RECV: 27 },
      BUFFER_SELECT: 0x20,
      ACCEPT_MULTISHOT: 0x1,
      RECV_MULTISHOT: 0x2,
      COMPLETION: { BUFFER: 0x1, MORE: 0x2 },
      READY: { CQ_OVERFLOW: 0x2, TASKRUN: 0x4 },
      EVENTFD_DISABLED: 0x1,
      SQE_WORDS: 64 / 4,
      CQE_WORDS: 16 / 4,
      BUFFER_WORDS: 16 / 4,
      BUFFER_TAIL: 14 / 2,
    },
  );
});
