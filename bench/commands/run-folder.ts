import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';

/** The folder in reports/ that one invocation writes to. */
export interface RunFolder {
  path: string;
  /** Its name, and the id of the result. */
  id: string;
}

/** Makes the folder `<reports>/<id>`, or with -2, -3, … behind where that is taken. */
export async function makeRunFolder(reports: string, id: string): Promise<RunFolder> {
  const parent = resolve(reports);
  try {
    await mkdir(parent, { recursive: true });
    for (let number = 1; ; number++) {
      const numbered = number === 1 ? id : `${id}-${number}`;
      const path = join(parent, numbered);
      try {
        await mkdir(path);
        return { path, id: numbered };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
  } catch (error) {
    throw cannotWrite(parent, error);
  }
}

/** Takes a folder away again in which nothing was written; one with files in it stays. */
export async function dropEmptyRunFolder({ path }: RunFolder): Promise<void> {
  await rmdir(path).catch(() => undefined);
}

/** Writes result.json in one step: whoever reads it finds the old one or the new one, whole. */
export async function saveResult({ path }: RunFolder, result: Result): Promise<void> {
  const temporary = join(path, `.result.json.${process.pid}`);
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(`${JSON.stringify(result)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(path, 'result.json'));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannotWrite(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space, or name another folder with --reports',
  EDQUOT: 'your quota is used up; free some space, or name another folder with --reports',
  EACCES: 'you may not write there; name another folder with --reports',
  EPERM: 'you may not write there; name another folder with --reports',
  EROFS: 'it is mounted read-only; name another folder with --reports',
  ENOTDIR: 'a part of this path is a file; name another folder with --reports',
  EEXIST: 'there is a file of this name; name another folder with --reports',
  ENAMETOOLONG: 'the name is too long; take a shorter one with --reports or --name',
};

/** The Problem that a failed write is; any other error as it is. */
export function cannotWrite(path: string, cause: unknown): unknown {
  const reason = REASONS[codeOf(cause) ?? ''];
  return reason === undefined
    ? cause
    : new Problem('environment', `Cannot write to ${path}: ${reason}.`, { cause });
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}
