import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { reasonOf, systemCode } from './system-error.ts';

const withCode = (code: string, message = '') => Object.assign(new Error(message), { code });

test('errors that the system itself raises become phrases', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder'));
    const failed = (path: string) => readFile(join(folder, path)).catch((error: unknown) => error);
    assert.equal(reasonOf(await failed('nothing')), 'there is no such file or folder');
    assert.equal(reasonOf(await failed('folder')), 'it is a folder');
    assert.equal(reasonOf(await failed('file/below')), 'a part of the path is a file, not a folder');
    assert.equal(reasonOf(await failed('x'.repeat(300))), 'the name is too long');
  });
});

test('no sentence contains an error code, known or unknown, and no reason is empty', () => {
  const codes = 'ENOENT EACCES ENOSPC EROFS EISDIR ENOTDIR ELOOP EMFILE EIO EDQUOT ENAMETOOLONG EPERM EXDEV';
  for (const code of codes.split(' ')) {
    assert.match(reasonOf(withCode(code)), /^[a-z].*[^.]$/);
    assert.doesNotMatch(reasonOf(withCode(code)), /\bE[A-Z]{3,}/, code);
  }
  assert.equal(reasonOf(withCode('EXDEV')), 'the system reports "cross-device link not permitted"');
  assert.equal(reasonOf(new Error('')), 'the system gives no reason');
  assert.equal(reasonOf(new Error(' Odd\n thing. ')), 'Odd thing');
  assert.equal(reasonOf('text'), 'text');
});

test('only error codes of the system count as such', () => {
  assert.equal(systemCode(withCode('ENOSPC')), 'ENOSPC');
  for (const other of [withCode('ERR_INVALID_ARG_TYPE', 'Odd'), new Error('x'), null, { code: 'ENOENT' }])
    assert.equal(systemCode(other), null);
  assert.equal(reasonOf(withCode('ERR_INVALID_ARG_TYPE', 'Odd')), 'Odd');
});

test('the reason is that of the first of several attempts to connect', async () => {
  const first = await new Promise((resolve) => connect({ host: '127.0.0.1', port: 1 }).on('error', resolve));
  assert.equal(reasonOf(new AggregateError([first], '')), 'nothing listens there');
});
