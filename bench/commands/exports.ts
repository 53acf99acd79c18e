import { basename, dirname, join, resolve } from 'node:path';
import { STDOUT, type WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { Result } from '../model/result.ts';
import { EXPORT_FORMATS } from '../report/exports/exports.ts';
import { checkWritable, isFolder, isSpecialFile, writeFileIn, writeFileWhole } from '../store/file.ts';

/**
 * Checks, before anything is measured, that every requested export can be written.
 *
 * @throws Problem if a folder is missing or not writable, or if the export would replace a device or a pipe
 */
export async function checkExports(wanted: readonly WantedExport[]): Promise<void> {
  for (const { name, path } of wanted) {
    if (path === null || path === STDOUT) continue;
    const makesSeveral = 'files' in EXPORT_FORMATS[name];
    const folder = makesSeveral ? path : dirname(resolve(path));
    if (!(await isFolder(folder))) {
      throw new Problem(
        'usage',
        `The folder "${printable(folder)}" for the export ${name} does not exist. Create it, or name another folder.`,
      );
    }
    if (!makesSeveral && (await isFolder(path))) {
      throw new Problem(
        'usage',
        `The export ${name} is a file, but "${printable(path)}" is a folder. Name a file in it.`,
      );
    }
    if (!makesSeveral && (await isSpecialFile(path))) {
      throw new Problem(
        'usage',
        `The export ${name} would replace "${printable(path)}", which is not a regular file. Name another file, or - for stdout.`,
      );
    }
    await checkWritable(folder);
  }
}

/** A file that is still to be written. */
export interface PendingFile {
  path: string;
  /** @throws Problem('environment') like `writeFileWhole` */
  write(): Promise<unknown>;
}

/**
 * The export files to write, in the result's folder unless a path was given; exports to stdout are not
 * included.
 */
export function exportFiles(wanted: readonly WantedExport[], result: Result, folder: string): PendingFile[] {
  return wanted.flatMap(({ name, path }) => {
    if (path === STDOUT) return [];
    const format = EXPORT_FORMATS[name];
    if ('files' in format)
      return format.files(result).map((file) => pendingFile(folder, path, file.name, () => file.text));
    if (path === null) return pendingFile(folder, null, format.file, () => format.text(result));
    return pendingFile(folder, dirname(resolve(path)), basename(path), () => format.text(result));
  });
}

/** Text of the export to stdout; null if there is none. */
export function printedExport(wanted: readonly WantedExport[], result: Result): string | null {
  const printed = wanted.find(({ path }) => path === STDOUT);
  const format = printed === undefined ? null : EXPORT_FORMATS[printed.name];
  return format !== null && 'text' in format ? format.text(result) : null;
}

/** @param elsewhere folder named by the user, used instead of the result's folder; null if none was named */
function pendingFile(
  folder: string,
  elsewhere: string | null,
  name: string,
  text: () => string,
): PendingFile {
  if (elsewhere === null) return fileOfResult(folder, name, text);
  const path = join(resolve(elsewhere), name);
  return { path, write: () => writeFileWhole(path, text()) };
}

/** A file to write in a result's folder. Links are refused, because the folder may come from somebody else. */
export function fileOfResult(folder: string, name: string, text: () => string): PendingFile {
  return { path: join(folder, name), write: () => writeFileIn(folder, name, text()) };
}
