import assert from 'node:assert/strict';
import { chmod, lchown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { fetchSuiteNginx } from './suite.ts';
import { requireTrusted } from './trust.ts';

const NOBODY = 65_534;
const ROOT = process.geteuid?.() === 0;

/** Creates a cache with a binary and a library, as after a fetch. */
async function inCache(work: (cache: string, root: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const cache = join(folder, 'cache');
    const root = join(cache, `nginx-debian-made-up-${process.arch}`);
    for (const file of ['usr/sbin/nginx', 'usr/lib/any-linux-gnu/libz.so.1']) {
      await mkdir(dirname(join(root, file)), { recursive: true, mode: 0o755 });
      await writeFile(join(root, file), '', { mode: 0o755 });
    }
    await symlink('libz.so.1', join(root, 'usr/lib/any-linux-gnu/libz.so'));
    for (const path of [cache, root, join(root, 'usr'), join(root, 'usr/lib')]) await chmod(path, 0o755);
    await work(cache, root);
  });
}

const PARTS = [
  '..',
  '.',
  'usr',
  'usr/sbin/nginx',
  'usr/lib/any-linux-gnu',
  'usr/lib/any-linux-gnu/libz.so.1',
];

async function refuses(cache: string, root: string, words: RegExp): Promise<void> {
  await assert.rejects(
    requireTrusted(cache, root),
    (error) => error instanceof Problem && error.kind === 'environment' && words.test(error.message),
  );
}

test('a cache that only this user may write is trusted, including its links', async () => {
  await inCache((cache, root) => requireTrusted(cache, root));
});

test('a folder, binary or library in the cache that others may write is not used', async () => {
  for (const part of PARTS) {
    for (const mode of [0o775, 0o757]) {
      await inCache(async (cache, root) => {
        await chmod(join(root, part), mode);
        await refuses(
          cache,
          root,
          /^The Nginx in the cache is not used: ".*" is writable by other users\. Remove ".*", .* chmod -R go-w/,
        );
      });
    }
  }
});

test('a file or link in the cache that belongs to another user is not used', { skip: !ROOT }, async () => {
  for (const part of [...PARTS, 'usr/lib/any-linux-gnu/libz.so']) {
    await inCache(async (cache, root) => {
      await lchown(join(root, part), NOBODY, NOBODY);
      await refuses(cache, root, /belongs to another user \(65534\)/);
    });
  }
});

test('a cache that does not exist yet is no risk, but one that cannot be examined is an error', async () => {
  await inCache(async (cache, root) => {
    await requireTrusted(join(cache, 'none'), join(cache, 'none/nginx'));
    await requireTrusted(cache, join(cache, 'none'));
    await assert.rejects(requireTrusted(cache, join(root, 'usr/sbin/nginx/x')), { code: 'ENOTDIR' });
  });
});

test('a cache of root is trusted by every user, and one of another user by none', async (t) => {
  await inCache(async (cache, root) => {
    const own = process.geteuid?.() ?? 0;
    t.mock.method(process as { geteuid(): number }, 'geteuid', () => own + 1);
    if (own === 0) await requireTrusted(cache, root);
    else await refuses(cache, root, new RegExp(`belongs to another user \\(${own}\\)`));
  });
});

test('an Nginx in the cache is checked before it is run', async () => {
  await inCache(async (cache, root) => {
    const ran = join(cache, '../ran');
    await writeFile(join(root, 'usr/sbin/nginx'), `#!/bin/sh\ntouch ${ran}\n`);
    await chmod(join(root, 'usr/sbin/nginx'), 0o777);
    await assert.rejects(
      fetchSuiteNginx('made-up', { cacheDir: cache, say: () => assert.fail('nothing to say') }),
      (error) =>
        error instanceof Problem && /usr\/sbin\/nginx" is writable by other users/.test(error.message),
    );
  });
});
