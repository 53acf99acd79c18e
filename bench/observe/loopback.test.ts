import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriesTcp, checkLoopback, LOOPBACK } from './loopback.ts';

/** Reserved for documentation (RFC 5737): no machine has it. */
const NOWHERE = '192.0.2.1';
/** A server can listen at it, but nothing can connect to it. */
const BROADCAST = '127.255.255.255';

test('an address that nothing can connect to is told from one that answers', async () => {
  assert.equal(await carriesTcp(LOOPBACK), true);
  assert.equal(await carriesTcp(NOWHERE), false);
  assert.equal(await carriesTcp(BROADCAST), false);
  await checkLoopback();
  await assert.rejects(checkLoopback(NOWHERE), { kind: 'environment' });
});
