import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriesTcp, checkLoopback, LOOPBACK } from './loopback.ts';

/** An address that no machine has, because it is reserved for documentation (RFC 5737). */
const NOWHERE = '192.0.2.1';
/** An address on which a server can listen, but to which nothing can connect. */
const BROADCAST = '127.255.255.255';

test('an address that accepts no connections is distinguished from one that does', async () => {
  assert.equal(await carriesTcp(LOOPBACK), true);
  assert.equal(await carriesTcp(NOWHERE), false);
  assert.equal(await carriesTcp(BROADCAST), false);
  await checkLoopback();
  await assert.rejects(checkLoopback(NOWHERE), { kind: 'environment' });
});
