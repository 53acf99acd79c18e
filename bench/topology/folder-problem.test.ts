import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { folderProblem, problemWithin } from './folder-problem.ts';

const failed = (code: string, path?: string) =>
  Object.assign(new Error(code), { code, ...(path === undefined ? {} : { path }) });

test('an error of the system is a problem of the folder, with its cause', () => {
  const error = failed('EROFS');
  const problem = folderProblem('/x', error);
  assert.ok(problem instanceof Problem);
  assert.deepEqual([problem.kind, problem.cause], ['environment', error]);
  assert.match(
    problem.message,
    /^The temporary folder \/x cannot be used: its file system is read-only \(EROFS\)\./,
  );
  assert.match(folderProblem('/x', failed('EXYZ'))?.message ?? '', /: the system reports EXYZ\./);
  assert.deepEqual([folderProblem('/x', new Error('a')), folderProblem('/x', 'EROFS')], [null, null]);
});

test('of an error from other code, only one that concerns the folder is its problem', () => {
  const [here, gone] = [tmpdir(), '/no/such/folder'];
  const isProblem = (folder: string, error: unknown) => problemWithin(folder, error) !== null;
  assert.deepEqual(
    [
      isProblem(here, failed('ENOSPC')),
      isProblem(here, failed('ENOSPC', `${here}/log`)),
      isProblem(here, failed('ENOSPC', '/elsewhere')),
      isProblem(here, failed('ENOENT', `${here}/log`)),
      isProblem(gone, failed('ENOENT', `${gone}/log`)),
      isProblem(gone, failed('EACCES', `${gone}/log`)),
      isProblem(here, failed('EXYZ', `${here}/log`)),
      isProblem(here, new Error('a')),
      isProblem(here, 'ENOSPC'),
    ],
    [true, true, false, false, true, true, false, false, false],
  );
});
