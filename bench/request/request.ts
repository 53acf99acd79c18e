import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { compareCommand } from './compare.ts';
import { suggestion } from './nearest.ts';
import { COMMON_OPTIONS, type Options, readOptions } from './options.ts';
import { profilesCommand } from './profiles.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { quoted } from './units.ts';

export type { CompareRequest } from './compare.ts';
export type { RunRequest } from './run.ts';

/** Every command but `help` and `version`, in the order in which `--help` lists them. */
export const COMMANDS = {
  run: runCommand,
  compare: compareCommand,
  report: reportCommand,
  profiles: profilesCommand,
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

/** Reads argv (without node and script); throws a Problem of kind `usage` where it is wrong. */
export function parseRequest(argv: readonly string[]): Request {
  const [first] = argv;
  if (first === undefined) return { command: 'help', of: null };
  const isNamed = !first.startsWith('-');
  const word = isNamed ? wordOf(first) : 'run';
  const args = isNamed ? argv.slice(1) : argv;
  if (word === 'help' || word === 'version') return readAside(word, args);
  const command: Command<Request> = COMMANDS[word];
  const { given, operands } = readOptions(args, optionsOf(command));
  if (given.has('help')) return { command: 'help', of: isNamed ? word : null };
  if (given.has('version')) return { command: 'version' };
  if (command.operands === '') checkNoOperands(word, operands);
  return command.parse(given, operands);
}

/** All options of a command. */
export function optionsOf({ options }: Pick<Command<unknown>, 'options'>): Options {
  return Object.assign({}, ...Object.values(options), COMMON_OPTIONS);
}

function readAside(word: (typeof ASIDE)[number], args: readonly string[]): Request {
  const { operands } = readOptions(args, COMMON_OPTIONS);
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
