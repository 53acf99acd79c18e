import type { Interruption } from './interruption.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** What a command has beside what it was asked for. */
export interface CommandContext {
  /** The command line, with the options that a file has added. */
  command: readonly string[];
  terminal: Terminal;
  services: Services;
}

/** That of a command which ends in order when a signal comes. */
export interface StoppableContext extends CommandContext {
  interruption: Interruption;
}
