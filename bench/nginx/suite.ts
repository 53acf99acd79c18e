import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';
import { addLibraries, exists, type Fetched, type FetchOptions, fetchOnce, NGINX } from './fetch.ts';
import { readInterpreter, setInterpreter } from './interpreter.ts';

const execute = promisify(execFile);
const ARCHIVE = 'http://deb.debian.org/debian';
const KEYRINGS = ['pgp', 'gpg'].map((end) => `/usr/share/keyrings/debian-archive-keyring.${end}`);

/**
 * Fetches Nginx from a Debian suite, such as `trixie`, whatever the local system is. All its libraries are
 * fetched too, including the C library and its loader, so that Nginx runs as it would on a system of that
 * suite.
 *
 * @throws Problem('environment') with the reason; the caller adds the remedy
 */
export async function fetchSuiteNginx(suite: string, options: FetchOptions): Promise<Fetched> {
  const fetched = await fetchOnce(NGINX, `debian-${suite}`, options, {
    why: `Fetching Nginx and its libraries from debian:${suite}`,
    sources: async () => `deb [signed-by=${await keyring()}] ${await mirror()} ${suite} main`,
    addLibraries: (apt, archive, unpacked) => addLibraries(apt, archive, unpacked, () => true),
  });
  await useOwnLoader(fetched);
  return { ...fetched, origin: `${fetched.origin} of debian:${suite}` };
}

/**
 * Makes a binary use its own loader. The loader is set by its absolute path, so this is repeated if the cache
 * was moved.
 */
async function useOwnLoader({ path, libraryPath }: Fetched): Promise<void> {
  const before = await readInterpreter(path);
  for (const folder of libraryPath?.split(':') ?? []) {
    const loader = await realpath(join(folder, basename(before))).catch(() => null);
    if (loader === null) continue;
    if (loader !== before) await setInterpreter(path, loader);
    return;
  }
  throw new Problem(
    'environment',
    `The loader ${basename(before)} is not among the libraries of ${path}. Remove the fetched files, and the next run will fetch them again.`,
  );
}

/** The keys with which Debian signs its suites. */
async function keyring(): Promise<string> {
  for (const path of KEYRINGS) if (await exists(path)) return path;
  throw new Problem(
    'environment',
    'The keys of Debian’s archive are not on this machine, so packages from this archive cannot be verified. Install the package debian-archive-keyring.',
  );
}

/**
 * The Debian mirror named in the system's sources; the network may block all others. Third-party repositories
 * for Debian are not mirrors; their paths contain `debian` at a deeper level:
 * `download.docker.com/linux/debian`.
 */
async function mirror(): Promise<string> {
  const { stdout } = await execute('apt-get', ['--print-uris', 'update']).catch(() => ({ stdout: '' }));
  return /^'(https?:\/\/[^/\s]+\/debian)\/dists\//m.exec(stdout)?.[1] ?? ARCHIVE;
}
