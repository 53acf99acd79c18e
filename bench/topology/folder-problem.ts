import { existsSync } from 'node:fs';
import { Problem } from '../model/failure.ts';

/** Explains why a temporary folder could not be used, with the remedy; null for any other kind of error. */
export function folderProblem(folder: string, error: unknown): Problem | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const why = REASONS[String(error.code)] ?? `the system reports ${error.code}`;
  const message = `The temporary folder ${folder} cannot be used: ${why}. Fix that, or set TMPDIR to another folder.`;
  return new Problem('environment', message, { cause: error });
}

/** Like `folderProblem`, for errors from code that does more than use the folder. */
export function problemWithin(folder: string, error: unknown): Problem | null {
  const { code = '', path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  // An error from writing to an open file has no path. Such an error must concern this folder, because errors
  // from all other files that a run writes are reported elsewhere.
  if (!(code in REASONS) || (path !== undefined && !path.startsWith(folder))) return null;
  // A file missing from a folder that still exists is our own bug.
  return code === 'ENOENT' && existsSync(folder) ? null : folderProblem(folder, error);
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'your quota on this disk is used up (EDQUOT)',
  EROFS: 'its file system is read-only (EROFS)',
  EACCES: 'you are not allowed to write there (EACCES)',
  EPERM: 'you are not allowed to write there (EPERM)',
  ENOENT: 'it does not exist (ENOENT)',
  ENOTDIR: 'it is a file (ENOTDIR)',
};
