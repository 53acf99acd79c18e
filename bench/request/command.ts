import type { GivenOptions, Options } from './options.ts';

/** A command: its help text, and the parser that converts its operands and options to a request. */
export interface Command<Asked> {
  /** The operands as shown in the help text, such as `A B [C ...]`; empty if there are none. */
  operands: string;
  /** One-line description of the command. */
  help: string;
  /** The command's options, by their heading in the help text. */
  options: Readonly<Record<string, Options>>;
  /** Reasons why the command lacks options that users might expect, by the option's name. */
  absent?: Readonly<Record<string, string>>;
  /**
   * Whether an option from a configuration file applies with these operands. If missing, all options apply.
   * If false, the command does not read a configuration file, because doing so would run code.
   */
  takesFromFile?: false | ((option: string, operands: readonly string[]) => boolean);
  /** Throws a `usage` Problem if the command line is invalid. */
  parse(given: GivenOptions, operands: readonly string[]): Asked;
}
