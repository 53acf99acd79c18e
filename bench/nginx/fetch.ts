import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import { type Apt, dependenciesOf, type Execute, execute, privateApt, requireApt } from './apt.ts';
import { requireTrusted } from './trust.ts';

/**
 * Debian 12 and later ship the binary in the first package, older releases and Ubuntu in one of the others.
 */
const PACKAGES = ['nginx', 'nginx-core', 'nginx-light'];
const STREAM_PACKAGE = 'libnginx-mod-stream';
/** Packages of libraries, but not of Nginx modules. */
const LIBRARY = /^(lib(?!nginx-)|zlib)/;
/** File in the folder of a fetched Nginx that lists its packages by their archive names. */
const MANIFEST = 'packages';

export interface FetchOptions {
  cacheDir: string;
  say: (line: string) => void;
  signal?: AbortSignal;
  /** Default: a place that is cleaned up unless this process is killed. */
  place?: FetchPlace;
}

/**
 * The place of a fetch: creates a folder in the cache, does the work there, and removes the folder. All
 * processes have ended by then.
 */
export type FetchPlace = <T>(
  cacheDir: string,
  work: (folder: string, execute: Execute) => Promise<T>,
) => Promise<T>;

/** A fetched Nginx. */
export interface FetchedNginx {
  path: string;
  /** LD_LIBRARY_PATH that it needs; null if the system has all its libraries. */
  libraryPath: string | null;
  /** Its package: `nginx 1.26.3-3+deb13u10`. */
  origin: string;
}

/** What to fetch, and how. */
export interface Fetching {
  /** The message shown before the fetch begins. */
  why: string;
  /** A line of sources.list; null: the system's sources. */
  sources(): Promise<string | null>;
  addLibraries(apt: Apt, archive: string, unpacked: string): Promise<void>;
}

/**
 * Returns the entry of the cache with this name, fetching it first if necessary.
 *
 * @throws Problem('environment') if it cannot be fetched, or if others could have changed the cache
 */
export async function fetchOnce(
  name: string,
  options: FetchOptions,
  fetching: Fetching,
): Promise<FetchedNginx> {
  const root = resolve(options.cacheDir, `nginx-${name}-${process.arch}`);
  const path = join(root, 'usr/sbin/nginx');
  await requireTrusted(resolve(options.cacheDir), root);
  if (!(await exists(path))) {
    await requireApt();
    options.say(`${fetching.why} into ${root}. Nothing is installed system-wide.`);
    await fetchInto(root, options, fetching);
    await requireTrusted(resolve(options.cacheDir), root);
  }
  return { path, libraryPath: await libraryPath(root), origin: await originOf(root) };
}

/**
 * Unpacks into a temporary folder and renames it at the end, so that the cache never holds half a package.
 */
async function fetchInto(
  root: string,
  { cacheDir, signal, place = plainPlace }: FetchOptions,
  { sources, addLibraries }: Fetching,
): Promise<void> {
  await makeCache(resolve(cacheDir));
  await place(resolve(cacheDir), async (work, execute) => {
    const apt = await privateApt(work, await sources(), execute, signal);
    const unpacked = join(work, 'root');
    const warning = await apt.run(['update']);
    const archive = await unpackNginx(apt, unpacked, warning);
    await apt.unpack([STREAM_PACKAGE], unpacked).catch((error) => {
      // The module is built in or not packaged; only profiles with stream need it.
      if (!(error instanceof Problem)) throw error;
    });
    await addLibraries(apt, archive, unpacked);
    const archives = (await readdir(work)).filter(
      (file) => file.endsWith('.deb') && file !== basename(archive),
    );
    const names = [basename(archive), ...archives].map((file) => decodeURIComponent(basename(file, '.deb')));
    await writeFile(join(unpacked, MANIFEST), `${names.join('\n')}\n`, { mode: 0o644 });
    await rename(unpacked, root).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  });
}

const plainPlace: FetchPlace = async (cacheDir, work) => {
  const folder = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    return await work(folder, execute);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function makeCache(cacheDir: string): Promise<void> {
  try {
    await mkdir(cacheDir, { recursive: true, mode: 0o755 });
    await access(cacheDir, constants.W_OK);
  } catch (cause) {
    throw new Problem('environment', `The cache folder ${cacheDir} is not writable: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}

/**
 * Downloads and unpacks the package with the binary. Without a network `apt-get update` only warns, and the
 * download then fails with "unable to locate package". So the error message repeats the warning.
 *
 * @returns the path of the package.
 */
async function unpackNginx(apt: Apt, unpacked: string, warning: string | null): Promise<string> {
  const failures: string[] = [];
  for (const name of PACKAGES) {
    try {
      const [archive = ''] = await apt.unpack([name], unpacked);
      if (await exists(join(unpacked, 'usr/sbin/nginx'))) return archive;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failures.push(error.message);
    }
  }
  const failure = failures[0] ?? `None of the packages ${PACKAGES.join(', ')} has the binary.`;
  throw new Problem(
    'environment',
    warning === null ? failure : `${failure} apt-get update reported: ${warning}`,
  );
}

/** Downloads and unpacks the libraries that a package depends on, and their dependencies. */
export async function addLibraries(
  apt: Apt,
  archive: string,
  unpacked: string,
  wanted: (name: string) => boolean,
): Promise<void> {
  const known = new Set<string>();
  for (let archives = [archive]; archives.length > 0; ) {
    const needed = (await Promise.all(archives.map(dependenciesOf))).flat();
    const names = [...new Set(needed)].filter(
      (name) => LIBRARY.test(name) && wanted(name) && !known.has(name),
    );
    for (const name of names) known.add(name);
    archives = names.length === 0 ? [] : await apt.unpack(names, unpacked);
  }
}

/** A cache created before versions were recorded only has the name. */
async function originOf(root: string): Promise<string> {
  const manifest = await readFile(join(root, MANIFEST), 'utf8').catch(() => 'nginx');
  const [name, version] = (manifest.split('\n')[0] ?? '').split('_');
  return [name, version].join(' ').trim();
}

/** LD_LIBRARY_PATH with the unpacked libraries; null if there are none. */
async function libraryPath(root: string): Promise<string | null> {
  const levels = ['lib', 'usr/lib'].map(async (folder) => {
    const names = await readdir(join(root, folder)).catch(() => []);
    return names.filter((name) => /-linux-(gnu|musl)/.test(name)).map((name) => join(root, folder, name));
  });
  const folders = (await Promise.all(levels)).flat();
  return folders.length === 0 ? null : folders.join(':');
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
