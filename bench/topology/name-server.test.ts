import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { responseTo, startNameServer } from './name-server.ts';

test('every name has the address of the echo servers, and no other record', async (t) => {
  const [{ address, close }, other] = await Promise.all([startNameServer(), startNameServer()]);
  t.after(close);
  other.close();
  assert.notEqual(other.address, address);
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

test('a response repeats the question, and adds its record', () => {
  const header = (flags: string, answers: number) => `abcd${flags}00010${'00'}${answers}00000000`;
  // bench, of type A or AAAA, and class IN
  const question = (type: string) => `0562656e636800${type}0001`;
  const query = (type: string) => Buffer.from(`abcd01000001000000000000${question(type)}`, 'hex');
  const record = 'c00c00010001000000010004' + '7f000001';
  assert.equal(responseTo(query('0001'))?.toString('hex'), header('8180', 1) + question('0001') + record);
  assert.equal(responseTo(query('001c'))?.toString('hex'), header('8180', 0) + question('001c'));
  const additional = Buffer.concat([query('0001'), Buffer.from('00', 'hex')]);
  assert.deepEqual(responseTo(additional), responseTo(query('0001')));
  const twice = query('0001');
  twice.writeUInt16BE(2, 4);
  assert.equal(responseTo(twice), null);
});

test('a server has been asked once it has answered, which takes a moment', async (t) => {
  const { address, asked, close } = await startNameServer();
  t.after(close);
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([address]);
  await resolver.resolve4('backend.bench');
  await asked;
});
