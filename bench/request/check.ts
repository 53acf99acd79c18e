import { resolve } from 'node:path';
import { type ConfigurationOptions, STDIN_NAME } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { readingOptions } from './configuration.ts';
import { last, oneOf } from './given.ts';
import type { GivenOptions, Options } from './options.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { quoted } from './units.ts';

/**
 * Output formats of `check`: text for people, JSON for programs, SARIF 2.1.0, and annotations for a GitHub
 * workflow.
 */
export const CHECK_FORMATS = ['text', 'json', 'sarif', 'github'] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

/** The operand that stands for standard input. */
export const STDIN_OPERAND = '-';

/** The request of `check`. */
export interface CheckRequest {
  /** Paths of the configurations, in the order in which they are checked. At most one is `STDIN_OPERAND`. */
  paths: readonly string[];
  configuration: ConfigurationOptions;
  /**
   * Path of a binary, or a Debian suite; null to use the binary on PATH, or a downloaded one if there is
   * none.
   */
  nginx: string | null;
  format: CheckFormat;
}

/** All options of `run` for reading a configuration except --conf, because `check` takes the paths as operands. */
const { conf: _, ...READING } = RUN_OPTIONS['Your own configuration'];

const ASKING = {
  nginx: { value: 'PATH', help: 'Nginx binary, or debian:SUITE [from PATH, else downloaded]' },
  format: { value: 'text|json|sarif|github', help: 'Format of the findings on stdout [text]' },
  json: { value: null, help: 'Short for --format json' },
} as const satisfies Options;

export const checkCommand = {
  operands: 'PATH [PATH ...]',
  help: 'What is wrong for WebSockets in this nginx.conf (- for stdin)?',
  options: { 'The configuration': READING, 'The check': ASKING },
  parse: (given, operands) => ({
    command: 'check',
    check: {
      paths: pathsOf(operands),
      configuration: readingOptions(given),
      nginx: last(given, 'nginx'),
      format: formatOf(given),
    },
  }),
} as const satisfies Command<{ command: 'check'; check: CheckRequest }>;

function pathsOf(operands: readonly string[]): readonly string[] {
  if (operands.length === 0) {
    throw new Problem(
      'usage',
      '`check` takes the path of an nginx.conf, or of a file from conf.d or sites-available, for example check ./nginx.conf. It also takes several paths, and - for standard input.',
    );
  }
  const fileOf = (path: string) => (path === STDIN_OPERAND ? path : resolve(path));
  const files = operands.map(fileOf);
  const again = operands.find((path, index) => files.indexOf(fileOf(path)) < index);
  if (again !== undefined) {
    const shown = again === STDIN_OPERAND ? again : quoted(again);
    throw new Problem('usage', `\`check\` is given ${shown} twice. Give it once.`);
  }
  if (files.includes(STDIN_OPERAND) && files.includes(resolve(STDIN_NAME))) {
    throw new Problem(
      'usage',
      `Findings in standard input and in the file "${STDIN_NAME}" would be reported under the same file name. Check them separately.`,
    );
  }
  return operands;
}

function formatOf(given: GivenOptions): CheckFormat {
  const format = oneOf(given, 'format', CHECK_FORMATS);
  if (!given.has('json')) return format ?? 'text';
  if (format === null || format === 'json') return 'json';
  throw new Problem('usage', `--json and --format ${format} contradict each other. Leave one out.`);
}
