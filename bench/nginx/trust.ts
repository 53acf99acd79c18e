import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { systemCode } from '../model/system-error.ts';

/** Write permission bits of the group and of all other users. */
const OTHERS_WRITE = 0o022;

/**
 * Checks that everything in the cache was put there by this user or root, and that nobody else could have
 * changed it, because its programs and libraries are executed. A missing path is no risk.
 *
 * @param root the folder in the cache that contains one Nginx and its libraries
 * @throws Problem('environment') that names the path that others could have changed and explains how to get a
 * new copy
 */
export async function requireTrusted(cacheDir: string, root: string): Promise<void> {
  const folder = await realpath(cacheDir).catch(() => cacheDir);
  const doubt = (await doubtOf(folder)) ?? (await doubtWithin(root));
  if (doubt === null) return;
  throw new Problem(
    'environment',
    `The Nginx in the cache is not used: ${doubt}. Remove "${root}", and make sure that only you can write to "${cacheDir}" ` +
      '(chown, chmod -R go-w). The next run then fetches Nginx again.',
  );
}

/** The first reason not to trust a path or, if it is a folder, anything in it; null if there is none. */
async function doubtWithin(path: string): Promise<string | null> {
  const doubt = await doubtOf(path);
  if (doubt !== null) return doubt;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const inside = join(path, entry.name);
    const found = await (entry.isDirectory() ? doubtWithin(inside) : doubtOf(inside));
    if (found !== null) return found;
  }
  return null;
}

/**
 * The reason not to trust a single path; null if there is none. A symbolic link has no permissions of its
 * own: changing its target requires write access to its folder.
 */
async function doubtOf(path: string): Promise<string | null> {
  const facts = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (facts === null) return null;
  const user = process.geteuid?.() ?? facts.uid;
  if (facts.uid !== user && facts.uid !== 0) return `"${path}" belongs to another user (${facts.uid})`;
  const isOpen = !facts.isSymbolicLink() && (facts.mode & OTHERS_WRITE) !== 0;
  return isOpen ? `"${path}" is writable by other users` : null;
}
