/**
 * Makes external text safe for a terminal. Control characters, which could move the cursor, change colours or forge
 * lines, become spaces (C0, DEL, C1, line and paragraph separators, and direction marks).
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
