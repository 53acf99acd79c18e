import type { Directive, Node, Origin, Word } from './tree.ts';

/** A configuration as text, and for each of its lines where the person wrote it (null: the bench did). */
export interface Printed {
  text: string;
  /** Index 0 is line 1. */
  origins: (Origin | null)[];
}

/** Prints a tree so that reading it again gives the same tree, origins and superfluous quotes aside. */
export function print(nodes: readonly Node[]): Printed {
  const lines: Line[] = [];
  printLevel(nodes, 0, lines);
  // A word may hold a line break: what was pushed as one line counts as several.
  const origins = lines.flatMap(({ text, origin }) => text.split('\n').map(() => origin));
  return { text: lines.map(({ text }) => `${text}\n`).join(''), origins };
}

interface Line {
  text: string;
  origin: Origin | null;
}

function printLevel(nodes: readonly Node[], depth: number, lines: Line[]): void {
  const indent = '    '.repeat(depth);
  nodes.forEach((node, index) => {
    const last = lines.at(-1);
    if (node.kind === 'comment') {
      if (last !== undefined && sameLine(last.origin, node.origin)) {
        last.text += `  #${node.text}`;
        return;
      }
      separate(nodes[index - 1], node, lines);
      lines.push({ text: `${indent}#${node.text}`, origin: node.origin });
      return;
    }
    separate(nodes[index - 1], node, lines);
    const head = [node.name, ...node.args].map((each) => printWord(each)).join(' ');
    if (node.block === null) {
      lines.push({ text: `${indent}${head};`, origin: node.origin });
    } else {
      lines.push({ text: `${indent}${head} {`, origin: node.origin });
      printLevel(node.block, depth + 1, lines);
      lines.push({ text: `${indent}}`, origin: node.origin });
    }
  });
}

/** An empty line around blocks and before a comment; none between a comment and what it explains. */
function separate(before: Node | undefined, node: Node, lines: Line[]): void {
  if (before === undefined) return;
  if (before.kind === 'comment' && lines.at(-1)?.text.trimStart().startsWith('#')) return;
  if (isBlock(before) || isBlock(node) || node.kind === 'comment') lines.push({ text: '', origin: null });
}

/** Whether a comment stood behind a directive: then it is printed there again. */
function sameLine(a: Origin | null, b: Origin | null): boolean {
  return a !== null && b !== null && a.file === b.file && a.line === b.line;
}

function isBlock(node: Node): node is Directive {
  return node.kind === 'directive' && node.block !== null;
}

/** What would end an unquoted word, or begin something else than one; `${` is no block. */
const NEEDS_QUOTES = /^$|^["'#}]|[ \t\r\n;]|(?<!(?<!\\)\$)\{/;

function printWord(word: Word | string): string {
  const { text, quoted } = typeof word === 'string' ? { text: word, quoted: null } : word;
  const quote = quoted ?? (NEEDS_QUOTES.test(text) ? '"' : '');
  // nginx keeps a `\` that stands before anything else, as in `\.php$`: those are left as they are.
  const escaped = text.replace(/\\(?=["'\\trn]|$)/g, '\\\\');
  return quote + (quote === '' ? escaped : escaped.replaceAll(quote, `\\${quote}`)) + quote;
}
