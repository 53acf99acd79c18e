import { parseArgs } from 'node:util';
import { Problem } from '../model/failure.ts';
import { suggestion } from './nearest.ts';
import { quoted } from './units.ts';

/** One option of the command line; the help text is laid out from the same table. */
export interface Option {
  short?: string;
  /** How `--help` writes the value; null for a switch. */
  value: string | null;
  /** May be given more than once. */
  many?: boolean;
  help: string;
}

export type Options = Readonly<Record<string, Option>>;

/** Options of every command. */
export const COMMON_OPTIONS = {
  help: { short: 'h', value: null, help: 'Show this text' },
  version: { short: 'V', value: null, help: 'Show the version' },
  debug: { value: null, help: 'Show the stack of an unexpected error' },
} as const satisfies Options;

export const JSON_OPTION = {
  json: { value: null, help: 'Print the summary as JSON on stdout, and nothing else there' },
} as const satisfies Options;

/** Options of `run`, by the heading they stand under in the help text. */
export const RUN_OPTIONS = {
  'What is put under load': {
    profile: {
      short: 'p',
      value: 'NAMES',
      help: 'Variants (tls, tls+buf-16k), with commas, or all profiles',
    },
    server: { value: 'ws|lean', help: 'Echo server [lean for throughput, ws for latency]' },
    nginx: { value: 'PATH', help: 'Nginx binary [the one on PATH, else fetched]' },
  },
  'Your own configuration': {
    conf: { value: 'PATH', many: true, help: 'An nginx.conf, or a file from conf.d or sites-available' },
    'conf-root': { value: 'FROM=DIR', many: true, help: 'Where its folders lie here: /etc/nginx=./site' },
    'env-file': { value: 'FILE', help: 'Lines NAME=value for its variables [the environment]' },
    'ws-path': { value: 'PATH', help: 'Path of its WebSockets [chosen from its locations]' },
    host: { value: 'NAME', help: 'Host of the requests [the name of its server]' },
    header: {
      value: "'NAME: VALUE'",
      many: true,
      help: 'Sent with each WebSocket handshake: Origin, a cookie',
    },
    'keep-guards': { value: null, help: 'Keep access rules and limits that may shut the load out' },
  },
  'The load': {
    connections: { short: 'c', value: 'N', help: 'WebSocket connections [1000]' },
    steps: { value: 'NAMES', help: 'throughput, latency, or both with a comma [both]' },
    duration: { short: 'd', value: 'TIME', help: 'Length of the measured phase of each step [10s]' },
    warmup: { short: 'w', value: 'TIME', help: 'Load before it that is not counted [2s]' },
    rate: {
      short: 'R',
      value: 'N',
      help: 'Latency alone, at N messages per second over all connections',
    },
    arrivals: { value: 'uniform|poisson', help: 'Spacing of the schedule of the step latency [uniform]' },
    'in-flight': {
      value: 'N',
      help: 'Throughput alone: unanswered messages per connection [1]',
    },
    payload: { value: 'SIZE|RANGE', help: 'Bytes of a message: 64, 16k, 64-1024 [64]' },
    type: { value: 'text|binary', help: 'Type of the messages [text]' },
    ramp: { value: 'N', help: 'New connections per second [as fast as they are accepted]' },
    client: { value: 'lean|ws', help: 'WebSocket client of the generator [lean]' },
    engine: { value: 'node|bun', help: 'What runs lean client and lean server [bun where it is found]' },
    seed: { value: 'N', help: 'Draws sizes, arrivals and contents again [a random one, kept]' },
    'no-http': { value: null, help: 'Leave out the short HTTP leg before the WebSockets' },
    'connect-timeout': { value: 'TIME', help: 'For TCP, TLS and upgrade together [10s]' },
    'echo-timeout': { value: 'TIME', help: 'An echo later than this is lost [10s]' },
  },
  'The processes (by default the preflight decides)': {
    workers: { value: 'N', help: 'Generator processes' },
    servers: { value: 'N', help: 'Echo server processes' },
    'nginx-workers': { value: 'N', help: 'Nginx worker processes' },
    pin: { value: null, help: 'Place processes on CPUs, one for what matters most [on 2 CPUs]' },
    'no-pin': { value: null, help: 'Let the kernel place all processes' },
  },
  'What comes out': {
    threshold: { value: 'CONDITION', many: true, help: `Exit with 99 unless met: 'service.p99<50ms'` },
    strict: { value: null, help: 'Exit with 1 unless every run is valid' },
    ...JSON_OPTION,
    reports: { value: 'DIR', help: 'Where reports are written [./reports]' },
    name: { value: 'NAME', help: 'Part of the name of the report [the profiles]' },
    label: { value: 'KEY=VALUE', many: true, help: 'Kept with it, to find it by: branch=main' },
    note: { value: 'TEXT', help: 'Kept with it, and shown in its report' },
    series: { value: 'NAME', help: '`publish` sets it beside earlier ones of this name alone' },
    redact: { value: null, help: 'Store no host names, user names, paths or own words of a configuration' },
  },
} as const satisfies Readonly<Record<string, Options>>;

