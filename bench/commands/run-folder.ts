import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';

/** The folder in reports/ that one invocation writes to. */
export interface RunFolder {
  path: string;
  /** Its name, and the id of the result. */
  id: string;
}

/** The path itself is wrong; any other failure is one of the system. */
const WRONG_PATH = ['ENOENT', 'ENOTDIR', 'EEXIST'];

/** Makes the folder `<reports>/<id>`, or with -2, -3, … behind where that is taken. */
export async function makeRunFolder(reports: string, id: string): Promise<RunFolder> {
  const parent = resolve(reports);
  try {
    await makeWithParents(parent);
    for (let number = 1; ; number++) {
      const numbered = number === 1 ? id : `${id}-${number}`;
      const path = join(parent, numbered);
      if (await isNew(path)) return { path, id: numbered };
    }
  } catch (cause) {
    const code = codeOf(cause);
    if (code === null) throw cause;
    // `EACCES: permission denied, mkdir '/x'`
    const reason = /^[A-Z0-9]+: ([^,]+),/.exec(String((cause as Error).message))?.[1] ?? code;
    const message = `Reports cannot be written to ${parent}: ${reason} (${code}). Name another folder with --reports.`;
    throw new Problem(WRONG_PATH.includes(code) ? 'usage' : 'environment', message, { cause });
  }
}

/** Takes a folder away again for which nothing was measured. */
export async function dropRunFolder({ path }: RunFolder): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/** Node's own `recursive` never returns where a file system refuses with ENOENT, as /proc does. */
async function makeWithParents(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (!(await isFolder(dirname(path)))) await makeWithParents(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    // another invocation may have been as fast
    if (!(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

async function isNew(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}
