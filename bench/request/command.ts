import type { GivenOptions, Options } from './options.ts';

/** A command: its help text, and how its operands and options become a request. */
export interface Command<Asked> {
  /** Its operands as the help text shows them: `A B [C ...]`; empty if it takes none. */
  operands: string;
  /** Its purpose, in one line. */
  help: string;
  /** Its options, by the heading in its help text. */
  options: Readonly<Record<string, Options>>;
  /** Why it has no such option, for options that users try. */
  absent?: Readonly<Record<string, string>>;
  /**
   * Whether an option from a configuration file applies with these operands. Missing: all apply. False: the command
   * reads no such file, because that would run code.
   */
  takesFromFile?: false | ((option: string, operands: readonly string[]) => boolean);
  /** Throws a Problem of kind `usage` if the line is wrong. */
  parse(given: GivenOptions, operands: readonly string[]): Asked;
}
