import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Problem, type ProblemKind } from '../model/failure.ts';
import { loadProfiles } from './profile.ts';

/** From dist/bench/plan. */
const SHIPPED = join(import.meta.dirname, '../../../nginx-profiles');
const IN_ALL = ['direct', 'plain', 'tls', 'http2', 'cache', 'load-balanced'];
const BY_NAME_ONLY = [
  ...['unix-socket', 'stream', 'stream-tls', 'tls12', 'tls-rsa', 'reencrypt', 'cache-unsafe'],
  ...['balanced-round-robin', 'balanced-ip-hash', 'balanced-hash', 'balanced-random'],
];
const DESCRIPTION = { title: 't', question: 'q', claim: null, expect: 'e', servers: 1 };

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'profile-test-'));
});
after(() => rm(root, { recursive: true, force: true }));

async function folderOf(profiles: Record<string, string | null>, conf = ''): Promise<string> {
  const folder = await mkdtemp(join(root, 'profiles-'));
  for (const [name, description] of Object.entries(profiles)) {
    await mkdir(join(folder, name));
    if (description !== null) await writeFile(join(folder, name, 'profile.json'), description);
    if (name !== 'bare') await writeFile(join(folder, name, 'nginx.conf'), conf);
  }
  return folder;
}

function problem(kind: ProblemKind, words: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.kind === kind && words.test(error.message);
}

describe('loading', () => {
  test('the built-in profiles start with the baseline', async () => {
    const profiles = await loadProfiles(SHIPPED);
    assert.deepEqual(
      profiles.map(({ name }) => name),
      [...IN_ALL, ...BY_NAME_ONLY],
    );
    assert.deepEqual(
      profiles.filter(({ inAll }) => inAll).map(({ name }) => name),
      IN_ALL,
    );
    // Other profiles are not in `all`, because they would make it too long and test no claim of the article.
    assert.ok(profiles.every(({ inAll, claim }) => inAll || claim === null));
    assert.equal(profiles[0]?.configurationPath, null);
    assert.equal(profiles[2]?.configurationPath, join(SHIPPED, 'tls/nginx.conf'));
    assert.equal(profiles[5]?.servers, 3);
  });

  test('other profiles follow by name; a folder without profile.json is ignored', async () => {
    const text = JSON.stringify(DESCRIPTION);
    const folder = await folderOf({
      zeta: text,
      alpha: text,
      mu: text,
      plain: text,
      beta: text,
      tunings: null,
    });
    assert.deepEqual(
      (await loadProfiles(folder)).map(({ name }) => name),
      ['plain', 'alpha', 'beta', 'mu', 'zeta'],
    );
  });

  test('files, hidden folders and names with spaces are ignored; capitals precede small letters', async () => {
    const text = JSON.stringify(DESCRIPTION);
    const folder = await folderOf({
      '.git': text,
      omega: text,
      direct: text,
      'a b': text,
      Beta: text,
      tls: text,
    });
    await writeFile(join(folder, 'README'), '');
    const described = { ...DESCRIPTION, options: null };
    const loaded = await loadProfiles(folder);
    assert.deepEqual(
      loaded.map(({ name, configurationPath }) => [name, configurationPath]),
      [['direct', null], ...['tls', 'Beta', 'omega'].map((name) => [name, join(folder, name, 'nginx.conf')])],
    );
    for (const profile of loaded) assert.deepEqual({ ...profile, ...described }, profile);
  });

  test('a profile.json that is a folder is reported as unreadable, and not ignored', async () => {
    const folder = await folderOf({ a: null });
    await mkdir(join(folder, 'a/profile.json'));
    await assert.rejects(
      loadProfiles(folder),
      problem('configuration', /a\/profile\.json could not be read: /),
    );
  });

  test('errors in a profile are reported with its path', async () => {
    const refuses = async (profiles: Record<string, string>, words: RegExp) =>
      assert.rejects(loadProfiles(await folderOf(profiles)), problem('configuration', words));
    await refuses({ a: '{' }, /a\/profile\.json is not valid JSON/);
    await refuses({ a: JSON.stringify({ ...DESCRIPTION, servers: 0 }) }, /a\/profile\.json: servers: /);
    await refuses({ a: JSON.stringify({ ...DESCRIPTION, extra: 1 }) }, /a\/profile\.json: extra: /);
    await refuses({ a: '[]' }, /a\/profile\.json: /);
    await refuses({ a: '7' }, /a\/profile\.json: the file: /);
    await refuses({ bare: JSON.stringify(DESCRIPTION) }, /bare has no nginx\.conf/);
    await assert.rejects(
      loadProfiles(join(root, 'nowhere')),
      problem('configuration', /nowhere cannot be read/),
    );
  });
});
