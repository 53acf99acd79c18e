/** Matches a path that is a shell pattern. */
export const PATTERN = /[*?[]/;

/**
 * Makes a matcher for `*`, `?`, `[a-z]` and `[!a]`. A wildcard does not match a leading dot. The matcher
 * backtracks only to the last `*`, which avoids the long run times possible with a regular expression.
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  const pieces = pattern.match(/\[!?[^\]]+\]|./gs) ?? [];
  const tests = pieces.map((piece) => (piece === '*' ? null : characterTest(piece)));
  return (name) => {
    if (name.startsWith('.') && !pattern.startsWith('.')) return false;
    let next = 0;
    let star: { next: number; at: number } | null = null;
    for (let at = 0; at < name.length; ) {
      const test = tests[next];
      if (test === null) {
        next += 1;
        star = { next, at };
      } else if (test?.(name.charAt(at))) {
        next += 1;
        at += 1;
      } else {
        if (star === null) return false;
        star = { next: star.next, at: star.at + 1 };
        ({ next, at } = star);
      }
    }
    return tests.slice(next).every((test) => test === null);
  };
}

function characterTest(piece: string): (char: string) => boolean {
  if (piece === '?') return () => true;
  const [, not, set] = /^\[(!?)([^\]]+)\]$/.exec(piece) ?? [];
  if (set === undefined) return (char) => char === piece;
  const expression = expressionOf(`[${not === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`);
  return (char) => expression?.test(char) ?? false;
}

/** Compiles a regular expression; null if it is invalid, as with a range in reverse order (`[z-a]`). */
function expressionOf(text: string): RegExp | null {
  try {
    return new RegExp(text);
  } catch {
    return null;
  }
}
