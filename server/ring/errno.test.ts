import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { ERRNO, errorCode, SystemError } from './errno.ts';

test('an error has the number and the name of the system', () => {
  assert.deepEqual(ERRNO, { EINTR: 4, EAGAIN: 11, ETIME: 62, ENOBUFS: 105, ECANCELED: 125 });
  assert.deepEqual([errorCode(constants.errno.ECONNRESET), errorCode(9999)], ['ECONNRESET', 'E9999']);
  const { name, message, code } = new SystemError('mmap', constants.errno.ENOMEM);
  assert.deepEqual([name, message, code], ['SystemError', 'mmap: ENOMEM', 'ENOMEM']);
});
