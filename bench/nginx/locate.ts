import { access, constants, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { UnreadableFile } from '../files/regular-file.ts';

/** Where the files of a configuration are on this machine. */
export interface Whereabouts {
  /** Base folder: relative paths start here, and absolute paths are looked up below it. */
  folder: string;
  /** Folders named in the configuration, mapped to their locations here: `/etc/nginx` → `/home/me/site`. */
  roots: readonly { from: string; to: string }[];
}

/** Names of folders that contain partial configurations. Their includes are relative to the parent folder. */
const PARTS =
  /^(conf\.d|http\.d|stream\.d|sites|sites-[\w-]+|site-confs|proxy-confs|vhosts?(\.d)?|servers|templates)$/;

/** Maximum number of symbolic links that Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * Debian's modules-enabled folder links to files in this folder. They come from module packages and contain
 * module names, but nothing private.
 */
const OF_PACKAGES = '/usr/share/nginx/modules-available';

/** The folder used as /etc/nginx if the given file is a partial configuration. */
export function folderAbove(file: string): string {
  const folder = dirname(file);
  return PARTS.test(basename(folder)) ? dirname(folder) : folder;
}

/**
 * Possible locations of a path named in a configuration. A path outside the configuration's folder is looked
 * up below that folder instead: first the whole path, then without its first folder, and so on. The path
 * itself is not used, because a benchmark must not read this machine's /etc.
 *
 * @param isPattern whether the path is a pattern. A pattern keeps at least one folder, so that it does not
 * match the configuration itself.
 */
export function candidates(path: string, { folder, roots }: Whereabouts, isPattern = false): string[] {
  if (!isAbsolute(path)) return [join(folder, path)];
  const mapped = mapRoot(path, roots);
  if (mapped !== path) return [mapped];
  if (path.startsWith(`${folder}/`)) return [path];
  const parts = path.split('/').filter((part) => part !== '');
  const most = isPattern ? parts.length - 1 : parts.length;
  return Array.from({ length: most }, (_, from) => join(folder, ...parts.slice(from)));
}

function mapRoot(path: string, roots: Whereabouts['roots']): string {
  const root = roots.find(({ from }) => path.startsWith(`${from}/`));
  return root === undefined ? path : join(root.to, path.slice(root.from.length));
}

/**
 * A path with symbolic links resolved, and whether it lies within a folder that the configuration may read.
 */
export interface Resolved {
  real: string;
  isOwn: boolean;
}

/**
 * Resolves all symbolic links in a path. An absolute link is treated like any other path named in the
 * configuration: if a root is given for its target, the link leads into that root.
 *
 * @throws UnreadableFile if the links form a loop
 */
export async function locate(path: string, { folder, roots }: Whereabouts): Promise<Resolved> {
  const named = [folder, ...roots.map(({ to }) => to)];
  const bases = await Promise.all(
    named.map(async (base) => ({ base, real: await realpath(base).catch(() => base) })),
  );
  const start = bases.find(({ base }) => isBelow(path, base));
  const real =
    start === undefined
      ? await withoutLinks('/', path, roots)
      : await withoutLinks(start.real, path.slice(start.base.length), roots);
  return { real, isOwn: [...bases.map((base) => base.real), OF_PACKAGES].some((own) => isBelow(real, own)) };
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

async function withoutLinks(start: string, path: string, roots: Whereabouts['roots']): Promise<string> {
  let done = start;
  let rest = partsOf(path);
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = join(done, part); // also for `..`: `done` contains no links
    const target = await readlink(next).catch(() => null);
    if (target === null) {
      done = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new UnreadableFile('its links form a loop');
    if (isAbsolute(target)) done = '/';
    rest = [...partsOf(isAbsolute(target) ? mapRoot(target, roots) : target), ...rest];
  }
  return done;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Result of looking up a path named in a configuration. */
export type Found =
  | { kind: 'own'; path: string }
  /** The file exists, but outside the folders that the configuration may read. */
  | { kind: 'outside' }
  | { kind: 'missing' };

const NOWHERE: Resolved = { real: '', isOwn: false };

/** Finds a regular file, or a folder, among the candidate paths. */
export async function find(
  path: string,
  whereabouts: Whereabouts,
  wanted: 'file' | 'folder',
): Promise<Found> {
  for (const candidate of candidates(path, whereabouts)) {
    const { real, isOwn } = await locate(candidate, whereabouts).catch(() => NOWHERE);
    const facts = await stat(real).catch(() => null);
    if (facts === null || !(wanted === 'file' ? facts.isFile() : facts.isDirectory())) continue;
    // Nginx also serves the parent folder if the location has no final slash, so the parent is checked too.
    const isNamed = wanted === 'file' ? isOwn : (await locate(dirname(real), whereabouts)).isOwn;
    if (!isOwn || !isNamed) return { kind: 'outside' };
    if (await isReadable(real)) return { kind: 'own', path: real };
  }
  return { kind: 'missing' };
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
