import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dropRunFolder, makeRunFolder } from './run-folder.ts';
import { temporaryFolder } from './services.test.fixture.ts';

test('each invocation has a folder of its own, numbered from the second', async (t) => {
  const parent = join(await temporaryFolder(t), 'deep', 'reports');
  const folders = [];
  for (let number = 1; number <= 3; number += 1) folders.push(await makeRunFolder(parent, 'id'));
  assert.deepEqual(
    folders,
    ['id', 'id-2', 'id-3'].map((id) => ({ path: join(parent, id), id })),
  );
  const [first, second] = folders;
  assert.ok(first && second);
  writeFileSync(join(second.path, 'run.json'), '{}');
  await dropRunFolder(second);
  await dropRunFolder(second);
  assert.deepEqual([existsSync(first.path), existsSync(second.path)], [true, false]);
  assert.deepEqual(await makeRunFolder(parent, 'id'), second);
});

test('a path that is wrong is a usage error, and any other error of the system is not', async (t) => {
  const parent = await temporaryFolder(t);
  const file = join(parent, 'file');
  writeFileSync(file, '');
  const message = (path: string) =>
    new RegExp(`^Reports could not be written to "${path}": .* --reports\\.$`);
  for (const path of [file, join(file, 'within')])
    await assert.rejects(makeRunFolder(path, 'id'), { kind: 'usage', message: message(path) });
  const long = join(parent, 'x'.repeat(300));
  await assert.rejects(makeRunFolder(long, 'id'), { kind: 'environment', message: message(long) });
  mkdirSync(join(parent, 'here'));
  await assert.rejects(
    makeRunFolder(join(parent, 'here'), 'no\0name'),
    (error: Error) => error.name !== 'Problem',
  );
});
