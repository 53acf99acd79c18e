import { Problem } from '../model/failure.ts';
import { calibrateCommand } from './calibrate.ts';
import { capacityCommand } from './capacity.ts';
import { checkCommand } from './check.ts';
import type { Command } from './command.ts';
import { compareCommand } from './compare.ts';
import { completionCommand } from './completion.ts';
import { type ConfigFile, optionsFrom, withOptions } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { Incomplete } from './incomplete.ts';
import { suggestion } from './nearest.ts';
import { COMMON_OPTIONS, type GivenOptions, type Options, readOptions } from './options.ts';
import { profilesCommand } from './profiles.ts';
import { publishCommand } from './publish.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { quoted } from './units.ts';
import { upCommand } from './up.ts';

export type { CalibrateRequest } from './calibrate.ts';
export type { CapacityRequest } from './capacity.ts';
export type { CompareRequest } from './compare.ts';
export type { PublishRequest } from './publish.ts';
export type { RunRequest } from './run.ts';
export type { StoredRequest } from './stored.ts';

/** Every command but `help` and `version`, in the order in which `--help` lists them. */
export const COMMANDS = {
  run: runCommand,
  compare: compareCommand,
  capacity: capacityCommand,
  calibrate: calibrateCommand,
  up: upCommand,
  check: checkCommand,
  report: reportCommand,
  publish: publishCommand,
  profiles: profilesCommand,
  doctor: doctorCommand,
  completion: completionCommand,
} as const;
export type CommandName = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as CommandName[];
const ASIDE = ['help', 'version'] as const;
const WORDS = [...NAMES, ...ASIDE];

/** What a command line asks for. */
export type Request =
  | ReturnType<(typeof COMMANDS)[CommandName]['parse']>
  /** Of one command, or of all. */
  | { command: 'help'; of: CommandName | null }
  | { command: 'version' };

/** A command line as it was split up; nothing of what it says is checked but the names of options. */
export interface Line {
  word: (typeof WORDS)[number];
  /** The command was typed, and is not just the one by default. */
  isNamed: boolean;
  given: GivenOptions;
  operands: readonly string[];
  /** Nothing at all was typed. */
  isEmpty: boolean;
}

/** Splits argv (without node and script) up; throws a Problem of kind `usage` where it is wrong. */
export function readLine(argv: readonly string[]): Line {
  const [first] = argv;
  const isNamed = first !== undefined && !first.startsWith('-');
  const word = isNamed ? wordOf(first) : 'run';
  const known = word === 'help' || word === 'version' ? COMMON_OPTIONS : optionsOf(COMMANDS[word]);
  const { given, operands } = readOptions(isNamed ? argv.slice(1) : argv, known);
  return { word, isNamed, given, operands, isEmpty: first === undefined };
}

/**
 * Whether a file with options matters to a line; one that is broken keeps nobody from the help text. A file is code,
 * so the line is checked first.
 *
 * @throws Problem('usage') where the line is wrong whatever a file holds
 */
export function readsConfig({ word, given, operands }: Line): boolean {
  if (word === 'help' || word === 'version' || given.has('help') || given.has('version')) return false;
  if (given.has('config') && given.has('no-config')) {
    throw new Problem('usage', '--config and --no-config contradict each other; leave one out.');
  }
  const command: Command<Request> = COMMANDS[word];
  if (command.takesFromFile === false) {
    if (!given.has('config')) return false;
    throw new Problem('usage', `\`${word}\` takes no options from a file: leave --config out.`);
  }
  if (given.has('no-config')) return false;
  if (command.operands === '') checkNoOperands(word, operands);
  checkAlone(command, given, operands);
  return true;
}

/** Parses a line with an example of whatever it lacks, so that what is wrong shows before a file is read. */
function checkAlone(command: Command<Request>, given: GivenOptions, operands: readonly string[]): void {
  try {
    command.parse(given, operands);
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    const example = Object.entries(error.example).map(([name, value]) => [name, [value]] as const);
    const completed = withOptions(new Map(example), given);
    if (completed.size === given.size) throw error;
    checkAlone(command, completed, operands);
  }
}

/** Reads argv alone, as where there is no file with options. */
export function parseRequest(argv: readonly string[]): Request {
  return requestFrom(readLine(argv), null).request;
}

/**
 * What a line asks for, with the options of a file below its own.
 *
 * @returns the options that the file gave as well
 * @throws Problem('usage') where line or file are wrong
 */
export function requestFrom(
  { word, isNamed, given, operands, isEmpty }: Line,
  file: ConfigFile | null,
): { request: Request; fromFile: GivenOptions } {
  const alone = (request: Request) => ({ request, fromFile: new Map<string, string[]>() });
  if (word === 'help' || word === 'version') return alone(readAside(word, operands));
  if (given.has('help')) return alone({ command: 'help', of: isNamed ? word : null });
  if (given.has('version')) return alone({ command: 'version' });
  const command: Command<Request> = COMMANDS[word];
  const { takesFromFile: takes = () => true } = command;
  const ofFile =
    file === null || takes === false
      ? []
      : [...optionsFrom(file, word, COMMANDS)].filter(([name]) => takes(name, operands));
  const all = withOptions(new Map(ofFile), given);
  const fromFile = new Map([...all].filter(([name]) => !given.has(name)));
  if (isEmpty && fromFile.size === 0) return alone({ command: 'help', of: null });
  if (command.operands === '') checkNoOperands(word, operands);
  try {
    return { request: command.parse(all, operands), fromFile };
  } catch (error) {
    if (!(error instanceof Problem) || file === null || !namesOne(error.message, fromFile)) throw error;
    throw new Problem(error.kind, `${file.name}: ${error.message}`, { cause: error });
  }
}

/** Whether a sentence is about one of these options. */
function namesOne(sentence: string, options: GivenOptions): boolean {
  return (sentence.match(/--[a-z-]+/g) ?? []).some((name) => options.has(name.slice(2)));
}

/** All options of a command. */
export function optionsOf({ options }: Pick<Command<unknown>, 'options'>): Options {
  return Object.assign({}, ...Object.values(options), COMMON_OPTIONS);
}

function readAside(word: (typeof ASIDE)[number], operands: readonly string[]): Request {
  const [name, ...rest] = operands;
  if (word === 'version') checkNoOperands(word, operands);
  else checkNoOperands(word, rest);
  if (word === 'version') return { command: word };
  const of = NAMES.find((each) => each === name);
  if (name !== undefined && of === undefined) throw unknownCommand(name);
  return { command: word, of: of ?? null };
}

function wordOf(word: string): (typeof WORDS)[number] {
  const known = WORDS.find((name) => name === word);
  if (known === undefined) throw unknownCommand(word);
  return known;
}

function unknownCommand(word: string): Problem {
  return new Problem(
    'usage',
    `There is no command ${quoted(word)}.${suggestion(word, WORDS)} The commands are ${WORDS.join(', ')}; ` +
      'with npm, options stand after a --: npm run bench -- --profile tls',
  );
}

function checkNoOperands(command: string, [stray]: readonly string[]): void {
  if (stray === undefined) return;
  if (WORDS.some((name) => name === stray)) {
    throw new Problem('usage', `The command stands before its options: npm run bench -- ${stray} …`);
  }
  const hint = command === 'run' ? '; profiles are named by --profile, with commas between them' : '';
  throw new Problem('usage', `\`${command}\` takes no ${quoted(stray)}${hint}.`);
}
