import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { NEEDS_CONF } from './configuration.ts';
import { suggestion } from './nearest.ts';
import { allOptions, COMMON_OPTIONS, type GivenOptions, type Option, type Options } from './options.ts';
import { quoted } from './units.ts';

/** The contents of a configuration file. */
export interface ConfigFile {
  /** The file's name in messages, such as `bench.config.ts`. */
  name: string;
  value: unknown;
}

type Commands = Readonly<Record<string, Pick<Command<unknown>, 'options' | 'takesFromFile'>>>;

/** Pairs of mutually exclusive options: giving one on the command line overrides the other in the file. */
const RIVALS = [
  ['profile', 'conf'],
  ['pin', 'no-pin'],
  ['json', 'format'],
] as const;

/**
 * Returns the options that a file sets for a command: options set for all commands, if this command has them,
 * overridden by options under the command's name. Keys are option names, as typed or in camel case. The whole
 * file is checked, regardless of the command.
 *
 * @throws Problem('usage') for an unknown key, suggesting the most similar one, and for a value of the wrong
 * type
 */
export function optionsFrom(file: ConfigFile, command: string, commands: Commands): GivenOptions {
  const all = Object.fromEntries(
    Object.entries(commands)
      .filter(([, { takesFromFile }]) => takesFromFile !== false)
      .map(([name, { options }]) => [name, allOptions(options)]),
  );
  const entries = Object.entries(recordOf(file, file.value, 'the file'));
  const isSection = ([key, value]: [string, unknown]) => Object.hasOwn(all, key) && typeof value === 'object';
  const sections = new Map(
    entries
      .filter(isSection)
      .map(([key, value]) => [
        key,
        readEntries(file, Object.entries(recordOf(file, value, key)), all[key] ?? {}, []),
      ]),
  );
  // If commands define an option differently, the first definition is used.
  const known: Options = Object.assign({}, ...Object.values(all).toReversed());
  const shared = readEntries(
    file,
    entries.filter((entry) => !isSection(entry)),
    known,
    Object.keys(all),
  );
  const own = [...shared].filter(([name]) => Object.hasOwn(all[command] ?? {}, name));
  return withOptions(new Map(own), sections.get(command) ?? new Map());
}

/**
 * Merges two layers of options. Each option in the upper layer replaces the same option in the lower layer,
 * as well as any options that it excludes.
 */
export function withOptions(below: GivenOptions, above: GivenOptions): GivenOptions {
  const aside = new Set<string>(
    RIVALS.flatMap(([one, other]) => [
      ...(above.has(one) ? [other] : []),
      ...(above.has(other) ? [one] : []),
    ]),
  );
  if (aside.has('conf')) for (const name of NEEDS_CONF) aside.add(name);
  return new Map([...[...below].filter(([name]) => !aside.has(name)), ...above]);
}

/** Converts options to command-line arguments. */
export function typed(options: GivenOptions): string[] {
  return [...options].flatMap(([name, values]) =>
    values.length === 0 ? [`--${name}`] : values.flatMap((value) => [`--${name}`, value]),
  );
}

function readEntries(
  file: ConfigFile,
  entries: readonly [string, unknown][],
  known: Options,
  sections: readonly string[],
): GivenOptions {
  const read = new Map<string, readonly string[]>();
  for (const [key, value] of entries) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (option === undefined) throw unknownKey(file, key, [...Object.keys(known), ...sections]);
    if (read.has(name))
      throw wrong(file, `${key} is given twice, in both spellings of --${name}. Remove one.`);
    const values = valuesOf(file, key, value, option);
    if (values !== null) read.set(name, values);
  }
  return read;
}

/**
 * Returns an option's values as on the command line: an empty list for a switch that is on, null for a switch
 * that is off.
 */
function valuesOf(file: ConfigFile, key: string, value: unknown, option: Option): string[] | null {
  if (option.value === null) {
    if (typeof value === 'boolean') return value ? [] : null;
    throw wrong(file, `${key} must be true or false, not ${nameOf(value)}.`);
  }
  const isList = option.many === true || option.value === 'NAMES';
  const values = isList && Array.isArray(value) ? value : [value];
  const texts = values.map((each) => {
    const text = typeof each === 'number' ? String(each) : each;
    if (typeof text === 'string' && text.trim() !== '') return text;
    const list = isList ? ', or a list of them' : '';
    throw wrong(file, `${key} must be a string or a number${list}, not ${nameOf(each)}.`);
  });
  if (texts.length === 0) return null;
  return option.many === true ? texts : [texts.join(',')];
}

function unknownKey(file: ConfigFile, key: string, names: readonly string[]): Problem {
  const camel = names.map((name) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  if (Object.hasOwn(COMMON_OPTIONS, key))
    return wrong(file, `${key} only works on the command line. Remove it.`);
  const hint = suggestion(key, [...new Set([...camel, ...names])]);
  return wrong(file, `${quoted(key)} is not an option.${hint}`);
}

function recordOf(file: ConfigFile, value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw wrong(file, `${what} must be an object of options, not ${nameOf(value)}.`);
}

function wrong({ name }: ConfigFile, sentence: string): Problem {
  return new Problem('usage', `${name}: ${sentence}`);
}

/** Describes a value for use in a message. */
function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.trim() === '' ? 'an empty string' : quoted(value);
  if (value === null || value === undefined) return 'an empty value';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}
