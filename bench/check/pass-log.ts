import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inherited } from '../nginx/located.ts';
import { type Directive, directive, directives, type Node, texts } from '../nginx/tree.ts';

const MARK = 'bench-pass';

/** A configuration that logs the values of the variables in each `proxy_pass`. */
export interface PassLogged {
  tree: Node[];
  /** The variables in each location's `proxy_pass`, in the order of the values in a log line. */
  names: ReadonlyMap<Directive, readonly string[]>;
}

/**
 * Adds a log to each location whose `proxy_pass` contains variables. Their values form the address to which a
 * handshake is passed, and the sandbox replaces that address, so only the log shows the values.
 */
export function withPassLog(tree: readonly Node[]): PassLogged {
  const names = new Map<Directive, readonly string[]>();
  const formats: Directive[] = [];
  const maps: Directive[] = [];
  const visit = (nodes: readonly Node[], levels: readonly Directive[]): Node[] =>
    nodes.map((node) => {
      if (node.kind === 'comment' || node.block === null || !LEVELS.has(node.name)) return node;
      const here = [...levels, node];
      const block = visit(node.block, here);
      const used = node.name === 'location' ? variablesOf(node) : [];
      if (used.length === 0) return { ...node, block };
      const index = names.size;
      names.set(node, used);
      formats.push(formatFor(index, used));
      maps.push(...mapsFor(index, used));
      return { ...node, block: logged(block, here, index) };
    });
  const visited = visit(tree, []);
  const withFormats = visited.map((node) =>
    node.kind === 'directive' && node.name === 'http'
      ? { ...node, block: [...formats, ...(node.block ?? []), ...maps] }
      : node,
  );
  return { tree: withFormats, names };
}

const LEVELS = new Set(['http', 'server', 'location']);

function variablesOf(location: Directive): string[] {
  const blocks = [location, ...directives(location.block, 'if')];
  const written = blocks.flatMap(({ block }) => directives(block, 'proxy_pass').flatMap(texts));
  const names = written.flatMap((text) => [...text.matchAll(/\$\{?(\w+)\}?/g)].map(([, name = '']) => name));
  return [...new Set(names)];
}

/** A log format cannot contain numbered captures, so each value is passed through a map. */
function mapsFor(index: number, names: readonly string[]): Directive[] {
  return names.map((name, at) =>
    directive(
      'map',
      ['', `$bench_value_${index}_${at}`],
      [directive('volatile', []), directive('default', [`$${name}`])],
    ),
  );
}

/** Creates the `log_format` directive, which must precede the `access_log` directives that use it. */
function formatFor(index: number, names: readonly string[]): Directive {
  const values = names.map((_, at) => `"$bench_value_${index}_${at}"`).join(',');
  return directive('log_format', [
    `${MARK}_${index}`,
    'escape=json',
    `{"${MARK}":${index},"upgrade":"$http_upgrade","values":[${values}]}`,
  ]);
}

/** Adds a log to a block. A block with its own log inherits none, so those that applied before are copied into it. */
function logged(block: readonly Node[], levels: readonly Directive[], index: number): Node[] {
  const isOwn = (node: Node) => node.kind === 'directive' && node.name === 'access_log';
  const applying = inherited(levels, 'access_log').filter(({ args: [first] }) => first?.text !== 'off');
  const others = block.filter((node) => !isOwn(node));
  return [...others, ...applying, directive('access_log', [`/${MARK}.log`, `${MARK}_${index}`])];
}

/** A log line about a request that a location has answered. */
interface PassEntry {
  [MARK]: number;
  upgrade: string;
  values: string[];
}

/** Returns the values of the variables, by name, during the last handshake of each location. */
export async function readPassLog(
  folder: string,
  { names }: PassLogged,
): Promise<Map<Directive, Record<string, string>>> {
  const files = (await readdir(folder)).filter((name) => /^access(-\d+)?\.log$/.test(name));
  const logs = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  const locations = [...names];
  const found = new Map<Directive, Record<string, string>>();
  for (const line of logs
    .join('\n')
    .split('\n')
    .filter((each) => each.startsWith(`{"${MARK}":`))) {
    const entry = JSON.parse(line) as PassEntry;
    const [location, used] = locations[entry[MARK]] ?? [];
    if (location === undefined || used === undefined || entry.upgrade === '') continue;
    found.set(location, Object.fromEntries(used.map((name, at) => [name, entry.values[at] ?? ''])));
  }
  return found;
}
