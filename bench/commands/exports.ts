import { basename, dirname, join, resolve } from 'node:path';
import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { Result } from '../model/result.ts';
import { EXPORT_FORMATS } from '../report/exports/exports.ts';
import { isFolder, writeFileIn, writeFileWhole } from '../store/file.ts';

/**
 * Looks whether the exports will have a place, before anything is measured for them.
 *
 * @throws Problem('usage') where a folder is missing
 */
export async function checkExports(wanted: readonly WantedExport[]): Promise<void> {
  for (const { name, path } of wanted) {
    if (path === null) continue;
    const makesSeveral = 'files' in EXPORT_FORMATS[name];
    const folder = makesSeveral ? path : dirname(resolve(path));
    if (!(await isFolder(folder))) {
      throw new Problem(
        'usage',
        `The export ${name} would go to the folder "${printable(folder)}", which is not there: make it, or name another.`,
      );
    }
    if (!makesSeveral && (await isFolder(path))) {
      throw new Problem(
        'usage',
        `The export ${name} is a file, and "${printable(path)}" is a folder: name a file in it.`,
      );
    }
  }
}

/** A file that is still to be written. */
export interface PendingFile {
  path: string;
  /** @throws Problem('environment') as `writeFileWhole` */
  write(): Promise<unknown>;
}

/** The files of the exports, in the result's folder where no path is named. */
export function exportFiles(wanted: readonly WantedExport[], result: Result, folder: string): PendingFile[] {
  return wanted.flatMap(({ name, path }) => {
    const format = EXPORT_FORMATS[name];
    if ('files' in format)
      return format.files(result).map((file) => pendingFile(folder, path, file.name, () => file.text));
    if (path === null) return pendingFile(folder, null, format.file, () => format.text(result));
    return pendingFile(folder, dirname(resolve(path)), basename(path), () => format.text(result));
  });
}

/** @param elsewhere a folder that a person named in place of the result's */
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

/** A file in the folder of a result, which somebody else may have made. */
export function fileOfResult(folder: string, name: string, text: () => string): PendingFile {
  return { path: join(folder, name), write: () => writeFileIn(folder, name, text()) };
}
