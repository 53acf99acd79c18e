import { access, constants } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** Where the files of a configuration lie on this machine. */
export interface Whereabouts {
  /** Base of relative paths, and where absolute ones are looked for. */
  folder: string;
  /** Folders that the configuration names, and where they lie here: `/etc/nginx` → `/home/me/site`. */
  roots: readonly { from: string; to: string }[];
}

/** Folders of parts: what those include is relative to the folder above. */
const PARTS =
  /^(conf\.d|http\.d|stream\.d|sites|sites-[\w-]+|site-confs|proxy-confs|vhosts?(\.d)?|servers|templates)$/;

/** The folder that stands for /etc/nginx, for a part of a configuration. */
export function folderAbove(file: string): string {
  const folder = dirname(file);
  return PARTS.test(basename(folder)) ? dirname(folder) : folder;
}

/**
 * Where a path that a configuration names may lie. One outside the folder of the configuration is looked for
 * below it, with as many of its folders as are there: a benchmark does not read this machine's own /etc.
 *
 * @param isPattern A pattern keeps one folder at the least, lest it match the configuration itself.
 */
export function candidates(path: string, { folder, roots }: Whereabouts, isPattern = false): string[] {
  if (!isAbsolute(path)) return [join(folder, path)];
  const root = roots.find(({ from }) => path.startsWith(`${from}/`));
  if (root !== undefined) return [join(root.to, path.slice(root.from.length))];
  if (path.startsWith(`${folder}/`)) return [path];
  const parts = path.split('/').filter((part) => part !== '');
  const most = isPattern ? parts.length - 1 : parts.length;
  return Array.from({ length: most }, (_, from) => join(folder, ...parts.slice(from)));
}

/** The first of the paths that can be read; null if none can. */
export async function firstReadable(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (isReadable) return path;
  }
  return null;
}
