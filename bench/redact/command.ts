import { HIDDEN } from './public-words.ts';

/** Command-line words that reveal nothing about the user. */
const WORDS = new Set(
  'run compare throughput latency uniform poisson text binary lean ws node bun slower all'.split(' '),
);
/** Quantities such as `10k`, `64-16k`, `500ms` or `1.5`. */
const AMOUNT = /^[\d.]+[a-z]*(-[\d.]+[a-z]*)?$/i;
/** Thresholds such as `response.p99<50ms`. */
const THRESHOLD = /^[a-zA-Z.\d]+(<=?|>=?|==)[\d.]+[a-z%/]*$/;

/**
 * Returns a command line without the values of options that may name a place or a person.
 *
 * @param names variant and profile names that may be shown
 */
export function publicCommand(command: readonly string[], names: ReadonlySet<string>): string[] {
  const isPublic = (text: string) =>
    THRESHOLD.test(text) ||
    text.split(',').every((part) => WORDS.has(part) || names.has(part) || AMOUNT.test(part));
  return command.map((argument) => {
    const [, option = '', value = ''] = /^(--?[A-Za-z][\w-]*=?)?(.*)$/s.exec(argument) ?? [];
    return `${option}${value === '' || isPublic(value) ? value : HIDDEN}`;
  });
}
