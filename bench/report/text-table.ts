/** A table in lines of text, with figures aligned to the right of their column and words to the left. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[],
): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)));
  const [first = '', ...body] = all.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - [...cell].length);
        return words.includes(column) ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd(),
  );
  return [first, '─'.repeat(Math.max(...[first, ...body].map((line) => [...line].length))), ...body];
}
