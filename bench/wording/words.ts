import type { Amount } from './format.ts';
import { formatCount } from './format.ts';

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Adds a full stop unless the text already ends with punctuation. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

/** Joins sentences, skipping empty ones. */
export function paragraph(sentences: readonly string[]): string {
  return sentences.filter((text) => text !== '').join(' ');
}

/** Joins items, as in `a, b and c`. */
export function listed(items: readonly string[]): string {
  const [last = '', ...before] = items.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`;
}

/** Formats a count with its noun, as in `1 message` or `2,345 messages`. */
export function counted(count: Amount, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Abbreviates ascending whole numbers, as in `2, 5–7`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}

/** Counts each word, in order of first occurrence, as in `11 valid, 1 suspect`. */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

/**
 * Wraps a line between words. A word that is longer than a line is not split. Continuation lines have the
 * indentation of the first line, plus `hanging`.
 */
export function wrapped(line: string, width: number, hanging = '  '): string[] {
  const indent = line.replace(/[^ ].*/, '');
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
