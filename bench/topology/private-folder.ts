import {
  appendFileSync,
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
import { counted } from '../wording/words.ts';
import { identityOf, isGone, isRunning, type Owner, type ProcessIdentity, thisOwner } from './owner.ts';
import { groupGone } from './process-group.ts';

/** Name prefix of a run's private folders, which are created directly below the system's temporary folder. */
export const PRIVATE_FOLDER_PREFIX = 'nginx-ws-bench-';
/** Name prefix of the folders into which a proxy is fetched. They are in the cache folder. */
export const FETCH_FOLDER_PREFIX = 'fetch-';

/**
 * File that records a folder's owner. The first line identifies the process that created the folder; each
 * further line identifies a process group started for it.
 */
export const RECORD = '.nginx-ws-bench-owner';
/**
 * Age after which a folder without an owner record is considered abandoned: its creator was killed before it
 * could write the record.
 */
const UNRECORDED_MS = 60_000;

/** Longest path of a Unix-domain socket on Linux, in bytes (unix(7)). */
const MOST_SOCKET_PATH = 107;
/** Longest name of a socket in a private folder. */
const SOCKET = 'backend-10.sock';

/** Whether a socket's path would be too long for Linux if the private folder of a run were created in `parent`. */
export function isTooLongForSockets(parent: string): boolean {
  const path = join(resolve(parent), `${PRIVATE_FOLDER_PREFIX}XXXXXX`, SOCKET);
  return Buffer.byteLength(path) > MOST_SOCKET_PATH;
}

/** Creates a folder accessible to this user only, and records its owner. */
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

/**
 * Records a process group that uses the folder, so that a later invocation can clean up if all of our
 * processes are killed.
 */
export function recordGroup(folder: string, pid: number): void {
  const identity = identityOf(pid);
  if (identity === null) return;
  try {
    appendFileSync(join(folder, RECORD), `${JSON.stringify(identity)}\n`);
  } catch {
    // Recording fails if the disk is full or the folder no longer exists. The run itself reports that, and the group is
    // also registered with the warden.
  }
}

/**
 * Whether a path is a private folder of this user: it belongs to this user, is not a link, contains an owner
 * record, and nobody else can write to it.
 */
export function isPrivateFolder(folder: string): boolean {
  const own = ownStats(folder);
  return own?.isDirectory() === true && (ownStats(join(folder, RECORD))?.isFile() ?? false);
}

/**
 * Removes the private folders left behind by a killed bench, and kills all processes that were started for
 * these folders and are still running. Touches only folders and processes that are provably ours and
 * abandoned.
 *
 * @returns one sentence per folder
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

function ownStats(path: string): Stats | null {
  const stats = resolve(path) === path ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (stats === undefined || stats.uid !== process.getuid?.()) return null;
  return (stats.mode & 0o022) === 0 ? stats : null;
}

interface OwnerRecord {
  owner: Owner;
  groups: ProcessIdentity[];
}

/**
 * Reads a folder's owner record; null if the owner or another line is not valid. The last line is ignored if it is
 * incomplete, for example because the disk was full.
 */
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
  const { pid, start } = value as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof start === 'string';
}

function isOwner(value: unknown): value is Owner {
  const { host, boot, namespace } = value as Partial<Owner>;
  return isIdentity(value) && [host, boot, namespace].every((each) => typeof each === 'string');
}

async function removeAbandoned(folder: string, groups: readonly ProcessIdentity[]): Promise<string> {
  const running = groups.filter(isRunning);
  await Promise.all(running.map(({ pid }) => groupGone(pid)));
  // Another bench that is starting, or the warden of the killed bench, may be removing the folder at the same time.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  const ended =
    running.length === 0 ? '' : ` and ended ${counted(running.length, 'process', 'processes')} that used it`;
  return `A bench that was killed left ${folder} behind. This bench removed it${ended}.`;
}

/** Removes a folder without an owner record if it is abandoned and empty. */
function removeUnrecorded(folder: string): void {
  const stats = ownStats(folder);
  if (stats?.isDirectory() !== true || Date.now() - stats.mtimeMs < UNRECORDED_MS) return;
  try {
    rmdirSync(folder);
  } catch {
    // The folder is not empty, so it may not be ours.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
