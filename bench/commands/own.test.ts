import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

async function storedBy(reports: string) {
  const [id = ''] = (await readdir(reports)).filter((name) => name.startsWith('2025'));
  return JSON.parse(await readFile(join(reports, id, 'result.json'), 'utf8'));
}

test('a configuration of one’s own is a variant like any other, after those that are named', async (t) => {
  const reports = await temporaryFolder(t);
  const line = ['-p', 'plain', '--conf', 'a/nginx.conf', '--conf', 'b/nginx.conf', '--steps', 'throughput'];
  const { code } = await obey([...line, '--reports', reports], fakeServices());
  assert.equal(code, 0);
  const result = await storedBy(reports);
  assert.deepEqual(
    result.variants.map(({ name, profile }: { name: string; profile: string }) => [name, profile]),
    [
      ['plain', 'plain'],
      ['conf:a/nginx.conf', 'conf:a/nginx.conf'],
      ['conf:b/nginx.conf', 'conf:b/nginx.conf'],
    ],
  );
});

test('compare takes them as sides, and what a header holds is stored nowhere', async (t) => {
  const reports = await temporaryFolder(t);
  const header = 'Authorization: Bearer sup3rs3cret';
  const line = ['compare', 'plain', '--conf', 'mine.conf', '--header', header, '--rounds', '1'];
  await obey([...line, '--reports', reports], fakeServices());
  const result = await storedBy(reports);
  assert.deepEqual(
    result.variants.map(({ name }: { name: string }) => name),
    ['plain', 'conf:mine.conf'],
  );
  assert.ok(result.plan.command.includes('--header'));
  assert.doesNotMatch(JSON.stringify(result), /sup3rs3cret/);
});

test('one that is not there is wrong use, and nothing is started', async (t) => {
  const reports = join(await temporaryFolder(t), 'none');
  const { prepareProxy } = services;
  const ended = await obey(['--conf', '/no/such.conf', '--reports', reports], fakeServices({ prepareProxy }));
  assert.equal(ended.code, 2);
  assert.match(ended.said.join('\n'), /\/no\/such\.conf cannot be read: there is no such file/);
  await assert.rejects(readdir(reports));
});
