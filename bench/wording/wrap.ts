/**
 * Breaks a line between words; a word that is longer than a line stays whole. Continuation lines have the line's own
 * indentation, and `hanging` more.
 */
export function wrapped(line: string, width: number, hanging = '  '): string[] {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = '';
  for (const word of line.trim().split(' ')) {
    const longer = current === '' ? indent + word : `${current} ${word}`;
    if (current !== '' && [...longer].length > width) {
      lines.push(current);
      current = indent + hanging + word;
    } else current = longer;
  }
  return [...lines, current];
}
