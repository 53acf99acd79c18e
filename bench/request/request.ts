import { Problem } from '../model/failure.ts';
import { type CompareRequest, compareRequest } from './compare.ts';
import { suggestion } from './nearest.ts';
import {
  COMMON_OPTIONS,
  COMPARE_OPTIONS,
  JSON_OPTION,
  type Options,
  RUN_OPTIONS,
  readOptions,
} from './options.ts';
import { type RunRequest, runRequest } from './run.ts';
import { quoted } from './units.ts';

export type { CompareRequest } from './compare.ts';
export type { RunRequest } from './run.ts';

/** What a command line asks for. */
export type Request =
  | { command: 'run'; run: RunRequest }
  | { command: 'compare'; compare: CompareRequest }
  | { command: 'report'; path: string; json: boolean }
  | { command: 'profiles'; json: boolean }
  | { command: 'help' }
  | { command: 'version' };

const COMMANDS = ['run', 'compare', 'report', 'profiles', 'help', 'version'] as const;
type Command = (typeof COMMANDS)[number];

const LISTED_JSON = { json: { value: null, help: 'Print JSON' } } as const satisfies Options;

const OPTIONS: Readonly<Record<Command, Options>> = {
  run: Object.assign({}, ...Object.values(RUN_OPTIONS), COMMON_OPTIONS),
  compare: { ...COMPARE_OPTIONS, ...COMMON_OPTIONS },
  report: { ...JSON_OPTION, ...COMMON_OPTIONS },
  profiles: { ...LISTED_JSON, ...COMMON_OPTIONS },
  help: COMMON_OPTIONS,
  version: COMMON_OPTIONS,
};

/** Reads argv (without node and script); throws a Problem of kind `usage` where it is wrong. */
export function parseRequest(argv: readonly string[]): Request {
  const [first] = argv;
  const named = first !== undefined && !first.startsWith('-');
  const command = named ? commandOf(first) : 'run';
  const { given, operands } = readOptions(named ? argv.slice(1) : argv, OPTIONS[command]);
  if (given.has('help') || argv.length === 0) return { command: 'help' };
  if (given.has('version')) return { command: 'version' };
  if (command === 'report') return { command, path: reportPath(operands), json: given.has('json') };
  if (command === 'compare') return { command, compare: compareRequest(given, operands) };
  const [stray] = operands;
  if (stray !== undefined) throw strayOperand(command, stray);
  if (command === 'run') return { command, run: runRequest(given) };
  return command === 'profiles' ? { command, json: given.has('json') } : { command };
}

function commandOf(word: string): Command {
  const command = COMMANDS.find((name) => name === word);
  if (command !== undefined) return command;
  throw new Problem(
    'usage',
    `There is no command ${quoted(word)}.${suggestion(word, COMMANDS)} The commands are ${COMMANDS.join(', ')}; ` +
      'with npm, options stand after a --: npm run bench -- --profile tls',
  );
}

function strayOperand(command: Command, word: string): Problem {
  if (COMMANDS.some((name) => name === word)) {
    return new Problem('usage', `The command stands before its options: npm run bench -- ${word} …`);
  }
  const hint = command === 'run' ? '; profiles are named by --profile, with commas between them' : '';
  return new Problem('usage', `\`${command}\` takes no ${quoted(word)}${hint}.`);
}

function reportPath(operands: readonly string[]): string {
  const [path, ...rest] = operands;
  if (path !== undefined && rest.length === 0) return path;
  throw new Problem('usage', '`report` takes one path, of a folder in reports/ or of the result.json in it.');
}
