import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import { hgrmFiles } from './hgrm.ts';
import { reportHtml } from './html.ts';
import { printable } from './printable.ts';

/** Puts text into a file that is already open for writing; handed in by tests of a full disk. */
export type Write = (file: Awaited<ReturnType<typeof open>>, text: string) => Promise<void>;

const writeWhole: Write = (file, text) => file.writeFile(text, 'utf8');

/**
 * Saves the result: to be called after every run, so that a crash loses nothing. Returns the path of
 * result.json.
 *
 * @throws Problem('environment') where the disk is full or may not be written to
 */
export async function writeResult(folder: string, result: Result, write?: Write): Promise<string> {
  return writeFileWhole(folder, 'result.json', `${JSON.stringify(result)}\n`, write);
}

/**
 * Draws a result: report.html and the .hgrm files. Returns the path of report.html.
 *
 * @throws Problem('environment') as `writeResult`
 */
export async function writeReport(folder: string, result: Result, write?: Write): Promise<string> {
  for (const { name, text } of hgrmFiles(result)) await writeFileWhole(folder, name, text, write);
  return writeFileWhole(folder, 'report.html', reportHtml(result), write);
}

/**
 * Writes a file so that under its name there is either the old text or the new one, never a part:
 * a file beside it that then takes the name. Nothing is left of it on failure. The folder is made.
 *
 * @throws Problem('environment')
 */
export async function writeFileWhole(
  folder: string,
  name: string,
  text: string,
  write = writeWhole,
): Promise<string> {
  const path = join(folder, name);
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
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
