import { HIDDEN } from './public-words.ts';

/** Words of the command line that reveal nothing about the user. */
const WORDS = new Set(
  'run compare throughput latency uniform poisson text binary lean ws node bun slower all'.split(' '),
);
/** `10k`, `64-16k`, `500ms`, `1.5`. */
const AMOUNT = /^[\d.]+[a-z]*(-[\d.]+[a-z]*)?$/i;
/** `response.p99<50ms` */
const THRESHOLD = /^[a-zA-Z.\d]+(<=?|>=?|==)[\d.]+[a-z%/]*$/;

/**
 * A command line without the values of options that may name a place or a person.
 *
 * @param names of variants and profiles that may be shown
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
