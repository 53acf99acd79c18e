import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { Result } from '../model/result.ts';
import { EXPORT_FORMATS } from '../report/exports/exports.ts';
import { writeFileWhole } from '../store/file.ts';

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

/** Writes them, into the result's folder where no path is named. @throws Problem as `writeFileWhole` */
export async function writeExports(
  wanted: readonly WantedExport[],
  result: Result,
  folder: string,
): Promise<void> {
  for (const { name, path } of wanted) {
    const format = EXPORT_FORMATS[name];
    if ('text' in format) {
      await writeFileWhole(path === null ? join(folder, format.file) : resolve(path), format.text(result));
      continue;
    }
    for (const { name: file, text } of format.files(result))
      await writeFileWhole(join(path === null ? folder : resolve(path), file), text);
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
