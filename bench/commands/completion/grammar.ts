import { METRICS } from '../../metrics/metrics.ts';
import type { Library } from '../../plan/variants.ts';
import type { Command } from '../../request/command.ts';
import type { Option } from '../../request/options.ts';
import { COMMANDS, optionsOf } from '../../request/request.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';

export const PROGRAM = 'nginx-ws-bench';

/** Completions for an option's value; none are offered for `any`. */
export type Values =
  | { kind: 'any' }
  | { kind: 'files' }
  | { kind: 'folders' }
  | { kind: 'words'; words: readonly string[] }
  /** A comma-separated list; each item is one of `words`. */
  | { kind: 'list'; words: readonly string[] }
  /** Words with which a value begins, such as `response.p99` in `response.p99<50ms`. */
  | { kind: 'beginnings'; words: readonly string[] }
  /** Profiles with tunings, such as `tls+buf-16k`; if `isList`, comma-separated. */
  | { kind: 'variants'; isList: boolean };

export interface CompletedOption {
  name: string;
  short: string | null;
  help: string;
  /** Null if the option is a switch, which takes no value. */
  values: Values | null;
  many: boolean;
}

export interface CompletedCommand {
  name: string;
  help: string;
  operands: Values;
  options: CompletedOption[];
}

/** Everything that can be completed: commands, options, and the names of profiles and tunings. */
export interface Grammar {
  commands: CompletedCommand[];
  profiles: string[];
  tunings: string[];
}

/** Values of options whose usage notation does not define them. */
const BY_NAME: Readonly<Record<string, Values>> = {
  steps: { kind: 'list', words: SCENARIOS.flatMap(({ steps }) => steps.map(({ name }) => name)) },
  scenario: { kind: 'words', words: SCENARIOS.map(({ name }) => name) },
  threshold: { kind: 'beginnings', words: METRICS.map(({ name }) => name) },
};

export function grammarOf({ profiles, tunings }: Library): Grammar {
  const all: [string, Command<unknown>][] = Object.entries(COMMANDS);
  const commands = all.map(([name, command]) => ({
    name,
    help: command.help,
    operands: operandsOf(command.operands),
    options: Object.entries(optionsOf(command)).map(([option, each]) => completed(option, each)),
  }));
  const aside = [
    {
      name: 'help',
      help: 'Show the help for all commands, or for one',
      operands: commands.map((each) => each.name),
    },
    { name: 'version', help: 'Show the version', operands: [] },
  ].map(({ operands, ...each }) => ({
    ...each,
    operands: { kind: 'words' as const, words: operands },
    options: [],
  }));
  return {
    commands: [...commands, ...aside],
    profiles: profiles.map(({ name }) => name),
    tunings: tunings.map(({ name }) => name),
  };
}

function completed(name: string, { short, help, value, many = false }: Option): CompletedOption {
  return { name, short: short ?? null, help, many, values: value === null ? null : valuesOf(name, value) };
}

function valuesOf(name: string, notation: string): Values {
  const known = BY_NAME[name];
  if (known !== undefined) return known;
  if (name === 'profile') return { kind: 'variants', isList: notation === 'NAMES' };
  if (/^[a-z-]+(\|[a-z-]+)*$/.test(notation)) return { kind: 'words', words: notation.split('|') };
  if (/^(PATH|FILE)$/.test(notation) && name !== 'ws-path') return { kind: 'files' };
  return notation === 'DIR' ? { kind: 'folders' } : { kind: 'any' };
}

function operandsOf(notation: string): Values {
  if (/^A B/.test(notation)) return { kind: 'variants', isList: false };
  if (/^[a-z-]+(\|[a-z-]+)+$/.test(notation)) return { kind: 'words', words: notation.split('|') };
  return /PATH|FILE|DIR/.test(notation) ? { kind: 'files' } : { kind: 'words', words: [] };
}
