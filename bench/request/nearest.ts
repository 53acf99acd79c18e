/**
 * Returns the name that was probably meant by a mistyped word; null if no name is similar. The distance is
 * Levenshtein's, with a swap of adjacent characters counted as one edit (optimal string alignment).
 */
export function nearest(word: string, names: readonly string[]): string | null {
  const typed = word.toLowerCase().slice(0, 64);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const name of names) {
    const known = name.toLowerCase();
    // A correct prefix, such as --conn for --connections, counts as one edit.
    const begun = typed.length >= 3 && known.startsWith(typed);
    const between = begun ? 1 : distance(typed, known);
    if (between < bestDistance) {
      best = name;
      bestDistance = between;
    }
  }
  return best;
}

/** Returns ` Did you mean tls?`, or an empty string if no name is similar. */
export function suggestion(word: string, names: readonly string[]): string {
  const name = nearest(word, names);
  return name === null ? '' : ` Did you mean ${name}?`;
}

function distance(from: string, to: string): number {
  let twoUp: number[] = [];
  let oneUp = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line[column] = Math.min(
        at(oneUp, column) + 1,
        at(line, column - 1) + 1,
        at(oneUp, column - 1) + (same ? 0 : 1),
        swapped ? at(twoUp, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    twoUp = oneUp;
    oneUp = line;
  }
  return at(oneUp, to.length);
}

function at(line: readonly number[], index: number): number {
  return line[index] ?? Number.POSITIVE_INFINITY;
}
