/**
 * Makes untrusted text safe to print on a terminal. Such text could move the cursor, change colours or forge
 * lines, so all control characters (C0, DEL, C1, line and paragraph separators, and direction marks) are
 * replaced with spaces.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, ' ');
}

const CONTROL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Like `printable`, but keeps the line breaks and tabs of multi-line text. */
export function printableLines(text: string): string {
  return text.replace(CONTROL, (run) => [...run].map((char) => (/[\n\t]/.test(char) ? char : ' ')).join(''));
}
