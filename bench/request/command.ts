import type { GivenOptions, Options } from './options.ts';

/** A command as it is typed: what its help text says, and what its operands and options ask for. */
export interface Command<Asked> {
  /** How the help text writes its operands: `A B [C ...]`; empty for a command that takes none. */
  operands: string;
  /** What it is for, in one line. */
  help: string;
  /** Its options, by the heading that they stand under in its help text. */
  options: Readonly<Record<string, Options>>;
  /**
   * Whether an option of a file with options is of use beside these operands; left out: every one is; false: the
   * command reads no such file, which is code.
   */
  takesFromFile?: false | ((option: string, operands: readonly string[]) => boolean);
  /** Throws a Problem of kind `usage` where the line is wrong. */
  parse(given: GivenOptions, operands: readonly string[]): Asked;
}
