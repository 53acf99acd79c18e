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
  const known = [...new Set(words)]
    .filter((each) => each.length >= SHORTEST && !isPublicWord(each))
    .sort((a, b) => b.length - a.length)
    .map((each) => new RegExp(`(?<![\\w])${escaped(each)}(?![\\w])`, 'gi'));
  return (text) => {
    // Addresses and patterns are replaced first: if a word were removed from a URL, the rest would no longer
    // look like a URL.
    const shaped = SHAPES.reduce(
      // `replace` accepts a string or a function, but its overloads do not accept a union of the two.
      (rest, [shape, by]) => rest.replace(shape, by as string),
      replaceIpv6(text, () => HIDDEN),
    );
    return known.reduce((rest, pattern) => rest.replace(pattern, HIDDEN), shaped);
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
