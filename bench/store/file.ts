import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import { reasonOf, systemCode } from '../model/system-error.ts';

/**
 * Maximum file size in bytes. Even the result of several hours with many profiles is far smaller. A larger file is not
 * read at all.
 */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Writes text to a file that is already open for writing. Tests replace this function to simulate a full
 * disk.
 */
export type Write = (file: Awaited<ReturnType<typeof open>>, text: string) => Promise<void>;

const writeWhole: Write = (file, text) => file.writeFile(text, 'utf8');

/**
 * Writes a file atomically: its name always refers to either the old text or the complete new text. The text
 * is written to a temporary file in the same folder, which is then renamed or, on failure, removed. The
 * folder is created if missing. Symbolic links are never followed when writing: a link at the file's name is
 * replaced, and the temporary name cannot be predicted.
 *
 * @returns the path
 * @throws Problem('environment') if the disk is full or not writable
 */
export async function writeFileWhole(path: string, text: string, write = writeWhole): Promise<string> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await makeFolder(folder);
    const file = await open(temporary, 'wx', 0o644);
    try {
      await write(file, text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(error, path);
  }
}

/**
 * Writes a file of a result. No folder in its path may be a symbolic link, because a link in somebody else's
 * result could lead outside that result.
 *
 * @param root the result's folder
 * @param name such as `report.html` or `runs/1-tls-throughput.json`
 * @throws like `writeFileWhole`
 */
export async function writeFileIn(root: string, name: string, text: string, write?: Write): Promise<string> {
  await refuseLinks(root, dirname(name));
  return writeFileWhole(join(root, name), text, write);
}

/**
 * Reads a file of a result. A result may come from anybody, so only a regular file of limited size is read,
 * and no symbolic link below the result's folder is followed.
 *
 * @param root the result's folder
 * @returns null if there is no such file
 * @throws Problem('result') if the file is not a regular file or cannot be read
 */
export async function readFileIn(root: string, name: string): Promise<string | null> {
  return (await readBytesIn(root, name))?.toString('utf8') ?? null;
}

/**
 * Copies a file of a result, creating the target folder.
 *
 * @param to a path that does not exist yet
 * @returns false if there is no such file
 * @throws like `readFileIn` and `writeFileWhole`
 */
export async function copyFileIn(root: string, name: string, to: string): Promise<boolean> {
  const bytes = await readBytesIn(root, name);
  if (bytes === null) return false;
  try {
    await makeFolder(dirname(to));
    const file = await open(to, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    throw unwritable(error, to);
  }
}

/**
 * Creates a folder and its parents. Does not use Node's `recursive` option, with which mkdir() never returns if the
 * file system responds with ENOENT, as /proc does.
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  await mkdir(path).catch(async (error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
    // Another invocation may have created the folder at the same time. If the path is a file, stat fails because the
    // path ends with a slash.
    await stat(`${path}/`);
  });
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/**
 * Reports whether a file written under this name would replace a device, a pipe, a socket, or a link that the system
 * provides for a device, pipe or socket. For example, `/dev/stdout` may point to a regular file, but it is a link that
 * must not be replaced.
 */
export async function isSpecialFile(path: string): Promise<boolean> {
  if ((await realpath(dirname(path)).catch(() => null)) === '/dev') return true;
  return stat(path).then(
    (facts) => !facts.isFile() && !facts.isDirectory(),
    () => false,
  );
}

/**
 * Checks that files can be created in a folder, by creating one. Checking permissions is not enough: not even root can
 * create a file in /proc.
 *
 * @throws Problem if no file can be created; its kind is 'usage' because the user chose the folder
 */
export async function checkWritable(folder: string): Promise<void> {
  const temporary = join(folder, `.nginx-ws-bench.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await (await open(temporary, 'wx', 0o600)).close();
    await rm(temporary);
  } catch (error) {
    if (systemCode(error) === null) throw error;
    // The message omits the error code, which may mislead: in /proc, the code is ENOENT although the folder exists.
    const message = `No file can be created in ${quote(folder)}. Name another folder, or change the permissions of this one.`;
    throw new Problem('usage', message, { cause: error });
  }
}

async function readBytesIn(root: string, name: string): Promise<Buffer | null> {
  await refuseLinks(root, dirname(name));
  const path = join(root, name);
  const there = await factsOf(path);
  if (there === null) return null;
  refuseUnlessRegular(there, path);
  try {
    // These flags prevent open() from waiting if the path is a pipe, and from following a link that has replaced the
    // file in the meantime.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      refuseUnlessRegular(facts, path);
      return await readUpTo(facts.size, file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof Problem ? error : unreadable(path, error);
  }
}

/** A file that is open for reading. Some file systems return fewer bytes at a time than requested. */
type Readable = Pick<Awaited<ReturnType<typeof open>>, 'read'>;

/**
 * Reads `size` bytes of a file, or fewer if the file has become shorter. If the file has grown, the rest is not read.
 */
export async function readUpTo(size: number, file: Readable): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** Throws if any part of `folders`, a path relative to `root`, is a symbolic link. */
async function refuseLinks(root: string, folders: string): Promise<void> {
  let path = root;
  for (const part of folders.split('/').filter((each) => each !== '.')) {
    path = join(path, part);
    if ((await factsOf(path))?.isSymbolicLink()) throw linked(path);
  }
}

/** Returns facts about the path itself, not about a link's target; null if it does not exist. */
async function factsOf(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null;
    throw unreadable(path, error);
  });
}

function refuseUnlessRegular(facts: Stats, path: string): void {
  if (facts.isSymbolicLink()) throw linked(path);
  if (!facts.isFile()) {
    throw new Problem(
      'result',
      `${quote(path)} is not a regular file. Copy the complete folder of the result, or run the bench again.`,
    );
  }
  if (facts.size > MOST_BYTES) {
    throw new Problem(
      'result',
      `${quote(path)} has ${facts.size} bytes, but the limit for a file in a result is ${MOST_BYTES}. Name a result that this bench wrote.`,
    );
  }
}

function linked(path: string): Problem {
  return new Problem(
    'result',
    `${quote(path)} is a symbolic link, but links in a result are not followed. Replace it with its target.`,
  );
}

/** Creates the Problem for a file or folder that may exist but cannot be read. */
export function unreadable(path: string, cause: unknown): Problem {
  const remedy = ['EACCES', 'EPERM'].includes(systemCode(cause) ?? '')
    ? 'Ask its owner for access.'
    : 'Check the path and the disk.';
  return new Problem('result', `${quote(path)} cannot be read: ${reasonOf(cause)}. ${remedy}`, { cause });
}

const REMEDIES: Record<string, string> = {
  ENOSPC: 'Free some space and run the command again.',
  EDQUOT: 'Free some space and run the command again.',
  EISDIR: 'Remove it, or choose another path.',
};

/**
 * Creates the Problem for a file that cannot be written. Returns the error unchanged if it does not come from
 * the system.
 */
function unwritable(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code === null) return error;
  const remedy = REMEDIES[code] ?? 'Name another folder, or change the permissions of this one.';
  return new Problem('environment', `${quote(path)} cannot be written: ${reasonOf(error)}. ${remedy}`, {
    cause: error,
  });
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
