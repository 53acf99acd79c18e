/** Location of a directive in the user's file; lines count from 1. */
export interface Origin {
  file: string;
  line: number;
}

/** One argument: its text after unescaping, and its original quotes, which do not affect its meaning. */
export interface Word {
  text: string;
  quoted: '"' | "'" | null;
}

/** A directive, either `name args;` or `name args { … }` with a block. */
export interface Directive {
  kind: 'directive';
  name: string;
  args: readonly Word[];
  block: readonly Node[] | null;
  /** Null for a directive added by the bench. */
  origin: Origin | null;
}

/**
 * A comment (`# text`), stored so that the printed configuration still contains its author's explanations.
 */
export interface Comment {
  kind: 'comment';
  /** The text after the `#`, up to the end of the line. */
  text: string;
  origin: Origin | null;
}

/** A configuration is a list of immutable nodes. */
export type Node = Directive | Comment;

/** Makes a directive that the bench adds. It has no origin. */
export function directive(
  name: string,
  args: readonly string[],
  block: readonly Node[] | null = null,
): Directive {
  return { kind: 'directive', name, args: args.map(word), block, origin: null };
}

/** Makes an argument; the printer adds quotes if Nginx needs them. */
export function word(text: string): Word {
  return { text, quoted: null };
}

/** The directives on one level, without comments; if a name is given, only those with that name. */
export function directives(nodes: readonly Node[] | null | undefined, name?: string): Directive[] {
  return (nodes ?? []).filter(
    (node): node is Directive => node.kind === 'directive' && (name === undefined || node.name === name),
  );
}

/** A directive's arguments as strings. */
export function texts(node: Directive): string[] {
  return node.args.map((arg) => arg.text);
}

/** A directive's first argument as a string; empty if there is none. */
export function firstText(node: Directive | undefined): string {
  return node?.args[0]?.text ?? '';
}

/**
 * Blocks that contain data: in `map $a $b { resolver 1; }` the word `resolver` is a value of `$a`, not a
 * directive.
 */
const DATA_BLOCKS = new Set(['charset_map', 'geo', 'map', 'match', 'num_map', 'split_clients', 'types']);

/**
 * Replaces every directive with the result of `visit`, inner directives before the block around them. An empty
 * list removes the directive. Entries of data blocks (`map`, `geo`, …) are not visited.
 */
export function rewrite(
  nodes: readonly Node[],
  visit: (node: Directive, parents: readonly Directive[]) => readonly Node[],
  parents: readonly Directive[] = [],
): Node[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'comment') return [node];
    if (node.block === null || isData(node)) return visit(node, parents);
    return visit({ ...node, block: rewrite(node.block, visit, [...parents, node]) }, parents);
  });
}

/** Whether a directive's block contains data instead of directives. */
export function isData({ name }: Pick<Directive, 'name'>): boolean {
  return DATA_BLOCKS.has(name);
}

/**
 * Sets a directive on one level. It replaces the first directive with the same name and keeps its origin, so
 * that Nginx's error messages lead to the line in the user's file. Others with that name are removed. If none
 * has that name, the directive is added at the start of the level.
 */
export function set(nodes: readonly Node[], name: string, args: readonly string[]): Node[] {
  const first = directives(nodes, name)[0];
  const fresh: Directive = { ...directive(name, args), origin: first?.origin ?? null };
  if (first === undefined) return [fresh, ...nodes];
  return nodes.flatMap((node) => {
    if (node === first) return [fresh];
    return node.kind === 'directive' && node.name === name ? [] : [node];
  });
}

/** File and line for a message, such as `/etc/nginx/nginx.conf:12`. */
export function place(origin: Origin | null): string {
  return origin === null ? 'the configuration' : `${origin.file}:${origin.line}`;
}
