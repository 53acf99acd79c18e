import type { Directive, Node, Origin, Word } from './tree.ts';

/**
 * A configuration as text, with the location of each line in the user's file (null for lines added by the
 * bench).
 */
export interface Printed {
  text: string;
  /** Indexed from 0: entry 0 belongs to line 1. */
  origins: (Origin | null)[];
}

/** Prints a tree. Parsing the text again yields the same tree, except for origins and unnecessary quotes. */
export function print(nodes: readonly Node[]): Printed {
  const lines: Line[] = [];
  printLevel(nodes, 0, lines);
  // A word may contain line breaks, so one entry of `lines` may span several lines of text.
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

/** Adds an empty line around blocks and before a comment, but not after a comment. */
function separate(before: Node | undefined, node: Node, lines: Line[]): void {
  if (before === undefined) return;
  if (before.kind === 'comment' && lines.at(-1)?.text.trimStart().startsWith('#')) return;
  if (isBlock(before) || isBlock(node) || node.kind === 'comment') lines.push({ text: '', origin: null });
}

/** Whether a comment was on the same line as a directive. Such a comment is printed after the directive. */
function sameLine(a: Origin | null, b: Origin | null): boolean {
  return a !== null && b !== null && a.file === b.file && a.line === b.line;
}

function isBlock(node: Node): node is Directive {
  return node.kind === 'directive' && node.block !== null;
}

/** Matches text that Nginx would not read as a single word without quotes. `${` does not open a block. */
const NEEDS_QUOTES = /^$|^["'#}]|[ \t\r\n;]|(?<!(?<!\\)\$)\{/;

function printWord(word: Word | string): string {
  const { text, quoted } = typeof word === 'string' ? { text: word, quoted: null } : word;
  const quote = quoted ?? (NEEDS_QUOTES.test(text) ? '"' : '');
  // Only a `\` that Nginx would interpret is escaped. Nginx keeps any other `\` as it is, for example in
  // `\.php$`.
  const escaped = text.replace(/\\(?=["'\\trn]|$)/g, '\\\\');
  return quote + (quote === '' ? escaped : escaped.replaceAll(quote, `\\${quote}`)) + quote;
}
