import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';
import { addLibraries, exists, type FetchedNginx, type FetchOptions, fetchOnce } from './fetch.ts';
import { readInterpreter, setInterpreter } from './interpreter.ts';

const execute = promisify(execFile);
const ARCHIVE = 'http://deb.debian.org/debian';
const KEYRINGS = ['pgp', 'gpg'].map((end) => `/usr/share/keyrings/debian-archive-keyring.${end}`);

/**
 * Fetches Nginx from a suite of Debian, such as `trixie`, whatever this system is: with all its libraries, the
 * C library and its loader among them, so that what it runs with is what that suite runs it with.
 *
 * @throws Problem('environment') with the reason; the caller adds the remedy.
 */
export async function fetchSuiteNginx(suite: string, options: FetchOptions): Promise<FetchedNginx> {
  const fetched = await fetchOnce(`debian-${suite}`, options, {
    why: `Fetching Nginx of debian:${suite} with its libraries`,
    sources: async () => `deb [signed-by=${await keyring()}] ${await mirror()} ${suite} main`,
    addLibraries: (apt, archive, unpacked) => addLibraries(apt, archive, unpacked, () => true),
  });
  await useOwnLoader(fetched);
  return { ...fetched, origin: `${fetched.origin} of debian:${suite}` };
}

/** The loader is named by its absolute path, so a cache that was moved needs it written anew. */
async function useOwnLoader({ path, libraryPath }: FetchedNginx): Promise<void> {
  const before = await readInterpreter(path);
  for (const folder of libraryPath?.split(':') ?? []) {
    const loader = await realpath(join(folder, basename(before))).catch(() => null);
    if (loader === null) continue;
    if (loader !== before) await setInterpreter(path, loader);
    return;
  }
  throw new Problem(
    'environment',
    `The loader ${basename(before)} is not with the libraries of ${path}: remove what was fetched, and it is fetched anew.`,
  );
}

/** The keys that Debian signs its suites with. */
async function keyring(): Promise<string> {
  for (const path of KEYRINGS) if (await exists(path)) return path;
  throw new Problem(
    'environment',
    'The keys of Debian’s archive are not on this machine, so nothing from it could be verified: install the package debian-archive-keyring.',
  );
}

/**
 * The mirror of Debian that the system's own sources name, for a network may let nothing else through. Others that
 * package for Debian have it deeper in their paths: `download.docker.com/linux/debian`.
 */
async function mirror(): Promise<string> {
  const { stdout } = await execute('apt-get', ['--print-uris', 'update']).catch(() => ({ stdout: '' }));
  return /^'(https?:\/\/[^/\s]+\/debian)\/dists\//m.exec(stdout)?.[1] ?? ARCHIVE;
}
