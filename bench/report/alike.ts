/** A figure within a text, with any surrounding punctuation: `6851`, `113.1`, `0.98,`, `(20`. */
const FIGURE = /^([("]?)(\d[\d,]*(?:\.\d+)?)([)"]?[.,;:]?)$/;

/**
 * Merges texts that differ only in their figures into one, with each figure as a range: `… used 0.98 to 1.00 of a
 * core …`.
 *
 * @returns null if they differ in more than their figures
 */
export function mergedText(texts: readonly string[]): string | null {
  const [first = [], ...others] = texts.map((text) => text.split(' '));
  const merged = first.map((word, place) => {
    const words = [word, ...others.map((each) => each[place] ?? '')];
    return words.every((each) => each === word) ? word : rangeOf(words);
  });
  const isWhole = others.every(({ length }) => length === first.length);
  return isWhole && merged.every((word) => word !== null) ? merged.join(' ') : null;
}

/**
 * From the smallest figure to the largest, as written. Null if a word is not a figure, or the surrounding
 * punctuation differs.
 */
function rangeOf(words: readonly string[]): string | null {
  const figures = words.map((word) => {
    const [, before, written, after] = FIGURE.exec(word) ?? [];
    return written === undefined
      ? null
      : { before, written, after, value: Number(written.replaceAll(',', '')) };
  });
  const known = figures.filter((figure) => figure !== null);
  const [first] = known;
  if (first === undefined || known.length < words.length) return null;
  if (known.some(({ before, after }) => before !== first.before || after !== first.after)) return null;
  const sorted = known.toSorted((a, b) => a.value - b.value);
  const range = [...new Set([sorted[0]?.written, sorted.at(-1)?.written])].join(' to ');
  return `${first.before}${range}${first.after}`;
}

/** Groups items whose texts `mergedText` can merge. Groups are in the order of their first items. */
export function alikeGroups<T>(items: readonly T[], textOf: (item: T) => string): [T, ...T[]][] {
  const groups: [T, ...T[]][] = [];
  for (const item of items) {
    const group = groups.find((each) => mergedText([...each, item].map(textOf)) !== null);
    if (group === undefined) groups.push([item]);
    else group.push(item);
  }
  return groups;
}
