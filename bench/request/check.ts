import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { readingOptions } from './configuration.ts';
import { last } from './given.ts';
import type { Options } from './options.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** What the command line of `check` says. */
export interface CheckRequest {
  /** Path of the configuration. */
  path: string;
  configuration: ConfigurationOptions;
  /** Path of a binary, or a Debian suite; null: the one on PATH, otherwise a fetched one. */
  nginx: string | null;
  json: boolean;
}

/** The same as for `run`, except that the path is the operand here. */
const { conf: _, ...READING } = RUN_OPTIONS['Your own configuration'];

const ASKING: Options = {
  nginx: { value: 'PATH', help: 'Nginx binary, or debian:SUITE [the one on PATH, otherwise fetched]' },
  json: { value: null, help: 'Print the findings as JSON, and nothing else, on stdout' },
};

export const checkCommand = {
  operands: 'PATH',
  help: 'What is wrong with this nginx.conf for WebSockets?',
  options: { Configuration: READING, 'Nginx and output': ASKING },
  parse: (given, operands) => ({
    command: 'check',
    check: {
      path: pathOf(operands),
      configuration: readingOptions(given),
      nginx: last(given, 'nginx'),
      json: given.has('json'),
    },
  }),
} as const satisfies Command<{ command: 'check'; check: CheckRequest }>;

function pathOf(operands: readonly string[]): string {
  const [path, ...rest] = operands;
  if (path !== undefined && rest.length === 0) return path;
  throw new Problem(
    'usage',
    '`check` needs one path: an nginx.conf, or a file from conf.d or sites-available. For example: check ./nginx.conf',
  );
}
