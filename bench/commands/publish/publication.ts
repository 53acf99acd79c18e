import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '../../model/failure.ts';
import { printable } from '../../model/printable.ts';
import { reasonOf, systemCode } from '../../model/system-error.ts';
import { GENERATOR } from '../../site/site.ts';
import { makeFolder, readFileIn } from '../../store/file.ts';

/**
 * A site under construction, in a folder within the one that it replaces. That one may be a mount, or lie
 * where nothing else is writable. The old site stays unchanged until all of the new site is written; a few
 * renames then put the new one in place. If the process is killed between two of them, the next publication
 * finishes them first.
 */
export interface Publication {
  /** The folder of the site to replace, with links resolved. */
  readonly out: string;
  /** Folder to write the new site to. */
  readonly draft: string;
  /** Keeps a result of the old site in the new one, although it is not published again. */
  keep(folder: string): Promise<void>;
  /** Puts the new site in place of the old one. */
  install(): Promise<void>;
  /** Removes all that was written, unless it was installed. */
  discard(): Promise<void>;
}

/** `<prefix><pid>-<random>`, with the pid of the process that makes or made the site. */
const PREFIX = '.nginx-ws-bench-publish-';
const WORK = /^\.nginx-ws-bench-publish-(\d+)-[A-Za-z0-9]{6}$/;
/** Folders in it: the site while it is written, the complete site, and the site that it replaced. */
const [DRAFT, COMPLETE, OLD] = ['draft', 'complete', 'old'];
const INDEX = 'index.html';
const FOLDERS = ['results', 'series'];

/**
 * Creates the folder if needed, and cleans up after publications that were killed.
 *
 * @throws Problem('usage') if the folder contains anything but a site; Problem('environment') if it cannot be
 * written to
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
      // An empty folder stands for the existing one.
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
 * Moves the complete site into place, the index last, when everything it links to is there. Can resume after
 * any step.
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

/** Finishes or rolls back publications that were killed. Leaves alone what may not belong to one. */
async function finishOthers(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    const pid = Number(WORK.exec(name)?.[1]);
    const work = join(out, name);
    if (Number.isNaN(pid) || !(await isWork(work))) continue;
    if (pid !== process.pid && isAlive(pid)) {
      throw new Problem(
        'environment',
        `Another publish (process ${pid}) is writing to ${quote(out)}. Wait for it to end. If that process is something else, remove ${quote(work)}.`,
      );
    }
    if (await exists(join(work, COMPLETE))) await putInPlace(out, work);
    else await rm(work, { recursive: true, force: true });
  }
}

/** Whether this user made the folder and it contains only what a publication puts there. */
async function isWork(path: string): Promise<boolean> {
  const facts = await lstat(path);
  if (!facts.isDirectory() || facts.uid !== process.geteuid?.()) return false;
  const entries = await readdir(path, { withFileTypes: true });
  return entries.every((entry) => entry.isDirectory() && [DRAFT, COMPLETE, OLD].includes(entry.name));
}

/**
 * Results that are not published again are removed from a site, so the folder must not contain anything else.
 */
async function checkSite(out: string): Promise<void> {
  if ((await readdir(out)).length === 0) return;
  // We never write index.html as a link or a pipe.
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

/** Errors of the path itself; all others are errors of the system. */
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
