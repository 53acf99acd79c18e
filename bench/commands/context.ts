import type { Interruption } from './interruption.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** What a command gets besides its request; `Need` names the services that it uses. */
export interface CommandContext<Need extends keyof Services = keyof Services> {
  /** The command line, with the options that a file has added. */
  command: readonly string[];
  terminal: Terminal;
  services: Pick<Services, Need>;
}

/** Context of a command that stops in order on a signal. */
export interface StoppableContext<Need extends keyof Services = keyof Services> extends CommandContext<Need> {
  interruption: Interruption;
}
