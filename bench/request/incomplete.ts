import { Problem } from '../model/failure.ts';

/** A command line that lacks something a configuration file may supply. */
export class Incomplete extends Problem {
  /** Options that would complete it, as typed. It also identifies what is missing. */
  readonly example: Readonly<Record<string, string>>;

  constructor(message: string, example: Readonly<Record<string, string>>) {
    super('usage', message);
    this.example = example;
  }
}
