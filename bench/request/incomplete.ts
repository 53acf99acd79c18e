import { Problem } from '../model/failure.ts';

/** Thrown if the command line lacks something that a configuration file may provide. */
export class Incomplete extends Problem {
  /** Options, with example values, that would complete the command line. They also identify what is missing. */
  readonly example: Readonly<Record<string, string>>;

  constructor(message: string, example: Readonly<Record<string, string>>) {
    super('usage', message);
    this.example = example;
  }
}
