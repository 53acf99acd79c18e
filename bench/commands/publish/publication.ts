import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '../../model/failure.ts';
import { printable } from '../../model/printable.ts';
import { reasonOf, systemCode } from '../../model/system-error.ts';
import { GENERATOR } from '../../site/site.ts';
import { makeFolder, readFileIn } from '../../store/file.ts';

/**
 * A site under construction. It is inside the site that it will replace, because the old site may be a mount
 * point, or the only writable folder. The old site stays unchanged until the new one is completely written; a
 * few renames then put the new one in place. If the process is killed between two renames, the next publication
 * completes them first.
 */
export interface Publication {
  /** Folder of the site to replace, with symbolic links resolved. */
  readonly out: string;
  /** Folder in which to write the new site. */
  readonly draft: string;
  /** Carries over from the old site a result that is not published again. */
  keep(folder: string): Promise<void>;
  /** Replaces the old site with the new one. */
  install(): Promise<void>;
  /** Removes everything that was written, unless `install` was called. */
  discard(): Promise<void>;
}

/**
 * Work folders are named `<prefix><pid>-<random>`, with the pid of the process that builds or built the site.
 */
const PREFIX = '.nginx-ws-bench-publish-';
const WORK = /^\.nginx-ws-bench-publish-(\d+)-[A-Za-z0-9]{6}$/;
/** Subfolders of the work folder: the site being written, the completed site, and the replaced site. */
const [DRAFT, COMPLETE, OLD] = ['draft', 'complete', 'old'];
const INDEX = 'index.html';
const FOLDERS = ['results', 'series'];

/**
 * Creates the folder of a site if needed, and cleans up after publications that were killed.
 *
 * @throws Problem('usage') if the folder contains files but no site; Problem('environment') if the folder is
 * not writable
 */
export async function beginPublication(path: string): Promise<Publication> {
  const out = await realpath(path).catch(() => resolve(path));
  try {
    const isNew = await lstat(out).then(
      () => false,
      (error) => systemCode(error) === 'ENOENT',
    );
    await makeFolder(out);
    await finishOthers(out);
    await checkSite(out);
    const work = await mkdtemp(join(out, `${PREFIX}${process.pid}-`));
    const draft = join(work, DRAFT);
    await mkdir(draft);
    for (const name of FOLDERS) await mkdir(join(draft, name));
    return {
      out,
      draft,
      // An empty folder in the draft marks a result that is carried over from the old site.
      keep: (folder) => mkdir(join(draft, 'results', folder)),
      async install() {
        try {
          await rename(draft, join(work, COMPLETE));
          await putInPlace(out, work);
        } catch (error) {
          throw unwritable(out, error);
        }
      },
      async discard() {
        if (!(await exists(draft))) return;
        await rm(work, { recursive: true, force: true });
        if (isNew) await rmdir(out).catch(() => undefined);
      },
    };
  } catch (error) {
    throw unwritable(out, error);
  }
}

/**
 * Moves the completed site into place. The index comes last, after everything to which it links. After a crash,
 * the move can be resumed at any step.
 */
async function putInPlace(out: string, work: string): Promise<void> {
  const [complete, old] = [join(work, COMPLETE), join(work, OLD)];
  await mkdir(old, { recursive: true });
  const names = (await readdir(complete)).filter((name) => name !== INDEX);
  for (const name of [...names, INDEX]) {
    if (!(await exists(join(complete, name)))) continue;
    if (FOLDERS.includes(name) && (await exists(join(out, name))))
      await rename(join(out, name), join(old, name));
    await rename(join(complete, name), join(out, name));
  }
  for (const name of await readdir(join(old, 'results')).catch(() => [])) {
    const place = join(out, 'results', name);
    const isKept = (await readdir(place).catch(() => null))?.length === 0;
    if (isKept) await rename(join(old, 'results', name), place);
  }
  await rm(work, { recursive: true, force: true });
}

/**
 * Completes or rolls back publications that were killed. Leaves alone any folder that might belong to
 * something else.
 */
async function finishOthers(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    const pid = Number(WORK.exec(name)?.[1]);
    const work = join(out, name);
    if (Number.isNaN(pid) || !(await isWork(work))) continue;
    if (pid !== process.pid && isAlive(pid)) {
      throw new Problem(
        'environment',
        `Another \`publish\` command (process ${pid}) is writing to ${quote(out)}. Wait for it to end. If process ${pid} is a different program, remove ${quote(work)}.`,
      );
    }
    if (await exists(join(work, COMPLETE))) await putInPlace(out, work);
    else await rm(work, { recursive: true, force: true });
  }
}

/** Whether this user created the folder and it contains only what a publication puts there. */
async function isWork(path: string): Promise<boolean> {
  const facts = await lstat(path);
  if (!facts.isDirectory() || facts.uid !== process.geteuid?.()) return false;
  const entries = await readdir(path, { withFileTypes: true });
  return entries.every((entry) => entry.isDirectory() && [DRAFT, COMPLETE, OLD].includes(entry.name));
}

/** Rejects a folder with files but without a site, because publishing replaces folders and files in it. */
async function checkSite(out: string): Promise<void> {
  if ((await readdir(out)).length === 0) return;
  // An index.html that is a link or a pipe counts as missing, because no publication writes one.
  const index = await readFileIn(out, INDEX).catch(() => null);
  if (index?.includes(GENERATOR)) return;
  throw new Problem(
    'usage',
    `${quote(out)} contains files that \`publish\` did not write. Name an empty folder with --out.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Error codes caused by the given path itself; all others are system errors. */
const WRONG_PATH = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

function unwritable(out: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === null) return error;
  return new Problem(
    WRONG_PATH.includes(code) ? 'usage' : 'environment',
    `The site could not be written to ${quote(out)}: ${reasonOf(error)}. Name another folder with --out.`,
    { cause: error },
  );
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
