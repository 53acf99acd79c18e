import type { Interruption } from './interruption.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** What a command has beside what it was asked for; it names the services that it needs. */
export interface CommandContext<Need extends keyof Services = keyof Services> {
  /** The command line, with the options that a file has added. */
  command: readonly string[];
  terminal: Terminal;
  services: Pick<Services, Need>;
}

/** That of a command which ends in order when a signal comes. */
export interface StoppableContext<Need extends keyof Services = keyof Services> extends CommandContext<Need> {
  interruption: Interruption;
}
