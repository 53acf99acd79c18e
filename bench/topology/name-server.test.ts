import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { responseTo, startNameServer } from './name-server.ts';

test('every name has the address of the echo servers, and no other record', async (t) => {
  const { address, close } = await startNameServer();
  t.after(close);
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([address]);
  assert.deepEqual(await resolver.resolve4('backend.bench'), ['127.0.0.1']);
  await assert.rejects(resolver.resolve6('backend.bench'), { code: 'ENODATA' });
});

test('what is no query is not answered', () => {
  const query = Buffer.from('000101000001000000000000016100000100', 'hex');
  for (let length = 0; length < query.length; length++)
    assert.equal(responseTo(query.subarray(0, length)), null, `${length} bytes`);
});
