import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addLibraries, type FetchedNginx, type FetchOptions, fetchOnce } from './fetch.ts';

const execute = promisify(execFile);
/** Libraries that exist on every system and only work with its loader. */
const SYSTEM_LIBRARY = /^(libc6|libgcc-s1)$/;

/**
 * Fetches Nginx from Debian's (or Ubuntu's) packages and unpacks it into the cache, unless it is already
 * there. Needs neither root privileges nor the system's package lists, and writes nothing outside the cache.
 * If several runs fetch at the same time, all use the first complete copy.
 *
 * @throws Problem('environment') with the reason; the caller adds the remedy
 */
export async function fetchDebianNginx(options: FetchOptions): Promise<FetchedNginx> {
  const system = await release();
  const fetched = await fetchOnce(system, options, {
    why: "Nginx is not installed here: fetching the system's package",
    sources: async () => null,
    async addLibraries(apt, archive, unpacked) {
      if (await runs(join(unpacked, 'usr/sbin/nginx'))) return;
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

async function runs(path: string): Promise<boolean> {
  return execute(path, ['-V']).then(
    () => true,
    () => false,
  );
}
