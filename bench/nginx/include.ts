import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { parse } from './parse.ts';
import { type Directive, type Node, place } from './tree.ts';

const MAX_DEPTH = 32;

/**
 * Reads a configuration and everything that it includes into one tree. Each directive remembers the
 * file and line that it came from.
 *
 * @param path The main file, as `nginx -c` would get it.
 * @throws Problem('configuration') if a file is missing, cannot be read or has a syntax error.
 */
export async function readConfiguration(path: string): Promise<Node[]> {
  const file = resolve(path);
  return expandIncludes(parse(await readText(file, null), file), dirname(file));
}

/**
 * Replaces each `include` by the content of its files.
 *
 * @param folder Base of relative paths: the folder of the main file, even in files that are included from
 *   elsewhere (ngx_conf_include uses the prefix of the configuration).
 */
export async function expandIncludes(nodes: readonly Node[], folder: string, depth = 0): Promise<Node[]> {
  const expanded: Node[] = [];
  for (const node of nodes) {
    if (node.kind === 'comment') {
      expanded.push(node);
    } else if (node.name === 'include' && node.block === null) {
      expanded.push(...(await include(node, folder, depth)));
    } else if (node.block === null) {
      expanded.push(node);
    } else {
      expanded.push({ ...node, block: await expandIncludes(node.block, folder, depth) });
    }
  }
  return expanded;
}

async function include(node: Directive, folder: string, depth: number): Promise<Node[]> {
  const pattern = node.args[0]?.text;
  if (pattern === undefined || node.args.length > 1) return [node]; // nginx -t reports what is wrong with it
  if (depth >= MAX_DEPTH) {
    throw new Problem(
      'configuration',
      `The files included at ${place(node.origin)} include each other in a circle.`,
    );
  }
  const path = isAbsolute(pattern) ? pattern : join(folder, pattern);
  if (basename(path) === 'mime.types' && !(await exists(path))) {
    return [note(node, ` ${pattern} is not on this machine: nginx's built-in MIME types apply`)];
  }
  const files = /[*?[]/.test(path) ? await glob(path) : [path];
  const levels = files.map(async (file) =>
    expandIncludes(parse(await readText(file, node), file), folder, depth + 1),
  );
  return (await Promise.all(levels)).flat();
}

function note(node: Directive, text: string): Node {
  return { kind: 'comment', text, origin: node.origin };
}

async function readText(file: string, includedBy: Directive | null): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const where = includedBy === null ? '' : `, included at ${place(includedBy.origin)}`;
    const why = error instanceof Error && 'code' in error ? REASONS[String(error.code)] : undefined;
    throw new Problem(
      includedBy === null ? 'usage' : 'configuration',
      `The Nginx configuration ${file}${where} cannot be read: ${why ?? String(error)}.`,
      { cause: error },
    );
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The files that match a shell pattern, sorted by path like the result of glob(3). No match is no error. */
async function glob(pattern: string): Promise<string[]> {
  let found = ['/'];
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map((path) => join(path, part));
      continue;
    }
    const expression = globExpression(part);
    const levels = found.map(async (path) => {
      const names = await readdir(path).catch(() => []);
      return names.filter((name) => expression.test(name)).map((name) => join(path, name));
    });
    found = (await Promise.all(levels)).flat();
  }
  const present = await Promise.all(found.map(exists));
  return found.filter((_, index) => present[index]).sort();
}

/** Supports `*`, `?`, `[a-z]` and `[!a]`. A wildcard does not match a leading dot. */
function globExpression(part: string): RegExp {
  const body = part.replace(
    /\[(!?)([^\]]+)\]|[*?]|[^*?[]+|\[/g,
    (piece, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
      if (piece === '*') return '[^/]*';
      if (piece === '?') return '[^/]';
      return piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    },
  );
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${body}$`);
}
