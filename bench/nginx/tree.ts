/** Where a directive stands in a file that a person wrote; lines from 1. */
export interface Origin {
  file: string;
  line: number;
}

/** One argument: its meaning after nginx's unescaping, and the quotes it was written in (style only). */
export interface Word {
  text: string;
  quoted: '"' | "'" | null;
}

/** `name args;` or, where there is a block, `name args { … }`. */
export interface Directive {
  kind: 'directive';
  name: string;
  args: readonly Word[];
  block: readonly Node[] | null;
  /** Null for what the bench itself added. */
  origin: Origin | null;
}

/** `# text`; kept, so that a configuration that is printed again still explains itself. */
export interface Comment {
  kind: 'comment';
  /** Without the `#`, to the end of the line. */
  text: string;
  origin: Origin | null;
}

/** A configuration is a list of these; values, never changed in place. */
export type Node = Directive | Comment;

/** A directive of the bench's own, with no place in anybody's file. */
export function directive(
  name: string,
  args: readonly string[],
  block: readonly Node[] | null = null,
): Directive {
  return { kind: 'directive', name, args: args.map(word), block, origin: null };
}

/** An argument without quotes; the printer adds them where nginx needs them. */
export function word(text: string): Word {
  return { text, quoted: null };
}

/** The directives of one level, those of one name if a name is given; comments left out. */
export function directives(nodes: readonly Node[] | null, name?: string): Directive[] {
  return (nodes ?? []).filter(
    (node): node is Directive => node.kind === 'directive' && (name === undefined || node.name === name),
  );
}

/** The arguments as plain strings. */
export function texts(node: Directive): string[] {
  return node.args.map((arg) => arg.text);
}

/** Blocks whose entries are data: in `map $a $b { resolver 1; }` the word `resolver` is a value of `$a`. */
const DATA_BLOCKS = new Set(['charset_map', 'geo', 'map', 'match', 'num_map', 'split_clients', 'types']);

/**
 * Replaces every directive, innermost first, by what `visit` makes of it; an empty list removes it.
 * The entries of a block that holds data are no directives, and stay as they are.
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

/** Whether the entries of the block are data, not directives. */
export function isData(node: Directive): boolean {
  return DATA_BLOCKS.has(node.name);
}

/**
 * Sets a directive on one level: it takes the place of the first of its name (and keeps that one's
 * origin, so that a complaint of nginx still leads to the person's line), further ones go. Without
 * one of that name it comes first on the level.
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

/** Where a directive is, for a sentence: `/etc/nginx/nginx.conf:12`. */
export function place(origin: Origin | null): string {
  return origin === null ? 'the configuration' : `${origin.file}:${origin.line}`;
}
