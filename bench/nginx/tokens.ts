import { Problem } from '../model/failure.ts';
import type { Word } from './tree.ts';

export type Token =
  | { kind: 'word'; word: Word; line: number }
  | { kind: '{' | '}' | ';'; line: number }
  | { kind: 'comment'; text: string; line: number };

/** The only four characters that separate words in Nginx; any other white space is part of a word. */
const SPACE = /[ \t\r\n]/;

/**
 * Splits a configuration into tokens as Nginx does (ngx_conf_read_token in src/core/ngx_conf_file.c): `#` and
 * quotes are special only at the start of a word, the character after a `\` never ends a word, `${` does not
 * open a block, and a closing quote must be followed by white space, `;`, `{` or `)`.
 *
 * @throws Problem('configuration') with Nginx's own message, file and line
 */
export function tokenise(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (SPACE.test(char)) {
      if (char === '\n') line += 1;
      at += 1;
    } else if (char === ';' || char === '{' || char === '}') {
      tokens.push({ kind: char, line });
      at += 1;
    } else if (char === '#') {
      const newline = text.indexOf('\n', at);
      const end = newline === -1 ? text.length : newline;
      tokens.push({ kind: 'comment', text: text.slice(at + 1, end).trimEnd(), line });
      at = end;
    } else {
      const end = char === '"' || char === "'" ? quotedEnd(text, at, char) : plainEnd(text, at);
      if (end === null) throw unexpectedEnd(file, line, char);
      const raw = text.slice(at, end);
      refuseLua(raw, file, line);
      tokens.push({ kind: 'word', word: readWord(raw), line });
      line += newlines(raw);
      at = end;
      refuseGlued(text, at, file, line);
    }
  }
  return tokens;
}

/** Rejects directives whose block is Lua code, because its braces and quotes do not follow Nginx's syntax. */
function refuseLua(word: string, file: string, line: number): void {
  if (!/^\w+_by_lua_block$/.test(word)) return;
  throw new Problem(
    'configuration',
    `"${word}" at ${file}:${line} runs code, and the bench cannot tell which hosts that code connects to. Remove this directive from the configuration under test.`,
  );
}

/** Index after the closing quote; null if it is missing. */
function quotedEnd(text: string, start: number, quote: string): number | null {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') at += 1;
    else if (char === quote) return at + 1;
  }
  return null;
}

/** Index of the character that ends an unquoted word; null if the file ends first. */
function plainEnd(text: string, start: number): number | null {
  let variable = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '{' && variable) continue;
    variable = char === '$';
    if (char === '\\') at += 1;
    else if (SPACE.test(char) || char === ';' || char === '{') return at;
  }
  return null;
}

function readWord(raw: string): Word {
  const quoted = raw.startsWith('"') ? '"' : raw.startsWith("'") ? "'" : null;
  return { text: unescaped(quoted === null ? raw : raw.slice(1, -1)), quoted };
}

const ESCAPES: Record<string, string> = { t: '\t', r: '\r', n: '\n' };

/**
 * Removes a `\` before a quote or another `\`, replaces `\t`, `\r` and `\n` with the characters they represent,
 * and keeps any other `\`.
 */
function unescaped(raw: string): string {
  return raw.replace(/\\(["'\\trn])/g, (_, char: string) => ESCAPES[char] ?? char);
}

function refuseGlued(text: string, at: number, file: string, line: number): void {
  const next = text.charAt(at);
  if (next === '' || SPACE.test(next) || ';{)'.includes(next)) return;
  throw new Problem('configuration', `nginx cannot read this: unexpected "${next}" in ${file}:${line}.`);
}

function unexpectedEnd(file: string, line: number, char: string): Problem {
  const cause =
    char === '"' || char === "'"
      ? `because the quote ${char} opened here is never closed`
      : 'expecting ";" or "}"';
  return new Problem(
    'configuration',
    `nginx cannot read this: unexpected end of file in ${file}:${line}, ${cause}.`,
  );
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}
