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
import type { FindOptions } from '../topology/driver.ts';
import type { FetchPlace } from '../topology/workplace.ts';
import { type Apt, dependenciesOf, execute, privateApt, requireApt } from './apt.ts';
import { requireTrusted } from './trust.ts';

/** Matches the names of packages that contain libraries, except Nginx modules. */
const LIBRARY = /^(lib(?!nginx-)|zlib)/;
/** Name of a file in each fetched program's folder. The file lists the archive names of the program's packages. */
const MANIFEST = 'packages';

export type FetchOptions = Omit<FindOptions, 'source' | 'searchPath'>;

/** A program to fetch, and the packages that contain it. */
export interface Program {
  /** First part of the name of the program's folder in the cache; the system and the processor follow. */
  name: string;
  /** Name in messages. */
  title: string;
  /** Path of the binary within its package. */
  binary: string;
  /** Packages that may contain the binary, in the order in which they are tried. */
  packages: readonly string[];
  /** Further packages to unpack. A package that does not exist is skipped. */
  optional: readonly string[];
}

/**
 * Nginx's packages. In Debian 12 and later, the first contains the binary; in older releases and in Ubuntu,
 * one of the others does. The stream module may be built in, and only profiles that use stream need it.
 */
export const NGINX: Program = {
  name: 'nginx',
  title: 'Nginx',
  binary: 'usr/sbin/nginx',
  packages: ['nginx', 'nginx-core', 'nginx-light'],
  optional: ['libnginx-mod-stream'],
};

export interface Fetched {
  path: string;
  /** LD_LIBRARY_PATH that the binary needs; null if all its libraries are installed on the system. */
  libraryPath: string | null;
  /** Package that contains the binary, such as `nginx 1.26.3-3+deb13u10`. */
  origin: string;
}

/** How to fetch a program. */
export interface Fetching {
  /** Message shown before the fetch starts. */
  why: string;
  /** Returns the line of sources.list to use; null to use the system's sources. */
  sources(): Promise<string | null>;
  addLibraries(apt: Apt, archive: string, unpacked: string): Promise<void>;
}

/** Fetches that are in progress in this process, by the program's folder in the cache. */
const underWay = new Map<string, Promise<void>>();

/**
 * Returns the cache entry of a program, fetching it first if necessary. If several variants need the program
 * at the same time, it is fetched once.
 *
 * @param system where its packages come from, such as `debian-12`
 * @throws Problem('environment') if it cannot be fetched, or if other users could have changed the cache
 */
export async function fetchOnce(
  program: Program,
  system: string,
  options: FetchOptions,
  fetching: Fetching,
): Promise<Fetched> {
  const root = resolve(options.cacheDir, `${program.name}-${system}-${process.arch}`);
  const path = join(root, program.binary);
  await requireTrusted(resolve(options.cacheDir), root);
  if (!(await exists(path))) {
    const begin = async () => {
      await requireApt();
      options.say(`${fetching.why} into ${root}. Nothing will be installed system-wide.`);
      await fetchInto(root, program, options, fetching);
    };
    const fetch = underWay.get(root) ?? begin().finally(() => underWay.delete(root));
    underWay.set(root, fetch);
    await fetch;
    await requireTrusted(resolve(options.cacheDir), root);
  }
  return { path, libraryPath: await libraryPath(root), origin: await originOf(root, program) };
}

/**
 * Unpacks into a temporary folder that is renamed at the end, so that the cache never contains an incomplete
 * package.
 */
async function fetchInto(
  root: string,
  program: Program,
  { cacheDir, signal, place = plainPlace }: FetchOptions,
  { sources, addLibraries }: Fetching,
): Promise<void> {
  await makeCache(resolve(cacheDir));
  await place(resolve(cacheDir), async (work, execute) => {
    const apt = await privateApt(work, await sources(), execute, signal);
    const unpacked = join(work, 'root');
    const warning = await apt.run(['update']);
    const archive = await unpackBinary(apt, program, unpacked, warning);
    for (const name of program.optional) {
      await apt.unpack([name], unpacked).catch((error) => {
        if (!(error instanceof Problem)) throw error;
      });
    }
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
 * Downloads and unpacks the package that contains the binary. Without a network, `apt-get update` only warns,
 * and the download then fails with "unable to locate package", so the error message repeats that warning.
 *
 * @returns the path of the package archive
 */
async function unpackBinary(
  apt: Apt,
  { packages, binary }: Program,
  unpacked: string,
  warning: string | null,
): Promise<string> {
  const failures: string[] = [];
  for (const name of packages) {
    try {
      const [archive = ''] = await apt.unpack([name], unpacked);
      if (await exists(join(unpacked, binary))) return archive;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failures.push(error.message);
    }
  }
  const failure = failures[0] ?? `None of the packages ${packages.join(', ')} contains the binary.`;
  throw new Problem(
    'environment',
    warning === null ? failure : `${failure} apt-get update reported: ${warning}`,
  );
}

/** Downloads and unpacks the libraries that a package depends on, including indirect dependencies. */
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

/**
 * Name and version of the fetched package; only the name if the cache entry was created before versions were
 * recorded.
 */
async function originOf(root: string, { name: program }: Program): Promise<string> {
  const manifest = await readFile(join(root, MANIFEST), 'utf8').catch(() => program);
  const [name, version] = (manifest.split('\n')[0] ?? '').split('_');
  return [name, version].join(' ').trim();
}

/** LD_LIBRARY_PATH that contains the unpacked libraries; null if there are none. */
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
