import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '../../model/failure.ts';
import { printable } from '../../model/printable.ts';
import { reasonOf, systemCode } from '../../model/system-error.ts';
import { GENERATOR } from '../../site/site.ts';
import { makeFolder, readFileIn } from '../../store/file.ts';

/**
 * A site that is being made, in a folder within the one that it replaces: that may be a mount, or lie where nothing
 * else may be written. What is there stays as it is until all of the new site has been written; then a few renames put
 * it in place. Should the process be killed between two of them, the next publication finishes them first.
 */
export interface Publication {
  /** The folder of the site that it replaces, without links. */
  readonly out: string;
  /** Where the new site is written. */
  readonly draft: string;
  /** Has a result of the site that is replaced stay in it, though it is not published again. */
  keep(folder: string): Promise<void>;
  /** Puts the new site in place of the old one. */
  install(): Promise<void>;
  /** Takes away all that was written, unless it was installed. */
  discard(): Promise<void>;
}

/** `<prefix><pid>-<random>`, of the process that makes or made the site. */
const PREFIX = '.nginx-ws-bench-publish-';
const WORK = /^\.nginx-ws-bench-publish-(\d+)-[A-Za-z0-9]{6}$/;
/** In it: the site while it is written, the same when all is written, and what it replaced. */
const [DRAFT, COMPLETE, OLD] = ['draft', 'complete', 'old'];
const INDEX = 'index.html';
const FOLDERS = ['results', 'series'];

/**
 * Makes the folder where it is not there, and cleans up after publications that were killed.
 *
 * @throws Problem('usage') where the folder holds anything but a site, Problem('environment') where it cannot be
 * written
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
      // An empty folder stands for the one that is there.
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

/** Moves what is complete to its place, the index last: all that it leads to is there by then. Does so from any step on. */
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

/** Finishes or takes back what publications left that were killed; what is not surely of one is left alone. */
async function finishOthers(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    const pid = Number(WORK.exec(name)?.[1]);
    const work = join(out, name);
    if (Number.isNaN(pid) || !(await isWork(work))) continue;
    if (pid !== process.pid && isAlive(pid)) {
      throw new Problem(
        'environment',
        `Another publish, process ${pid}, writes to ${quote(out)}: wait for it to end. If it is something else, remove ${quote(work)}.`,
      );
    }
    if (await exists(join(work, COMPLETE))) await putInPlace(out, work);
    else await rm(work, { recursive: true, force: true });
  }
}

/** Whether this user made the folder and it holds but what a publication puts there. */
async function isWork(path: string): Promise<boolean> {
  const facts = await lstat(path);
  if (!facts.isDirectory() || facts.uid !== process.geteuid?.()) return false;
  const entries = await readdir(path, { withFileTypes: true });
  return entries.every((entry) => entry.isDirectory() && [DRAFT, COMPLETE, OLD].includes(entry.name));
}

/** What is not published again is removed from a site, so nothing else may lie in its place. */
async function checkSite(out: string): Promise<void> {
  if ((await readdir(out)).length === 0) return;
  // A link or a pipe as index.html is none of ours.
  const index = await readFileIn(out, INDEX).catch(() => null);
  if (index?.includes(GENERATOR)) return;
  throw new Problem(
    'usage',
    `${quote(out)} holds files that \`publish\` did not write: name an empty folder with --out.`,
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

/** The path itself is wrong; any other failure is one of the system. */
const WRONG_PATH = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

function unwritable(out: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === null) return error;
  return new Problem(
    WRONG_PATH.includes(code) ? 'usage' : 'environment',
    `The site cannot be written to ${quote(out)}: ${reasonOf(error)}. Name another folder with --out.`,
    { cause: error },
  );
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
