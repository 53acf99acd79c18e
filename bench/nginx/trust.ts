import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { systemCode } from '../model/system-error.ts';

/** Write permission of the group and of all others. */
const OTHERS_WRITE = 0o022;

/**
 * Checks that this user or root put everything in the cache there, and that nobody else could have changed
 * it, because its programs and libraries are executed. A missing path is no risk.
 *
 * @param root the folder of one Nginx with its libraries, within the cache
 * @throws Problem('environment') that names what others could have changed, and how to get a new copy
 */
export async function requireTrusted(cacheDir: string, root: string): Promise<void> {
  const folder = await realpath(cacheDir).catch(() => cacheDir);
  const doubt = (await doubtOf(folder)) ?? (await doubtWithin(root));
  if (doubt === null) return;
  throw new Problem(
    'environment',
    `The Nginx in the cache is not used: ${doubt}. Remove "${root}", make sure that "${cacheDir}" is yours alone ` +
      '(chown, chmod -R go-w). The next run then fetches it again.',
  );
}

/** The first doubt about a path or, if it is a folder, about anything in it. */
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

/** A link has no permissions; to change where it leads, one has to write to its folder. */
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
