import { parseArgs } from 'node:util';
import type { ConfigFile } from './config.ts';

/** Options and commands that explain instead of doing anything. */
const EXPLAINS = /^(--help|-h|--version|-V|help|version)$/;

/**
 * Returns the scenario file that a command line names, null if it names none. The file has to be read before the rest
 * of the command line, because the scenario determines which other options there are.
 */
export function scenarioFileOf(argv: readonly string[]): string | null {
  if (argv.some((word) => EXPLAINS.test(word))) return null;
  const { values } = parseArgs({
    args: [...argv],
    options: { scenario: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  });
  return fileIn(values);
}

/** The same for a configuration file, in which the options of a command precede those of all commands. */
export function scenarioFileIn({ value }: ConfigFile, command: string): string | null {
  return fileIn(fieldOf(value, command)) ?? fileIn(value);
}

/** Whether a value names a file: names of built-in scenarios have neither dots nor slashes. */
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
