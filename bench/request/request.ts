import { isDeepStrictEqual } from 'node:util';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import { listed } from '../wording/words.ts';
import { agentCommand } from './agent.ts';
import { calibrateCommand } from './calibrate.ts';
import { capacityCommand } from './capacity.ts';
import { checkCommand } from './check.ts';
import type { Command } from './command.ts';
import { compareCommand } from './compare.ts';
import { completionCommand } from './completion.ts';
import { type ConfigFile, optionsFrom, withOptions } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { Incomplete } from './incomplete.ts';
import { ladderCommand } from './ladder.ts';
import { suggestion } from './nearest.ts';
import { allOptions, COMMON_OPTIONS, type GivenOptions, type Options, readOptions } from './options.ts';
import { profilesCommand } from './profiles.ts';
import { publishCommand } from './publish.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { sizeCommand } from './size.ts';
import { quoted } from './units.ts';
import { upCommand } from './up.ts';

export type { AgentRequest } from './agent.ts';
export type { CalibrateRequest } from './calibrate.ts';
export type { CapacityRequest } from './capacity.ts';
export type { CompareRequest } from './compare.ts';
export type { LadderRequest } from './ladder.ts';
export type { PublishRequest } from './publish.ts';
export type { RunRequest } from './run.ts';
export type { SizeRequest } from './size.ts';
export type { StoredRequest } from './stored.ts';

/** All commands except `help` and `version`, in the order in which `--help` lists them. */
export const COMMANDS = {
  run: runCommand,
  compare: compareCommand,
  capacity: capacityCommand,
  ladder: ladderCommand,
  size: sizeCommand,
  calibrate: calibrateCommand,
  up: upCommand,
  agent: agentCommand,
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

/** A parsed command line. */
export type Request =
  | ReturnType<(typeof COMMANDS)[CommandName]['parse']>
  /** The command to explain; null for all commands. */
  | { command: 'help'; of: CommandName | null }
  | { command: 'version' };

/** A command line split into its parts. Only the option names have been checked. */
export interface Line {
  word: (typeof WORDS)[number];
  /** Whether the command was given explicitly, not by default. */
  isNamed: boolean;
  given: GivenOptions;
  operands: readonly string[];
  /** Whether the command line is empty. */
  isEmpty: boolean;
}

/** Splits argv (without node and the script); throws a `usage` Problem if it is invalid. */
export function readLine(argv: readonly string[]): Line {
  const [first] = argv;
  const isNamed = first !== undefined && !first.startsWith('-');
  const word = isNamed ? wordOf(first) : 'run';
  const known = word === 'help' || word === 'version' ? COMMON_OPTIONS : optionsOf(COMMANDS[word]);
  const { given, operands } = readOptions(isNamed ? argv.slice(1) : argv, known, (typed) =>
    unknownOption(word, typed, known),
  );
  return { word, isNamed, given, operands, isEmpty: first === undefined };
}

/**
 * Reports whether a command line needs the configuration file. The help text does not need it, so it works
 * even if the file is broken. Reading the file may run code, so the command line is checked first.
 *
 * @throws Problem('usage') if the command line is invalid regardless of what the file contains
 */
export function readsConfig({ word, given, operands }: Line): boolean {
  if (word === 'help' || word === 'version' || given.has('help') || given.has('version')) return false;
  if (given.has('config') && given.has('no-config')) {
    throw new Problem('usage', '--config and --no-config contradict each other. Leave one out.');
  }
  const command: Command<Request> = COMMANDS[word];
  if (command.takesFromFile === false) {
    if (!given.has('config')) return false;
    throw new Problem('usage', `\`${word}\` does not read a configuration file. Leave --config out.`);
  }
  if (given.has('no-config')) return false;
  if (command.operands === '') checkNoOperands(word, operands);
  checkAlone(command, given, operands);
  return true;
}

/**
 * Parses a command line without the configuration file, so that mistakes are found before the file is read.
 * Example values stand in for options that the file may provide.
 */
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

/** Parses argv, ignoring any configuration file. */
export function parseRequest(argv: readonly string[]): Request {
  return requestFrom(readLine(argv), null).request;
}

/**
 * Converts a command line to a request, with the options in a configuration file as defaults.
 *
 * @returns the request, and the options that came from the file
 * @throws Problem('usage') if the command line or the file is invalid
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
    if (!(error instanceof Problem) || file === null) throw error;
    if (!isOfFile(error, () => command.parse(given, operands))) throw error;
    throw new Problem(error.kind, `${file.name}: ${error.message}`, { cause: error });
  }
}

/**
 * Reports whether options from the configuration file caused a problem: without them, the command line is valid
 * or lacks something else.
 */
function isOfFile(problem: Problem, parseAlone: () => unknown): boolean {
  try {
    parseAlone();
    return true;
  } catch (alone) {
    if (!(alone instanceof Incomplete)) return false;
    return !(problem instanceof Incomplete && isDeepStrictEqual(problem.example, alone.example));
  }
}

/** Returns all options of a command. */
export function optionsOf({ options }: Pick<Command<unknown>, 'options'>): Options {
  return { ...allOptions(options), ...COMMON_OPTIONS };
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
    `${quoted(word)} is not a command.${suggestion(word, WORDS)} The commands are ${WORDS.join(', ')}. ` +
      'With npm, options come after --, for example npm run bench -- --profile tls',
  );
}

/** @param typed the option as typed, such as `--colour` or `-x` */
function unknownOption(word: Line['word'], typed: string, known: Options): Problem {
  const start = `${word} has no ${printable(typed).slice(0, 60)}`;
  const command: Partial<Command<Request>> = word === 'help' || word === 'version' ? {} : COMMANDS[word];
  const name = typed.replace(/^--/, '');
  const why = Object.hasOwn(command.absent ?? {}, name) ? command.absent?.[name] : undefined;
  if (why !== undefined) return new Problem('usage', `${start}: ${why}.`);
  const owners = NAMES.filter((each) => Object.hasOwn(optionsOf(COMMANDS[each]), name));
  const names = Object.keys(known).map((each) => `--${each}`);
  const hint = owners.length === 0 ? suggestion(typed, names) : '';
  const elsewhere = owners.length === 0 ? '' : ` It is an option of ${listed(owners)}.`;
  return new Problem('usage', `${start}.${hint}${elsewhere} \`${word} --help\` lists its options.`);
}

function checkNoOperands(command: string, [stray]: readonly string[]): void {
  if (stray === undefined) return;
  if (WORDS.some((name) => name === stray)) {
    throw new Problem('usage', `The command comes before its options: npm run bench -- ${stray} …`);
  }
  const hint = command === 'run' ? ' Name profiles with --profile, separated by commas.' : ' Leave it out.';
  throw new Problem('usage', `\`${command}\` does not take ${quoted(stray)}.${hint}`);
}
