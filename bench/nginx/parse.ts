import { Problem } from '../model/failure.ts';
import { type Token, tokenise } from './tokens.ts';
import type { Node, Word } from './tree.ts';

/**
 * Maximum nesting depth of blocks; no real configuration nests that deeply. Without a limit, a hostile file could
 * overflow the stack of recursive functions.
 */
const MAX_DEPTH = 64;

interface Level {
  nodes: Node[];
  /** The directive that opened this block; null at the top level of the file. */
  opener: { name: string; args: Word[]; line: number } | null;
}

/**
 * Parses the text of one file into a tree. `include` remains a directive; include.ts expands it.
 *
 * @param file name for origins and error messages; no file is opened
 * @throws Problem('configuration') with Nginx's own message, file and line
 */
export function parse(text: string, file: string): Node[] {
  const root: Level = { nodes: [], opener: null };
  const open: Level[] = [root];
  let level = root;
  let words: { word: Word; line: number }[] = [];

  for (const token of tokenise(text, file)) {
    if (token.kind === 'word') {
      words.push(token);
    } else if (token.kind === 'comment') {
      // A comment between the words of a directive is moved in front of the directive.
      level.nodes.push({ kind: 'comment', text: token.text, origin: { file, line: token.line } });
    } else if (token.kind === '}') {
      const parent = open.at(-2);
      if (words.length > 0 || parent === undefined || level.opener === null) throw unexpected(token, file);
      open.pop();
      parent.nodes.push(directiveFrom(level.opener, level.nodes, file));
      level = parent;
    } else {
      const [first, ...rest] = words;
      if (first === undefined) throw unexpected(token, file);
      const head = { name: first.word.text, args: rest.map((each) => each.word), line: first.line };
      words = [];
      if (token.kind === '{') {
        level = { nodes: [], opener: head };
        open.push(level);
        if (open.length > MAX_DEPTH)
          throw complaint(`blocks nested more than ${MAX_DEPTH} levels deep`, file, token.line);
      } else {
        level.nodes.push(directiveFrom(head, null, file));
      }
    }
  }
  const cut = words[0];
  if (cut !== undefined) throw complaint('unexpected end of file, expecting ";" or "}"', file, cut.line);
  if (level.opener !== null) {
    throw complaint(
      `unexpected end of file, expecting "}" for the block "${level.opener.name}"`,
      file,
      level.opener.line,
    );
  }
  return root.nodes;
}

function directiveFrom(
  head: { name: string; args: Word[]; line: number },
  block: Node[] | null,
  file: string,
): Node {
  return { kind: 'directive', name: head.name, args: head.args, block, origin: { file, line: head.line } };
}

function unexpected(token: Token, file: string): Problem {
  return complaint(`unexpected "${token.kind}"`, file, token.line);
}

function complaint(words: string, file: string, line: number): Problem {
  return new Problem('configuration', `nginx cannot read this: ${words} in ${file}:${line}.`);
}
