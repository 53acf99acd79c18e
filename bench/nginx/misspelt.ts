import { readFile } from 'node:fs/promises';
import type { NginxBinary } from './binary.ts';

const NAME = /(?<![ -~])[a-z][a-z0-9_]{3,63}(?=\0)/g;

/**
 * All strings in the Nginx binary and its stream module that look like directive names. The real directive
 * names are among them.
 */
export async function wordsIn({
  path,
  streamModule,
}: Pick<NginxBinary, 'path' | 'streamModule'>): Promise<ReadonlySet<string>> {
  const files = streamModule === null ? [path] : [path, streamModule];
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')));
  return new Set(texts.flatMap((text) => text.match(NAME) ?? []));
}

/** Directives of widely used modules. They are not misspelt, although they resemble a known word. */
const OF_OTHER_MODULES = new Set(['fair', 'subs_filter', 'subs_filter_types', 'unzip']);

/**
 * The known word that was most likely meant by a misspelt directive. The two differ in one letter (two in
 * long words) that is inserted, missing, replaced or swapped with its neighbour. Null if the directive may
 * well belong to another module or a newer version; this includes any name with a digit (`http3`).
 */
export function nearestWord(name: string, words: Iterable<string>): string | null {
  if (/\d/.test(name) || OF_OTHER_MODULES.has(name)) return null;
  const most = name.length < 4 ? 0 : name.length < 9 ? 1 : 2;
  let best: { word: string; distance: number } | null = null;
  for (const word of words) {
    if (Math.abs(word.length - name.length) > most || word === name) continue;
    const distance = distanceBetween(name, word);
    if (distance <= most && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { word, distance };
  }
  return best?.word ?? null;
}

/**
 * Number of insertions, deletions, replacements and swaps of neighbouring letters that turn one word into the
 * other (Damerau–Levenshtein distance).
 */
function distanceBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isExchanged = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isExchanged ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
