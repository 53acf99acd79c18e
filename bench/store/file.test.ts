import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { promises } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import {
  checkWritable,
  copyFileIn,
  isFolder,
  isSpecialFile,
  makeFolder,
  readFileIn,
  readUpTo,
  unreadable,
  writeFileIn,
  writeFileWhole,
} from './file.ts';

test('a file is read completely, however few bytes arrive at a time, up to its end or its size', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a file');
    await writeFile(path, '0123456789');
    const inParts = async (size: number, most: number) => {
      const file = await open(path);
      const calls: number[] = [];
      const read = (async (bytes: Buffer, at: number, length: number) => {
        calls.push(length);
        return file.read(bytes, at, Math.min(most, length), null);
      }) as typeof file.read;
      const text = (await readUpTo(size, { read }).finally(() => file.close())).toString('latin1');
      return [text, calls];
    };
    assert.deepEqual(await inParts(10, 100), ['0123456789', [10]]);
    assert.deepEqual(await inParts(10, 4), ['0123456789', [10, 6, 2]]);
    assert.deepEqual(await inParts(12, 4), ['0123456789', [12, 8, 4, 2]]);
    assert.deepEqual(await inParts(7, 4), ['0123456', [7, 3]]);
    assert.deepEqual(await inParts(0, 4), ['', []]);
  }));

test('a file is copied unchanged; a missing one is not', () =>
  inFolder(async (folder) => {
    const bytes = Buffer.from([0xff, 0x00, 0x80]);
    await writeFile(join(folder, 'from'), bytes);
    const to = join(folder, 'new/folder/to');
    assert.equal(await copyFileIn(folder, 'from', to), true);
    assert.deepEqual(await readFile(to), bytes);
    await writeFileWhole(join(folder, 'written'), 'text');
    for (const path of [to, join(folder, 'written')])
      assert.equal((await stat(path)).mode & 0o133, 0, 'only its owner may write, and nobody execute');
    await assert.rejects(copyFileIn(folder, 'from', to), { kind: 'environment' });
    assert.equal(await copyFileIn(folder, 'missing', join(folder, 'none')), false);
    assert.equal(await readFileIn(folder, 'none'), null);
  }));

test('devices, and all names in /dev, are special; files, folders and missing paths are not', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    const paths = ['/dev/null', '/dev/stdout', '/dev/no-such-device', path, folder, join(folder, 'none')];
    assert.deepEqual(await Promise.all(paths.map(isSpecialFile)), [true, true, true, false, false, false]);
  }));

test('a folder is created with its parents, unless it exists; a file in its place is an error', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a/b/c');
    await makeFolder(path);
    await makeFolder(path);
    await Promise.all([makeFolder(join(folder, 'x/y')), makeFolder(join(folder, 'x/y'))]);
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(makeFolder(join(folder, 'file')), { code: 'ENOTDIR' });
    await assert.rejects(makeFolder(join(folder, 'file/below')), { code: 'ENOTDIR' });
    const paths = [path, join(folder, 'x/y'), join(folder, 'file'), join(folder, 'none')];
    assert.deepEqual(await Promise.all(paths.map(isFolder)), [true, true, false, false]);
  }));

test('whether files can be created is checked without leaving one', () =>
  inFolder(async (folder) => {
    await checkWritable(folder);
    assert.deepEqual(await readdir(folder), []);
    await assert.rejects(checkWritable(join(folder, 'none')), {
      kind: 'usage',
      message: `No file can be created in "${join(folder, 'none')}". Name another folder, or change the permissions of this one.`,
    });
    await assert.rejects(checkWritable('/proc'), { kind: 'usage' });
  }));

