import type { Interruption } from './interruption.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** The services and data that a command receives in addition to its request; `Need` names the services it uses. */
export interface CommandContext<Need extends keyof Services = keyof Services> {
  /** The command line, including the options added from a configuration file. */
  command: readonly string[];
  terminal: Terminal;
  services: Pick<Services, Need>;
}

/** Context of a command that shuts down gracefully on a signal. */
export interface StoppableContext<Need extends keyof Services = keyof Services> extends CommandContext<Need> {
  interruption: Interruption;
}
