import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
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
  ]) {
    await writeFile(script, content, 'latin1');
    await assert.rejects(
      setInterpreter(script, '/lib/ld.so'),
      (error) =>
        error instanceof Problem && error.message === `${script} is not a 64-bit program with a loader.`,
    );
  }
});
