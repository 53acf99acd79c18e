import assert from 'node:assert/strict';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { copyFileIn, isSpecialFile, readFileIn, readUpTo } from './file.ts';

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
