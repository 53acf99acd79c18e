import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { NEEDS_CONF } from './configuration.ts';
import { suggestion } from './nearest.ts';
import { COMMON_OPTIONS, type GivenOptions, type Option, type Options } from './options.ts';
import { quoted } from './units.ts';

/** A file with options, as it was read. */
export interface ConfigFile {
  /** As a person would call it: `bench.config.ts`. */
  name: string;
  value: unknown;
}

type Commands = Readonly<Record<string, Pick<Command<unknown>, 'options' | 'takesFromFile'>>>;

/** Pairs of which one given on the command line puts the other aside: they answer the same question. */
const RIVALS = [
  ['profile', 'conf'],
  ['pin', 'no-pin'],
] as const;

/**
 * The options that a file has for a command: those that stand for all commands, where this one has them, and
 * over them those under its name. Keys are names of options, as they are typed or in camel case. The whole file
 * is checked, whatever the command.
 *
 * @throws Problem('usage') for an unknown key, with the nearest one, and for a value of the wrong type
 */
export function optionsFrom(file: ConfigFile, command: string, commands: Commands): GivenOptions {
  const all = Object.fromEntries(
    Object.entries(commands)
      .filter(([, { takesFromFile }]) => takesFromFile !== false)
      .map(([name, each]) => [name, ownOptions(each)]),
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
  // Where commands differ in an option, as in how many names it takes, the first has its say.
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

/** What is given above goes before what is given below: it replaces the same option, and what it rules out. */
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

/** Options as they would be typed. */
export function typed(options: GivenOptions): string[] {
  return [...options].flatMap(([name, values]) =>
    values.length === 0 ? [`--${name}`] : values.flatMap((value) => [`--${name}`, value]),
  );
}

function ownOptions({ options }: Pick<Command<unknown>, 'options'>): Options {
  return Object.assign({}, ...Object.values(options));
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
    if (read.has(name)) throw wrong(file, `${key} is there twice; --${name} has two spellings.`);
    const values = valuesOf(file, key, value, option);
    if (values !== null) read.set(name, values);
  }
  return read;
}

/** As on the command line: none for a switch that is on; null for one that is off. */
function valuesOf(file: ConfigFile, key: string, value: unknown, option: Option): string[] | null {
  if (option.value === null) {
    if (typeof value === 'boolean') return value ? [] : null;
    throw wrong(file, `${key} is a switch: true or false, not ${nameOf(value)}.`);
  }
  const isList = option.many === true || option.value === 'NAMES';
  const values = isList && Array.isArray(value) ? value : [value];
  const texts = values.map((each) => {
    const text = typeof each === 'number' ? String(each) : each;
    if (typeof text === 'string' && text.trim() !== '') return text;
    const list = isList ? ', or a list of them' : '';
    throw wrong(file, `${key} takes a text or a number${list}, not ${nameOf(each)}.`);
  });
  if (texts.length === 0) return null;
  return option.many === true ? texts : [texts.join(',')];
}

function unknownKey(file: ConfigFile, key: string, names: readonly string[]): Problem {
  const camel = names.map((name) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  if (Object.hasOwn(COMMON_OPTIONS, key))
    return wrong(file, `${key} is for the command line alone: leave it out.`);
  const hint = suggestion(key, [...new Set([...camel, ...names])]);
  return wrong(file, `there is no option ${quoted(key)} here.${hint}`);
}

function recordOf(file: ConfigFile, value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw wrong(file, `${what} has to be an object with options by their names, not ${nameOf(value)}.`);
}

function wrong({ name }: ConfigFile, sentence: string): Problem {
  return new Problem('usage', `${name}: ${sentence}`);
}

/** What a value is, as a person would say it. */
function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : quoted(value);
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}
