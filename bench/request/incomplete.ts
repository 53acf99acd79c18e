import { Problem } from '../model/failure.ts';

/** A command line that lacks something which a file with options may bring. */
export class Incomplete extends Problem {
  /** Options that would complete it, as they are typed. */
  readonly example: Readonly<Record<string, string>>;

  constructor(message: string, example: Readonly<Record<string, string>>) {
    super('usage', message);
    this.example = example;
  }
}
