import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { readingOptions } from './configuration.ts';
import { last } from './given.ts';
import type { Options } from './options.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** The request of `check`. */
export interface CheckRequest {
  /** Path of the configuration. */
  path: string;
  configuration: ConfigurationOptions;
  /** Path of a binary, or a Debian suite; null: the one on PATH, else a fetched one. */
  nginx: string | null;
  json: boolean;
}

/** The same options as in `run`, except that the path is the operand here. */
const { conf: _, ...READING } = RUN_OPTIONS['Your own configuration'];

const ASKING: Options = {
  nginx: { value: 'PATH', help: 'Nginx binary, or debian:SUITE [from PATH, else downloaded]' },
  json: { value: null, help: 'Print the findings as JSON, and nothing else, on stdout' },
};

export const checkCommand = {
  operands: 'PATH',
  help: 'What is wrong with this nginx.conf for WebSockets?',
  options: { 'The configuration': READING, 'The check': ASKING },
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
    '`check` takes the path of one nginx.conf, or of a file from conf.d or sites-available, for example check ./nginx.conf.',
  );
}
