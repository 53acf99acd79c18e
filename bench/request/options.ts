import { parseArgs } from 'node:util';
import { Problem } from '../model/failure.ts';
import { addedOptions } from '../scenarios/registry.ts';

/** A command-line option, as declared in a command's table of options. The help text is generated from this table. */
export interface Option {
  short?: string;
  /** Placeholder for the value in `--help`; null for a switch. */
  value: string | null;
  /** Whether the option may be repeated. */
  many?: boolean;
  /**
   * If set, the value may be omitted. The next word then counts as the value only if it matches this pattern.
   */
  optional?: RegExp;
  help: string;
}

export type Options = Readonly<Record<string, Option>>;

/** Options available in every command. */
export const COMMON_OPTIONS = {
  help: { short: 'h', value: null, help: 'Show this help' },
  version: { short: 'V', value: null, help: 'Show the version' },
  config: { value: 'FILE', help: 'File with default options [bench.config.ts or .json, if present]' },
  'no-config': { value: null, help: 'Ignore bench.config.ts and bench.config.json' },
  debug: { value: null, help: 'Show the stack trace of an unexpected error' },
} as const satisfies Options;

export const JSON_OPTION = {
  json: { value: null, help: 'Print only the summary, as JSON, on stdout' },
} as const satisfies Options;

/**
 * Returns a command's options by name. Commands that take a scenario also have the options of the user's
 * scenario.
 *
 * @throws Problem('usage') if the user's scenario has an option that the command already has
 */
export function allOptions(groups: Readonly<Record<string, Options>>): Options {
  const own: Options = Object.assign({}, ...Object.values(groups));
  if (!Object.hasOwn(own, 'scenario')) return own;
  const added = addedOptions();
  const taken = Object.keys(added).find((name) => Object.hasOwn({ ...own, ...COMMON_OPTIONS }, name));
  if (taken === undefined) return { ...own, ...added };
  throw new Problem(
    'usage',
    `The scenario file defines an option ${taken}, but an option of this name already exists. Rename the one in the file.`,
  );
}

/** Options given on the command line, with their values in order. A switch has no values. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

/**
 * Splits the words after the command's name into options and operands.
 *
 * @param unknown called with an unknown option as typed, such as `--colour` or `-x`; returns the error to throw
 * @throws Problem('usage') if an option lacks its value, or is repeated although it may only be given once
 */
export function readOptions(
  args: readonly string[],
  known: Options,
  unknown: (typed: string) => Problem,
): { given: GivenOptions; operands: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { short, value, optional }]) => [
        name,
        {
          type: value === null || optional !== undefined ? 'boolean' : 'string',
          ...(short === undefined ? {} : { short }),
        } as const,
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'positional' && !isValueOf(tokens[at - 1], token.value, known))
      operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw unknown(token.rawName);
    const values = given.get(token.name) ?? [];
    if (given.has(token.name) && option.many !== true) {
      throw new Problem('usage', `${token.rawName} is given twice. Give it once${several(token.name)}.`);
    }
    const next = tokens[at + 1];
    const following =
      next?.kind === 'positional' && isValueOf(token, next.value, known) ? next.value : undefined;
    given.set(
      token.name,
      option.value === null
        ? switched(token)
        : option.optional !== undefined
          ? [token.value ?? following ?? []].flat()
          : [...values, valued(token, option)],
    );
  }
  return { given, operands };
}

/** Reports whether a word is the value of the preceding option, whose value may be omitted. */
function isValueOf(
  before: { kind: string; name?: string; value?: string | undefined } | undefined,
  word: string,
  known: Options,
): boolean {
  if (before?.kind !== 'option' || before.value !== undefined) return false;
  return known[before.name ?? '']?.optional?.test(word) === true;
}

interface OptionToken {
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

function switched({ rawName, value }: OptionToken): [] {
  if (value !== undefined) throw new Problem('usage', `${rawName} takes no value.`);
  return [];
}

function valued({ rawName, value, inlineValue }: OptionToken, option: Option): string {
  // In `--profile --json`, the second option is not a value. A negative number is a value. It is only
  // rejected later, when it is parsed as a number.
  const taken = value !== undefined && (inlineValue === true || !/^-\D/.test(value));
  if (taken && value.trim() !== '') return value;
  throw new Problem('usage', `${rawName} needs a value: ${rawName} ${option.value}.`);
}

function several(name: string): string {
  return name === 'profile' ? ', with commas between the names' : '';
}