test('a file that cannot be written is a problem with a remedy; other errors are passed on', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'file');
    const refusal = async (code: string) => {
      const error = Object.assign(new Error('x'), { code });
      const failed = await writeFileWhole(path, 'x', () => Promise.reject(error)).catch(
        (each: unknown) => each,
      );
      assert.ok(failed instanceof Problem && failed.kind === 'environment' && failed.cause === error);
      return failed.message;
    };
    const free = 'Free some space and run the command again.';
    assert.equal(await refusal('ENOSPC'), `"${path}" cannot be written: the disk is full. ${free}`);
    assert.equal(await refusal('EDQUOT'), `"${path}" cannot be written: the disk quota is used up. ${free}`);
    assert.equal(
      await refusal('EROFS'),
      `"${path}" cannot be written: the file system is read-only. Name another folder, or change the permissions of this one.`,
    );
    const other = new TypeError('x');
    await assert.rejects(
      writeFileWhole(path, 'x', () => Promise.reject(other)),
      (error) => error === other,
    );
    await mkdir(join(folder, 'folder'));
    await assert.rejects(writeFileWhole(join(folder, 'folder'), 'x'), {
      message: `"${join(folder, 'folder')}" cannot be written: it is a folder. Remove it, or choose another path.`,
    });
    assert.deepEqual(await readdir(folder), ['folder']);
    assert.equal(await writeFileWhole(path, 'text'), path);
    assert.deepEqual([await readFile(path, 'utf8'), await readFileIn(folder, 'file')], ['text', 'text']);
  }));

test('a file that cannot be read names who can help', () => {
  const message = (code: string) => unreadable('/a', Object.assign(new Error('x'), { code })).message;
  assert.equal(
    message('EACCES'),
    '"/a" cannot be read: this user does not have permission. Ask its owner for access.',
  );
  assert.equal(
    message('EPERM'),
    '"/a" cannot be read: the system does not permit it. Ask its owner for access.',
  );
  assert.match(message('EIO'), /error\. Check the path and the disk\.$/);
});

test('no file is read or written through a link, or from a folder below a file', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'real/below'), { recursive: true });
    await writeFile(join(folder, 'real/below/file'), 'text');
    await symlink(join(folder, 'real'), join(folder, 'link'));
    await symlink(join(folder, 'real/below/file'), join(folder, 'real/below/link'));
    assert.equal(await readFileIn(folder, 'real/below/file'), 'text');
    for (const name of ['link/below/file', 'real/below/link'])
      await assert.rejects(readFileIn(folder, name), { kind: 'result', message: /is a symbolic link/ });
    assert.equal(await writeFileIn(folder, 'real/below/other', 'text'), join(folder, 'real/below/other'));
    await assert.rejects(writeFileIn(folder, 'link/below/new', 'text'), { message: /is a symbolic link/ });
    assert.deepEqual(await readdir(join(folder, 'real/below')), ['file', 'link', 'other']);
    assert.equal(await readFileIn(folder, 'real/below/file/more'), null);
    await assert.rejects(readFileIn(folder, 'real/below'), { message: /is not a regular file/ });
  }));

test('a file that a link or a pipe replaces before it is opened is not read', async (t) => {
  const { open: reallyOpen } = promises;
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'secret'), 'secret');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await symlink(join(folder, 'secret'), join(folder, 'link'));
    const path = join(folder, 'file');
    for (const name of ['link', 'pipe']) {
      await writeFile(path, 'text');
      t.mock.method(promises, 'open', async (...args: Parameters<typeof open>) => {
        await rename(join(folder, name), path);
        return reallyOpen(...args);
      });
      syncBuiltinESMExports();
      await assert.rejects(readFileIn(folder, 'file'), { kind: 'result' }, name);
      t.mock.restoreAll();
      syncBuiltinESMExports();
      await rm(path);
    }
  });
});

test('every file is closed after it was read, written, checked or rejected', () =>
  inFolder(async (folder) => {
    const openFiles = async () => (await readdir('/proc/self/fd')).length;
    await writeFileWhole(join(folder, 'file'), 'text');
    const before = await openFiles();
    await readFileIn(folder, 'file');
    await copyFileIn(folder, 'file', join(folder, 'copy'));
    await writeFileWhole(join(folder, 'file'), 'text');
    await checkWritable(folder);
    await assert.rejects(writeFileWhole(join(folder, 'file'), 'x', () => Promise.reject(new Error('x'))));
    assert.equal(await openFiles(), before);
  }));
