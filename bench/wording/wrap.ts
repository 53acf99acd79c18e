/**
 * Wraps a line between words. A word that is longer than a line is not split. Continuation lines have the
 * indentation of the first line, plus `hanging`.
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
