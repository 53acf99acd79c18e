import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { identityOf, isGone, isRunning, type Owner, type ProcessIdentity, thisOwner } from './owner.ts';
import { groupGone } from './process.ts';

/** Private folders of a run lie directly below the system's temporary folder and begin with this. */
export const PRIVATE_FOLDER_PREFIX = 'nginx-ws-bench-';
/** Those in which Nginx is fetched lie in the cache. */
export const FETCH_FOLDER_PREFIX = 'fetch-';

/** Whose the folder is: a line for the process that made it, then one for each process group started for it. */
const RECORD = '.nginx-ws-bench-owner';
/** A folder without a record is one whose maker was killed before it could write it. */
const UNRECORDED_MS = 60_000;

/** Makes a folder for this user alone, with a record of who made it. */
export function createPrivateFolder(parent: string, prefix: string): string {
  const folder = mkdtempSync(join(resolve(parent), prefix));
  try {
    writeFileSync(join(folder, RECORD), `${JSON.stringify(thisOwner())}\n`, { mode: 0o600, flag: 'wx' });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Writes down a process group that works for the folder, for whoever has to clean up should all of us be killed. */
export function recordGroup(folder: string, pid: number): void {
  const identity = identityOf(pid);
  if (identity === null) return;
  try {
    appendFileSync(join(folder, RECORD), `${JSON.stringify(identity)}\n`);
  } catch {
    // The disk is full or the folder is gone, which the run itself reports; the warden knows the group all the same.
  }
}

/** True for a folder (no link) of this user with a prefix of ours, a record, and nobody else who may write there. */
export function isPrivateFolder(folder: string): boolean {
  const own = ownStats(folder);
  return own?.isDirectory() === true && (ownStats(join(folder, RECORD))?.isFile() ?? false);
}

/**
 * Removes the private folders that a killed bench left, and ends what still runs for them; only what is provably
 * ours and abandoned.
 *
 * @returns a sentence for each
 */
export async function sweepAbandoned(parent: string, prefix: string): Promise<string[]> {
  const names = namesIn(parent).filter((name) => name.startsWith(prefix));
  const sentences: string[] = [];
  for (const name of names) {
    const folder = join(resolve(parent), name);
    const record = isPrivateFolder(folder) ? readRecord(folder) : null;
    if (record === null) removeUnrecorded(folder);
    else if (isGone(record.owner)) sentences.push(await removeAbandoned(folder, record.groups));
  }
  return sentences;
}

/** What is wrong with a temporary folder that could not be used, with the remedy; null for an error of another kind. */
export function folderProblem(folder: string, error: unknown): Problem | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const why = REASONS[String(error.code)] ?? `the system says ${error.code}`;
  const message = `The temporary folder ${folder} cannot be used: ${why}. Mend that, or name another folder in the environment variable TMPDIR.`;
  return new Problem('environment', message, { cause: error });
}

/** As `folderProblem`, for an error of something that does more than to use the folder. */
export function problemWithin(folder: string, error: unknown): Problem | null {
  const { code = '', path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  // A write to an open file has no path; what else a run writes reports its own problems.
  if (!(code in REASONS) || (path !== undefined && !path.startsWith(folder))) return null;
  // A file that is missing from a folder that is there is a slip of ours.
  return code === 'ENOENT' && existsSync(folder) ? null : folderProblem(folder, error);
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'your quota on this disk is used up (EDQUOT)',
  EROFS: 'its file system is read-only (EROFS)',
  EACCES: 'you may not write there (EACCES)',
  EPERM: 'you may not write there (EPERM)',
  ENOENT: 'it is not there (ENOENT)',
  ENOTDIR: 'it is a file (ENOTDIR)',
};

function ownStats(path: string): Stats | null {
  const stats = resolve(path) === path ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (stats === undefined || stats.uid !== process.getuid?.()) return null;
  return (stats.mode & 0o022) === 0 ? stats : null;
}

interface OwnerRecord {
  owner: Owner;
  groups: ProcessIdentity[];
}

/** Null where it was not written whole; of a line that was cut off, as a full disk does, there is nothing to use. */
function readRecord(folder: string): OwnerRecord | null {
  try {
    const lines = readFileSync(join(folder, RECORD), 'utf8').split('\n').slice(0, -1);
    const [owner, ...groups] = lines.map((line) => JSON.parse(line));
    return isOwner(owner) && groups.every(isIdentity) ? { owner, groups } : null;
  } catch {
    return null;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, start } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof start === 'string';
}

function isOwner(value: unknown): value is Owner {
  const { host, boot, namespace } = (value ?? {}) as Partial<Owner>;
  return isIdentity(value) && [host, boot, namespace].every((each) => typeof each === 'string');
}

async function removeAbandoned(folder: string, groups: readonly ProcessIdentity[]): Promise<string> {
  const running = groups.filter(isRunning);
  await Promise.all(running.map(({ pid }) => groupGone(pid)));
  // Another bench that starts now, or the dead one's warden, may be removing it too.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  const ended =
    running.length === 0 ? '' : `, and what still ran for it was ended (${running.length} processes)`;
  return `A bench that was killed had left ${folder}: it was removed${ended}.`;
}

/** Only where there is nothing in it. */
function removeUnrecorded(folder: string): void {
  const stats = ownStats(folder);
  if (stats?.isDirectory() !== true || Date.now() - stats.mtimeMs < UNRECORDED_MS) return;
  try {
    rmdirSync(folder);
  } catch {
    // There is something in it, so it is not known to be ours.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
