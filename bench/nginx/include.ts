import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { withFiles } from './files.ts';
import { withUpgradeMap, wrapFragment } from './fragment.ts';
import { candidates, folderAbove, type Whereabouts } from './locate.ts';
import type { OnChange } from './notices.ts';
import { parse } from './parse.ts';
import { marked, secretsIn } from './secrets.ts';
import { type Environment, fillIn } from './template.ts';
import { type Directive, directive, type Node, place } from './tree.ts';

const MAX_DEPTH = 32;

/** How a configuration is read. */
export interface Reading {
  roots: Whereabouts['roots'];
  environment: Environment;
  onChange: OnChange;
}

/** As the profiles are read: as they lie. */
export const AS_IT_LIES: Reading = {
  roots: [],
  environment: { file: {}, process: {} },
  onChange: () => {},
};

/**
 * Reads a configuration, or a part of one, and everything that it includes into one tree. Each directive
 * remembers the file and line that it came from.
 *
 * @param path The main file, as `nginx -c` would get it, or one from conf.d or sites-available.
 * @throws Problem('configuration') if a file is missing, cannot be read or has a syntax error, and
 *   Problem('usage') if it is the main file that is missing.
 */
export async function readConfiguration(path: string, reading: Reading = AS_IT_LIES): Promise<Node[]> {
  const file = resolve(path);
  const nodes = await readFileNodes(file, null, reading);
  const whole = wrapFragment(nodes, reading.onChange);
  const isPart = whole.length !== nodes.length || whole.some((node, index) => node !== nodes[index]);
  const whereabouts = { roots: reading.roots, folder: isPart ? folderAbove(file) : dirname(file) };
  const expanded = await expandIncludes(whole, whereabouts, reading);
  const complete = isPart ? withUpgradeMap(expanded, reading.onChange) : expanded;
  return withFiles(complete, whereabouts, reading.onChange);
}

async function readFileNodes(file: string, includedBy: Directive | null, reading: Reading): Promise<Node[]> {
  const text = await readText(file, includedBy);
  const lines: { name: string; line: number }[] = [];
  const filled = fillIn(text, file, reading.environment, (name, value, line) => {
    lines.push({ name, line });
    return value;
  });
  if (lines.length > 0) {
    const secrets = secretsIn(fillIn(text, file, reading.environment, marked), file);
    for (const { name, line } of lines) {
      const values = secrets.flatMap((secret) => (secret.name === name ? [secret.value] : []));
      reading.onChange('template', { ...directive(name, values), origin: { file, line } });
    }
  }
  return parse(filled, file);
}

/**
 * Replaces each `include` by the content of its files. Relative paths start at the folder of the main file,
 * even in files that are included from elsewhere (ngx_conf_include uses the prefix of the configuration).
 */
async function expandIncludes(
  nodes: readonly Node[],
  whereabouts: Whereabouts,
  reading: Reading,
  depth = 0,
): Promise<Node[]> {
  const expanded: Node[] = [];
  for (const node of nodes) {
    if (node.kind === 'comment') {
      expanded.push(node);
    } else if (node.name === 'include' && node.block === null) {
      expanded.push(...(await include(node, whereabouts, reading, depth)));
    } else if (node.block === null) {
      expanded.push(node);
    } else {
      expanded.push({ ...node, block: await expandIncludes(node.block, whereabouts, reading, depth) });
    }
  }
  return expanded;
}

/**
 * Files that come with every Nginx or are written by containers as they start, of which nothing matters to a
 * WebSocket here: name servers are never asked, and the run sets the number of workers.
 */
const WELL_KNOWN = new Set(
  ['fastcgi.conf fastcgi_params scgi_params uwsgi_params', 'resolver.conf worker_processes.conf'].flatMap(
    (names) => names.split(' '),
  ),
);

async function include(
  node: Directive,
  whereabouts: Whereabouts,
  reading: Reading,
  depth: number,
): Promise<Node[]> {
  const path = node.args[0]?.text;
  if (path === undefined || node.args.length > 1) return [node]; // nginx -t reports what is wrong with it
  if (depth >= MAX_DEPTH) {
    throw new Problem(
      'configuration',
      `The files included at ${place(node.origin)} include each other in a circle.`,
    );
  }
  const files = await filesOf(path, whereabouts);
  const [first] = files;
  if (first === undefined) return withoutFile(node, path, reading);
  const isElsewhere = isAbsolute(path) && !first.startsWith(path.replace(/[*?[].*/s, ''));
  const isNamed = whereabouts.roots.some(({ from }) => path.startsWith(`${from}/`));
  if (isElsewhere && !isNamed) reading.onChange('moved-files', node);
  const levels = files.map(async (file) =>
    expandIncludes(await readFileNodes(file, node, reading), whereabouts, reading, depth + 1),
  );
  return (await Promise.all(levels)).flat();
}

async function filesOf(path: string, whereabouts: Whereabouts): Promise<string[]> {
  const isPattern = PATTERN.test(path);
  for (const candidate of candidates(path, whereabouts, isPattern)) {
    const found = isPattern ? await glob(candidate) : (await exists(candidate)) ? [candidate] : [];
    if (found.length > 0) return found;
  }
  return [];
}

const PATTERN = /[*?[]/;

/** An include whose file is not here. */
function withoutFile(node: Directive, path: string, { onChange }: Reading): Node[] {
  const name = basename(path);
  if (name === 'mime.types')
    return [note(node, ` ${path} is not on this machine: nginx's built-in MIME types apply`)];
  if (PATTERN.test(path) || WELL_KNOWN.has(name)) {
    onChange(PATTERN.test(path) ? 'no-files' : 'well-known-files', node);
    return [];
  }
  const remedy = isAbsolute(path)
    ? ` Tell where its folder lies, with --conf-root ${dirname(path)}=DIR.`
    : '';
  throw new Problem(
    'configuration',
    `The Nginx configuration ${path}, included at ${place(node.origin)} cannot be read: there is no such file.${remedy}`,
  );
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
