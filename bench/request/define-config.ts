import type { compareCommand } from './compare.ts';
import type { COMMANDS } from './request.ts';

/** `nginx-workers` → `nginxWorkers` */
type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

type Words<Notation extends string> = Notation extends `${infer First}|${infer Rest}`
  ? First | Words<Rest>
  : Notation;

/** What may be written for a notation of the help text: the words of `ws|lean`, else a text or a number. */
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

/** Options of a table, by the headings of the help text, as keys of a configuration. */
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
 * What one would type each time: options by their names, as they are typed or in camel case, for every command
 * that has them, or under the name of a command for that one alone. The command line goes before it.
 */
export type Config = RunOptions & ComparisonOptions & Omit<UpOptions, keyof RunOptions> & Sections;

/** Gives a `bench.config.ts` its type, so that an editor knows the options; it changes nothing. */
export function defineConfig(config: Config): Config {
  return config;
}
