import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import { reasonOf, systemCode } from '../model/system-error.ts';
import { makeFolder } from '../store/file.ts';

/** Folder of one invocation, within reports/. */
export interface RunFolder {
  path: string;
  /** Name of the folder, which is also the id of the result. */
  id: string;
}

/** Error codes caused by the given path itself; all others are system errors. */
const WRONG_PATH = ['ENOENT', 'ENOTDIR', 'EEXIST'];

/** Creates the folder `<reports>/<id>`; if it exists, appends -2, -3, … to the id. */
export async function makeRunFolder(reports: string, id: string): Promise<RunFolder> {
  const parent = resolve(reports);
  try {
    await makeFolder(parent);
    for (let number = 1; ; number++) {
      const numbered = number === 1 ? id : `${id}-${number}`;
      const path = join(parent, numbered);
      if (await isNew(path)) return { path, id: numbered };
    }
  } catch (cause) {
    const code = systemCode(cause);
    if (code === null) throw cause;
    const message = `Reports could not be written to "${printable(parent)}": ${reasonOf(cause)}. Name another folder with --reports.`;
    throw new Problem(WRONG_PATH.includes(code) ? 'usage' : 'environment', message, { cause });
  }
}

/** Removes the folder of an invocation that has measured nothing. */
export async function dropRunFolder({ path }: RunFolder): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

async function isNew(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}
