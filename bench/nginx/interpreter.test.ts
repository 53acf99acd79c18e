import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';
import { readInterpreter, setInterpreter } from './interpreter.ts';

const execute = promisify(execFile);
let folder: string;
let program: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interpreter-test-'));
  program = join(folder, 'echo');
  await copyFile('/bin/echo', program);
});
after(() => rm(folder, { recursive: true, force: true }));

test('a program starts with the given loader, whatever the length of its path, even repeatedly', async () => {
  const original = await readInterpreter(program);
  assert.match(original, /^\/lib/);
  for (const name of ['x'.repeat(200), 'loader']) {
    const loader = join(folder, name, 'ld.so');
    await mkdir(join(folder, name));
    await setInterpreter(program, loader);
    assert.equal(await readInterpreter(program), loader);
    await assert.rejects(execute(program, ['hello']), { code: 'ENOENT' });
    await copyFile(await realpath(original), loader);
    assert.equal((await execute(program, ['hello'])).stdout, 'hello\n');
  }
});

test('any other file is rejected, and not changed', async () => {
  const script = join(folder, 'script');
  for (const content of [
    '',
    '#!/bin/sh\n',
    `\x7fELF\x02\x01${'\0'.repeat(100)}`,
    `\x7fELF\x01\x01${'\0'.repeat(100)}`,
    '\x7fELF\x02\x01',
    'x'.repeat(100),
  ]) {
    await writeFile(script, content, 'latin1');
    await assert.rejects(
      setInterpreter(script, '/lib/ld.so'),
      (error) =>
        error instanceof Problem && error.message === `${script} is not a 64-bit program with a loader.`,
    );
  }
});

test('the loader is found in a later program header, and the new one is appended with its length', async () => {
  const path = join(folder, 'made');
  // Two program headers of 60 bytes from byte 64; the second names the loader at byte 184.
  const bytes = Buffer.alloc(190);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(60, 54);
  bytes.writeUInt16LE(2, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(3, 124);
  bytes.writeBigUInt64LE(184n, 132);
  bytes.writeBigUInt64LE(6n, 156);
  bytes.writeBigUInt64LE(6n, 164);
  bytes.write('/ld.1\0', 184, 'latin1');
  await writeFile(path, bytes, { mode: 0o600 });
  assert.equal(await readInterpreter(path), '/ld.1');
  const first = Buffer.concat([bytes.subarray(0, 64), bytes.subarray(124, 184), bytes.subarray(124)]);
  first.writeBigUInt64LE(184n, 72);
  await writeFile(join(folder, 'first'), first);
  assert.equal(await readInterpreter(join(folder, 'first')), '/ld.1');
  await setInterpreter(path, '/loader');
  bytes.writeBigUInt64LE(190n, 132);
  bytes.writeBigUInt64LE(8n, 156);
  bytes.writeBigUInt64LE(8n, 164);
  assert.deepEqual(await readFile(path), Buffer.concat([bytes, Buffer.from('/loader\0')]));
  assert.equal((await stat(path)).mode & 0o777, 0o755);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('made')),
    ['made'],
  );
});
