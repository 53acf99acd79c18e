import { replaceIpv6 } from './address.ts';
import { HIDDEN, isPublicWord } from './public-words.ts';

/** Minimum length of words to remove. Shorter words could occur in any text by chance. */
const SHORTEST = 3;

/**
 * Names that contain dots but are not host names: file names of the benchmark and of Nginx, and names of
 * metrics.
 */
const OWN_NAMES =
  /\.(conf|json|html|hgrm|csv|log|pem|js)$|^(connections|messages|tcp|tls|upgrade|handshake|response|service|sendLag|cpuPer\w+|memory\w*|http|perCoreCapacity)\.\w+$/i;

/** Patterns of text that may identify a place or a person, with their replacements. */
const SHAPES: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi, HIDDEN],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, HIDDEN],
  [/(["'`“])(?:~|\.{0,2})\/[^"'`”\n]*/g, `$1${HIDDEN}`],
  [/(?<![\w.…/])(?:~|\.{1,2})?\/[^\s"'`”,;:(){}]+/g, HIDDEN],
  [/\b(?!127\.)\d{1,3}(?:\.\d{1,3}){3}\b/g, HIDDEN],
  [
    /\b(?:[a-z0-9_](?:[\w-]*[a-z0-9])?\.)+[a-z]{2,}\b/gi,
    (found) => (OWN_NAMES.test(found) || isPublicWord(found) ? found : HIDDEN),
  ],
];

/**
 * Removes names from sentences: the words found in the user's configuration, if they occur as whole words,
 * and anything that looks like a path, a URL, an address or a host name.
 */
export function textRedactor(words: Iterable<string>): (text: string) => string {
  const known = [...new Set(words)].filter((each) => each.length >= SHORTEST && !isPublicWord(each));
  const pattern = wholeWords(known, 'gi');
  return (text) => {
    // Addresses and patterns are replaced first: if a word were removed from a URL, the rest would no longer
    // look like a URL.
    const shaped = SHAPES.reduce(
      // `replace` accepts a string or a function, but its overloads do not accept a union of the two.
      (rest, [shape, by]) => rest.replace(shape, by as string),
      replaceIpv6(text, () => HIDDEN),
    );
    return pattern === null ? shaped : shaped.replace(pattern, HIDDEN);
  };
}

/** Matches any of some texts where they are not parts of longer words; null if there are none. */
export function wholeWords(texts: readonly string[], flags: 'g' | 'gi'): RegExp | null {
  if (texts.length === 0) return null;
  // Of two texts that begin in the same place, the longer one is meant.
  const escaped = texts
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`(?<!\\w)(?:${escaped.join('|')})(?!\\w)`, flags);
}
