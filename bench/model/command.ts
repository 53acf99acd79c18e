/** Characters that a shell interprets unless quoted. Braces are omitted because commands contain `{port}`. */
const SHELL = /[|&;<>()$`*?]/;

/**
 * Splits a command into words at spaces, as a shell would: quotes keep a word together, and a backslash outside
 * single quotes makes the next character literal. Nothing is expanded.
 *
 * @returns `shell` if the command contains characters that only a shell interprets; `open-quote` if a quote is
 *   not closed
 */
export function commandWords(command: string): string[] | 'shell' | 'open-quote' {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < command.length; at++) {
    const char = command[at] ?? '';
    if (char === '\\' && quote !== "'" && at + 1 < command.length) {
      at++;
      word = (word ?? '') + command[at];
    } else if (quote !== null) {
      if (char === quote) quote = null;
      else if (quote === '"' && /[$`]/.test(char)) return 'shell';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (SHELL.test(char) || (char === '~' && word === null) || (char === '=' && words.length === 0)) {
      // A shell would interpret a first word that contains `=` as a variable assignment.
      return 'shell';
    } else word = (word ?? '') + char;
  }
  if (quote !== null) return 'open-quote';
  if (word !== null) words.push(word);
  return words;
}
