import { constants } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';

/** Puts text into a file that is already open for writing; handed in by tests of a full disk. */
export type Write = (file: Awaited<ReturnType<typeof open>>, text: string) => Promise<void>;

const writeWhole: Write = (file, text) => file.writeFile(text, 'utf8');

/**
 * Writes a file so that under its name there is either the old text or the new one, never a part:
 * a file beside it that then takes the name. Nothing is left of it on failure. Its folder is made.
 *
 * @returns the path
 * @throws Problem('environment') where the disk is full or may not be written to
 */
export async function writeFileWhole(path: string, text: string, write = writeWhole): Promise<string> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'w', 0o644);
    try {
      await write(file, text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw problemOf(error, path);
  }
}

/**
 * Copies a file, sharing its blocks where the file system can; the folder is made.
 *
 * @returns false where there is no such file
 * @throws as `writeFileWhole`
 */
export async function copyFileTo(from: string, to: string): Promise<boolean> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw problemOf(error, to);
  }
}

const REMEDIES: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space and run it again',
  EDQUOT: 'your quota on this disk is used up: free some space and run it again',
  EACCES: 'you may not write there: change its rights, or choose another folder for the reports',
  EPERM: 'you may not write there: change its rights, or choose another folder for the reports',
  EROFS: 'this file system is read-only: choose another folder for the reports',
  ENOTDIR: 'a part of this path is a file, not a folder: choose another folder for the reports',
  EEXIST: 'a part of this path is a file, not a folder: choose another folder for the reports',
  EISDIR: 'there is a folder of this name: remove it',
};

function problemOf(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const remedy = REMEDIES[code] ?? (code === '' ? null : `the system says ${code}`);
  if (remedy === null) return error;
  return new Problem('environment', `"${printable(path)}" could not be written, for ${remedy}.`, {
    cause: error,
  });
}
