import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addLibraries, type Fetched, type FetchOptions, fetchOnce, NGINX, type Program } from './fetch.ts';

const execute = promisify(execFile);
/** Matches libraries that are present on every system and work only with that system's loader. */
const SYSTEM_LIBRARY = /^(libc6|libgcc-s1)$/;

/**
 * Fetches Nginx in the way described for `fetchFromSystem`, and runs `nginx -V` to check that its libraries are
 * installed.
 */
export function fetchDebianNginx(options: FetchOptions): Promise<Fetched> {
  return fetchFromSystem(NGINX, '-V', options);
}

/**
 * Fetches a program from Debian's (or Ubuntu's) packages and unpacks it into the cache, unless it is already
 * there. Needs neither root privileges nor the system's package lists, and writes nothing outside the cache.
 * If several runs fetch at the same time, all use the first complete copy.
 *
 * @param harmless option that makes the program exit at once; the program fails if a library is missing
 * @throws Problem('environment') with the reason; the caller adds the remedy
 */
export async function fetchFromSystem(
  program: Program,
  harmless: string,
  options: FetchOptions,
): Promise<Fetched> {
  const system = await release();
  const fetched = await fetchOnce(program, system, options, {
    why: `${program.title} is not installed on this machine: fetching its package`,
    sources: async () => null,
    async addLibraries(apt, archive, unpacked) {
      if (await runs(join(unpacked, program.binary), harmless)) return;
      await addLibraries(apt, archive, unpacked, (name) => !SYSTEM_LIBRARY.test(name));
    },
  });
  return { ...fetched, origin: `${fetched.origin} of ${system}` };
}

/**
 * Name and release of the system, such as `debian-12`. Each release has different libraries, and therefore a
 * separate folder.
 */
async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([A-Za-z0-9._-]+)"?$`, 'm').exec(text)?.[1];
  return `${field('ID') ?? process.platform}-${field('VERSION_ID') ?? field('VERSION_CODENAME') ?? 'unknown'}`;
}

async function runs(path: string, option: string): Promise<boolean> {
  return execute(path, [option]).then(
    () => true,
    () => false,
  );
}
