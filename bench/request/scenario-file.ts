import { parseArgs } from 'node:util';
import type { ConfigFile } from './config.ts';
import { COMMANDS } from './request.ts';

const VERSION = /^(--version|-V)$/;

/**
 * Returns the scenario file that a command line names; null if it names none. This file is read before the rest
 * of the command line is parsed and before any help text is shown, because the scenario determines which other
 * options exist.
 */
export function scenarioFileOf(argv: readonly string[]): string | null {
  const [first = ''] = argv;
  const command = first === '' || first.startsWith('-') ? COMMANDS.run : fieldOf(COMMANDS, first);
  if (!takesScenario(command) || argv.some((word) => VERSION.test(word))) return null;
  const { values } = parseArgs({
    args: [...argv],
    options: { scenario: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  });
  return fileIn(values);
}

/** Whether a command has the option --scenario. For any other command, no scenario file is loaded. */
function takesScenario(command: unknown): boolean {
  const options = fieldOf(command, 'options');
  return typeof options === 'object' && options !== null && Object.values(options).some(hasScenario);
}

function hasScenario(group: unknown): boolean {
  return fieldOf(group, 'scenario') !== undefined;
}

/**
 * Returns the scenario file that a configuration file names; null if it names none. Options listed under the
 * command's name take precedence.
 */
export function scenarioFileIn({ value }: ConfigFile, command: string): string | null {
  if (!takesScenario(fieldOf(COMMANDS, command))) return null;
  return fileIn(fieldOf(value, command)) ?? fileIn(value);
}

/** Whether a value names a file. Names of built-in scenarios contain neither dots nor slashes. */
function isScenarioFile(value: string): boolean {
  return /[./\\]/.test(value);
}

function fileIn(options: unknown): string | null {
  const scenario = fieldOf(options, 'scenario');
  return typeof scenario === 'string' && isScenarioFile(scenario) ? scenario : null;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
