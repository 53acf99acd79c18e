import { Problem } from '../model/failure.ts';
import { listed } from '../wording/words.ts';

/** Values for the variables of a template. */
export interface Environment {
  /** Variables from the user's environment file. In a template, these may also be written without braces. */
  file: Readonly<Record<string, string | undefined>>;
  process: Readonly<Record<string, string | undefined>>;
}

/**
 * Matches a Go, Jinja or ERB template. A quantifier in a regular expression (`\d{2}`) begins with a single
 * brace.
 */
const FOREIGN = /\{\{-?\s*[.$\w"(]|\{%-?\s|<%[=-]?\s/;

/** Matches the variables of a template. Nginx's own variables are in lower case. */
const VARIABLE = /\$(?:\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*)\b)/g;

/**
 * Fills in the variables of a template, as envsubst does, but only those in capital letters that the
 * configuration does not define itself.
 *
 * @param put returns the replacement for a variable that has a value
 * @throws Problem('configuration'), with file and line, for a variable without a value and for any other
 * template language
 */
export function fillIn(
  text: string,
  file: string,
  environment: Environment,
  put: (name: string, value: string, line: number) => string,
): string {
  const defined = definedIn(text);
  const missing = new Map<string, string>();
  const filled = text
    .split('\n')
    .map((line, index) => {
      if (line.trimStart().startsWith('#')) return line;
      const where = `${file}:${index + 1}`;
      const foreign = FOREIGN.exec(line)?.[0];
      if (foreign !== undefined) {
        throw new Problem(
          'configuration',
          `"${foreign.trim()}" in ${where} belongs to a template. Render the template first, and pass the result to the bench.`,
        );
      }
      return line.replace(VARIABLE, (whole, braced: string | undefined, bare: string | undefined) => {
        const name = braced ?? bare ?? '';
        if (defined.has(name)) return whole;
        const value = environment.file[name] ?? (bare === undefined ? environment.process[name] : undefined);
        if (value !== undefined) return put(name, value, index + 1);
        if (bare === undefined && !missing.has(name)) missing.set(name, where);
        return whole;
      });
    })
    .join('\n');
  if (missing.size > 0) throw unset([...missing]);
  return filled;
}

/**
 * Names all missing variables in one message, so that the user does not have to fix them one run at a time.
 */
function unset(missing: readonly [name: string, where: string][]): Problem {
  const [[first, where] = ['', ''], ...others] = missing;
  const names = others.map(([name]) => `\${${name}}`);
  const rest =
    names.length === 0 ? '' : `, and ${listed(names)} ${names.length === 1 ? 'has' : 'have'} none either`;
  return new Problem(
    'configuration',
    `The variable \${${first}} in ${where} has no value${rest}. Set ${names.length === 0 ? first : 'them'} in the environment, or in a file that you pass with --env-file.`,
  );
}

/** The variables that the configuration itself defines: with `set $NAME`, or as the result of a `map`. */
function definedIn(text: string): ReadonlySet<string> {
  const found = text.matchAll(/\bset\s+\$([A-Z_][A-Z0-9_]*)\s|\$([A-Z_][A-Z0-9_]*)\s*\{/g);
  return new Set([...found].map(([, set, result]) => set ?? result ?? ''));
}
