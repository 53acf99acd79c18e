import { readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { readRegularFile, UnreadableFile } from '../files/regular-file.ts';
import { Problem } from '../model/failure.ts';
import { withFiles } from './files.ts';
import { withUpgradeMap, wrapFragment } from './fragment.ts';
import { globMatcher, PATTERN } from './glob.ts';
import { candidates, folderAbove, locate, type Whereabouts } from './locate.ts';
import type { OnChange } from './notices.ts';
import { parse } from './parse.ts';
import { marked, secretsIn } from './secrets.ts';
import { type Environment, fillIn } from './template.ts';
import { type Directive, directive, type Node, place } from './tree.ts';

/**
 * Limits on includes, because files that include each other can add up to a very large number of inclusions.
 * Real configurations stay far below these limits.
 */
const MAX_DEPTH = 32;
const MAX_FILES = 1000;
/** Maximum total size of a configuration's files, in bytes. */
export const MAX_CONFIGURATION_BYTES = 8_388_608;

/** Settings for reading a configuration. */
export interface Reading {
  roots: Whereabouts['roots'];
  environment: Environment;
  /** Whether access rules are preserved. If so, even a rule that names a missing file is not removed. */
  keepGuards: boolean;
  onChange: OnChange;
}

/** A configuration given as text instead of a file. */
export interface ConfigurationText {
  /** Name used instead of a path in messages and origins. */
  name: string;
  text: string;
}

/** Settings for the package's profiles, which are read unchanged. */
export const AS_IT_LIES: Reading = {
  roots: [],
  environment: { file: {}, process: {} },
  keepGuards: true,
  onChange: () => {},
};

/**
 * Reads a complete or partial configuration, with everything that it includes, into one tree. Each directive
 * keeps its file and line. Only regular files in the configuration's folder and below the roots are read,
 * even if a symbolic link leads elsewhere.
 *
 * @param main path of the main file, as for `nginx -c`, or of a file from conf.d or sites-available. A text
 * is read as if it were a file in the working directory.
 * @param tune applied to the tree before the files named in the tree are located
 * @throws Problem('configuration') if a file is missing, cannot be read or has a syntax error, and
 * Problem('usage') if the main file cannot be read
 */
export async function readConfiguration(
  main: string | ConfigurationText,
  reading: Reading = AS_IT_LIES,
  tune: (tree: readonly Node[]) => readonly Node[] = (tree) => tree,
): Promise<Node[]> {
  const { folder, above } = foldersOf(main);
  const given = typeof main === 'string' ? 0 : Buffer.byteLength(main.text);
  const budget = { files: MAX_FILES, bytes: Math.max(0, MAX_CONFIGURATION_BYTES - given) };
  const fromAbove = { reading, budget, whereabouts: { roots: reading.roots, folder: above } };
  const nodes =
    typeof main === 'string'
      ? await readFileNodes(resolve(main), null, fromAbove)
      : nodesOf(main.text, main.name, reading);
  const whole = wrapFragment(nodes, reading.onChange);
  const isPart = whole.length !== nodes.length || whole.some((node, index) => node !== nodes[index]);
  const whereabouts = isPart ? fromAbove.whereabouts : { roots: reading.roots, folder };
  const expanded = await expandIncludes(whole, { reading, budget, whereabouts });
  const complete = isPart ? withUpgradeMap(expanded, reading.onChange) : expanded;
  return withFiles(tune(complete), whereabouts, reading);
}

/** Base folders for resolving relative paths: `folder` for a main file, `above` for a partial configuration. */
function foldersOf(main: string | ConfigurationText): { folder: string; above: string } {
  if (typeof main !== 'string') return { folder: process.cwd(), above: process.cwd() };
  const file = resolve(main);
  return { folder: dirname(file), above: folderAbove(file) };
}

interface Expansion {
  reading: Reading;
  whereabouts: Whereabouts;
  /** How many more files and bytes may be read. */
  budget: { files: number; bytes: number };
}

async function readFileNodes(
  file: string,
  includedBy: Directive | null,
  expansion: Expansion,
): Promise<Node[]> {
  return nodesOf(await readText(file, includedBy, expansion), file, expansion.reading);
}

function nodesOf(written: string, file: string, reading: Reading): Node[] {
  const text = withoutMark(written, file);
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
 * Rejects a text that starts with a byte order mark. Nginx would read the mark as part of the first
 * directive's name.
 */
function withoutMark(text: string, file: string): string {
  if (!text.startsWith('\ufeff')) return text;
  throw new Problem(
    'configuration',
    `nginx cannot read this: the byte order mark (UTF-8 BOM) at the start of the file becomes part of the first directive in ${file}:1. Save the file without this mark.`,
  );
}

/**
 * Replaces each `include` with the contents of its files. Relative paths are resolved against the folder of
 * the main file, even in files included from elsewhere (ngx_conf_include uses the configuration prefix).
 */
async function expandIncludes(nodes: readonly Node[], expansion: Expansion, depth = 0): Promise<Node[]> {
  const expanded: Node[] = [];
  for (const node of nodes) {
    if (node.kind === 'comment') {
      expanded.push(node);
    } else if (node.name === 'include' && node.block === null) {
      for (const included of await include(node, expansion, depth)) expanded.push(included);
    } else if (node.block === null) {
      expanded.push(node);
    } else {
      expanded.push({ ...node, block: await expandIncludes(node.block, expansion, depth) });
    }
  }
  return expanded;
}

/**
 * Files that ship with every Nginx, that containers write at start-up, or that certbot writes. None of them
 * affects WebSockets here: name servers are never queried, and the run sets the number of workers and uses its
 * own certificate.
 */
const WELL_KNOWN = new Set(
  [
    'fastcgi.conf fastcgi_params scgi_params uwsgi_params',
    'resolver.conf worker_processes.conf',
    'options-ssl-nginx.conf',
  ].flatMap((names) => names.split(' ')),
);

async function include(node: Directive, expansion: Expansion, depth: number): Promise<Node[]> {
  const { whereabouts, reading } = expansion;
  const path = node.args[0]?.text;
  if (path === undefined || node.args.length > 1) return [node]; // nginx -t reports the error
  if (depth >= MAX_DEPTH) {
    throw new Problem(
      'configuration',
      `The files included at ${place(node.origin)} include each other in a circle. Remove one of the includes.`,
    );
  }
  const files = await filesOf(path, node, whereabouts);
  const [first] = files;
  if (first === undefined) return withoutFile(node, path, reading);
  const isElsewhere = isAbsolute(path) && !first.startsWith(path.replace(/[*?[].*/s, ''));
  const isNamed = whereabouts.roots.some(({ from }) => path.startsWith(`${from}/`));
  if (isElsewhere && !isNamed) reading.onChange('moved-files', node);
  const levels: Node[][] = [];
  for (const file of files)
    levels.push(await expandIncludes(await readFileNodes(file, node, expansion), expansion, depth + 1));
  return levels.flat();
}

async function filesOf(path: string, node: Directive, whereabouts: Whereabouts): Promise<string[]> {
  const isPattern = PATTERN.test(path);
  for (const candidate of candidates(path, whereabouts, isPattern)) {
    if (isPattern) {
      const found = await glob(candidate, node, whereabouts);
      if (found.length > 0) return found;
    } else if (await exists(candidate, whereabouts)) return [candidate];
  }
  return [];
}

/** Removes an include of a missing file that is not needed; throws a Problem for any other missing file. */
function withoutFile(node: Directive, path: string, { onChange }: Reading): Node[] {
  const name = basename(path);
  if (name === 'mime.types')
    return [note(node, ` ${path} is not on this machine: nginx's built-in MIME types apply`)];
  if (PATTERN.test(path) || WELL_KNOWN.has(name)) {
    onChange(PATTERN.test(path) ? 'no-files' : 'well-known-files', node);
    return [];
  }
  throw new Problem(
    'configuration',
    `The Nginx configuration ${path}, included at ${place(node.origin)}, cannot be read: there is no such file.${rootRemedy(path)}`,
  );
}

function note(node: Directive, text: string): Node {
  return { kind: 'comment', text, origin: node.origin };
}

/**
 * Reads a configuration file. The user may name any file as the main one, but included files must lie in the
 * folders of the configuration.
 */
async function readText(
  file: string,
  includedBy: Directive | null,
  { whereabouts, budget }: Expansion,
): Promise<string> {
  budget.files -= 1;
  if (includedBy !== null && budget.files < 0) throw tooMany(includedBy);
  try {
    const { real, isOwn } = await locate(file, whereabouts);
    if (includedBy !== null && !isOwn) throw outside(file, dirname(real), includedBy);
    const bytes = await readRegularFile(real, budget.bytes);
    budget.bytes -= bytes.length;
    return bytes.toString('utf8');
  } catch (cause) {
    if (!(cause instanceof UnreadableFile)) throw cause;
    const link = await readlink(file).catch(() => null);
    const to = link === null ? '' : `, a link to ${link},`;
    const where = includedBy === null ? to : `, included at ${place(includedBy.origin)},`;
    throw new Problem(
      includedBy === null ? 'usage' : 'configuration',
      `The Nginx configuration ${file}${where} cannot be read: ${cause.message}.${includedBy === null && link !== null ? rootRemedy(link) : ''}`,
      { cause },
    );
  }
}

function tooMany(node: Directive): Problem {
  return new Problem(
    'configuration',
    `The configuration includes more than ${MAX_FILES} files; the include at ${place(node.origin)} exceeds this limit. Check for files that include each other.`,
  );
}

function outside(path: string, folder: string, node: Directive): Problem {
  return new Problem(
    'configuration',
    `The path ${path}, included at ${place(node.origin)}, is in ${folder}, outside the folder of the main Nginx configuration. To allow this path to be read, use --conf-root ${folder}=${folder}.`,
  );
}

async function exists(path: string, whereabouts: Whereabouts): Promise<boolean> {
  const { real } = await locate(path, whereabouts).catch(() => ({ real: path }));
  return stat(real).then(
    () => true,
    () => false,
  );
}

/** Files that match a shell pattern, sorted by path, as glob(3) sorts them. Empty if there are none. */
async function glob(pattern: string, node: Directive, whereabouts: Whereabouts): Promise<string[]> {
  let found = ['/'];
  for (const part of partsOf(pattern)) {
    if (!PATTERN.test(part)) {
      found = found.map((path) => join(path, part));
      continue;
    }
    const matches = globMatcher(part);
    const matching: string[] = [];
    for (const path of found) {
      const names = await namesIn(path, node, whereabouts);
      matching.push(...names.filter(matches).map((name) => join(path, name)));
      if (matching.length > MAX_FILES) throw tooMany(node);
    }
    found = matching;
  }
  const present: string[] = [];
  for (const path of found) {
    if (await exists(path, whereabouts)) present.push(path);
    else await refuseDangling(path, node);
  }
  return present.sort();
}

/**
 * Rejects a dangling absolute symbolic link. The link's target is a path on the original server; skipping the
 * link silently would leave out a part of the configuration.
 */
async function refuseDangling(path: string, node: Directive): Promise<void> {
  const target = await readlink(path).catch(() => null);
  if (target === null || !isAbsolute(target)) return;
  throw new Problem(
    'configuration',
    `The link ${path}, included at ${place(node.origin)}, leads to ${target}, which does not exist on this machine.${rootRemedy(target)}`,
  );
}

function rootRemedy(path: string): string {
  return isAbsolute(path)
    ? ` If this file exists elsewhere on this machine, name its folder with --conf-root ${dirname(path)}=DIR.`
    : '';
}

function partsOf(pattern: string): string[] {
  return pattern.split('/').filter((part) => part !== '');
}

async function namesIn(folder: string, node: Directive, whereabouts: Whereabouts): Promise<string[]> {
  const { real, isOwn } = await locate(folder, whereabouts).catch(() => ({ real: folder, isOwn: true }));
  const names = await readdir(real).catch(() => []);
  if (names.length > 0 && !isOwn) throw outside(folder, real, node);
  return names;
}
