import type { compareCommand } from './compare.ts';
import type { COMMANDS } from './request.ts';

/** Converts an option name to camel case: `nginx-workers` becomes `nginxWorkers`. */
type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

type Words<Notation extends string> = Notation extends `${infer First}|${infer Rest}`
  ? First | Words<Rest>
  : Notation;

/**
 * Derives the type of an option's value from its placeholder in the help text: the listed words for `ws|lean`,
 * otherwise a string or number.
 */
type Written<Notation extends string> =
  Notation extends Lowercase<Notation> ? Words<Notation> : string | number;

type ValueOf<Option> = Option extends { value: null }
  ? boolean
  : Option extends { value: infer Notation extends string }
    ? Option extends { many: true }
      ? Written<Notation> | readonly Written<Notation>[]
      : Notation extends 'NAMES'
        ? string | readonly string[]
        : Written<Notation>
    : never;

type Merged<Union> = (Union extends unknown ? (each: Union) => void : never) extends (each: infer All) => void
  ? All
  : never;

/** Derives the options in a configuration file from a table of command-line options grouped by heading. */
type OptionsOf<Groups> = {
  [Name in keyof Merged<Groups[keyof Groups]> & string as Camel<Name> | Name]?: ValueOf<
    Merged<Groups[keyof Groups]>[Name]
  >;
};

type RunOptions = OptionsOf<(typeof COMMANDS)['run']['options']>;
type OfRunAlone = 'profile' | 'noHttp' | 'no-http' | 'threshold' | 'strict';
type ComparisonOptions = OptionsOf<Pick<(typeof compareCommand)['options'], 'The comparison'>>;

type UpOptions = OptionsOf<(typeof COMMANDS)['up']['options']>;

type Sections = {
  [Name in keyof typeof COMMANDS as (typeof COMMANDS)[Name] extends { takesFromFile: unknown }
    ? never
    : Name]?: OptionsOf<(typeof COMMANDS)[Name]['options']>;
} & { compare?: Omit<RunOptions, OfRunAlone> & ComparisonOptions };

/**
 * Default options by name, as typed or in camel case. At the top level they apply to every command that has
 * them; under the name of a command, only to that command. Command-line options take precedence.
 */
export type Config = RunOptions & ComparisonOptions & Omit<UpOptions, keyof RunOptions> & Sections;

/**
 * Returns its argument unchanged. It gives the contents of `bench.config.ts` a type, so that editors can
 * suggest options.
 */
export function defineConfig(config: Config): Config {
  return config;
}