/** Options that `compare` alone has. */
export const COMPARISON_OPTIONS = {
  tune: { value: 'TEXT', many: true, help: 'Another variant: the first with this nginx.conf over it' },
  rounds: { value: 'N', help: 'Of one run of each variant and step [10; 11 for 3 variants]' },
  budget: { value: 'TIME', help: 'As many rounds as fit into it' },
  'fail-on': { value: 'slower', help: 'Exit with 99 if a variant is slower or dearer' },
  markdown: { value: 'FILE', help: 'Write the comparison as Markdown as well' },
} as const satisfies Options;

/** Options of `run` that make no sense where runs are compared, or say it in another way. */
const OF_RUN_ALONE = ['profile', 'no-http', 'threshold', 'strict'];

/** All options of `compare`: it puts variants under load like `run`. */
export const COMPARE_OPTIONS: Options = {
  ...Object.fromEntries(
    Object.values<Options>(RUN_OPTIONS)
      .flatMap((options) => Object.entries(options))
      .filter(([name]) => !OF_RUN_ALONE.includes(name)),
  ),
  ...COMPARISON_OPTIONS,
};

/** Options given on a command line: the values of each, in order; a switch has none. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

/**
 * Splits what follows the command's name into options and operands. Throws a Problem of kind
 * `usage` for an option that is unknown, lacks its value or is given more often than it may be.
 */
export function readOptions(
  args: readonly string[],
  known: Options,
): { given: GivenOptions; operands: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { short, value }]) => [
        name,
        { type: value === null ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) } as const,
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw unknownOption(token.rawName, known);
    const values = given.get(token.name) ?? [];
    if (given.has(token.name) && option.many !== true) {
      throw new Problem('usage', `${token.rawName} is given twice; give it once${several(token.name)}.`);
    }
    given.set(token.name, option.value === null ? switched(token) : [...values, valued(token, option)]);
  }
  return { given, operands };
}

interface OptionToken {
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

function switched({ rawName, value }: OptionToken): [] {
  if (value !== undefined) throw new Problem('usage', `${rawName} is a switch and takes no value.`);
  return [];
}

function valued({ rawName, value, inlineValue }: OptionToken, option: Option): string {
  // `--profile --json`: the next option is no value; a negative number is one, and is refused as a number
  const taken = value !== undefined && (inlineValue === true || !/^-\D/.test(value));
  if (taken && value.trim() !== '') return value;
  throw new Problem('usage', `${rawName} needs a value: ${rawName} ${option.value}.`);
}

function several(name: string): string {
  return name === 'profile' ? ', with commas between the names' : '';
}

function unknownOption(rawName: string, known: Options): Problem {
  const names = Object.keys(known).map((name) => `--${name}`);
  const typed = rawName.startsWith('--') ? rawName : `-${rawName}`;
  const hint = rawName.length > 2 ? suggestion(typed, names) : '';
  return new Problem(
    'usage',
    `There is no option ${quoted(rawName)} here.${hint} \`--help\` lists them all.`,
  );
}
