import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { asNobody, COMMON_FOLDER } from '../../test/nobody.ts';
import { readRegularFile, UnreadableFile } from './regular-file.ts';

function refuses(path: string, reason: RegExp, maxBytes = 1_048_576): Promise<void> {
  return assert.rejects(readRegularFile(path, maxBytes), (error) => {
    assert.ok(error instanceof UnreadableFile, String(error));
    assert.match(error.message, reason);
    return true;
  });
}

describe('a file that a person names', () => {
  it('is read as it is, up to the bound and not one byte more', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'a');
      for (const size of [0, 1, 4096, 4097, 10_000]) {
        const bytes = Buffer.alloc(size, 'äx');
        await writeFile(path, bytes);
        assert.deepEqual(await readRegularFile(path, size), bytes);
        if (size > 0) await refuses(path, new RegExp(`^it is larger than ${size - 1} bytes$`), size - 1);
      }
      await truncate(path, 2 ** 33);
      await refuses(path, /^it is larger than 1 MiB$/, 2_097_151);
      await refuses(path, /^it is larger than 16 MiB$/, 16_777_216);
    }));

  it('is read through a link, and where the system makes its content up', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'a'), 'text');
      await symlink('a', join(folder, 'b'));
      assert.equal(String(await readRegularFile(join(folder, 'b'), 100)), 'text');
      assert.match(String(await readRegularFile('/proc/self/status', 65_536)), /^Name:/);
    }));

  it('is not read where it would block, never end, or be none', () =>
    inFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      execFileSync('mkfifo', [at('pipe')]);
      await symlink('pipe', at('link'));
      await symlink('circle', at('circle'));
      await mkdir(at('folder'));
      const server = createServer();
      await new Promise<void>((done) => server.listen(at('socket'), done));
      try {
        for (const path of [at('pipe'), at('link'), at('socket'), '/dev/zero', '/dev/null'])
          await refuses(path, /^it is a pipe or a device, but only regular files can be read$/);
      } finally {
        server.close();
      }
      await refuses(at('folder'), /^it is a folder$/);
      await refuses(at('none'), /^there is no such file$/);
      await refuses(at('circle'), /^its symbolic links form a loop$/);
      await refuses(at('x'.repeat(300)), /^its name is too long$/);
      await refuses(at('a\0b'), /null bytes/);
    }));

  it('is closed after it was read or refused', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'a');
      await writeFile(path, 'text');
      const openFiles = async () => (await readdir('/proc/self/fd')).length;
      const before = await openFiles();
      await readRegularFile(path, 100);
      await refuses(path, /larger/, 3);
      assert.equal(await openFiles(), before);
    }));

  it('is not read without the right to it', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'a'), 'secret', { mode: 0o600 });
      await asNobody(() => refuses(join(folder, 'a'), /^this user is not allowed to read it$/));
    }, COMMON_FOLDER));
});
