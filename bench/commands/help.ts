import { addedMetrics, METRICS } from '../metrics/metrics.ts';
import { PROXY } from '../model/proxy.ts';
import type { Command } from '../request/command.ts';
import { COMMON_OPTIONS, type Option, type Options } from '../request/options.ts';
import { COMMANDS, type CommandName } from '../request/request.ts';
import { addedOptions } from '../scenarios/registry.ts';
import { sentence, wrapped } from '../wording/words.ts';

const EXAMPLES = [
  ['Throughput, then latency at a lower rate, with 1,000 connections', '--profile tls'],
  ['Every profile, with 10,000 connections', '-p all -c 10k -d 30s'],
  [`Latency only, at 5,000 messages per second, with and without ${PROXY}`, '-p direct,plain -R 5k'],
  ['TLS with larger buffers, compared with TLS alone', 'compare tls tls+buf-16k --payload 64k'],
  ['Two stored results', 'compare reports/A reports/B'],
  [
    'The highest rate at which 99 % of messages return within 20 ms',
    "capacity -p tls --objective 'response.p99<20ms'",
  ],
  ['For a script', "-p tls -R 5k --threshold 'response.p99<50ms' --json"],
] as const;

const EXIT_CODES = [
  ['0', 'done'],
  [
    '1',
    'a run failed, connections or messages were lost, or `check` found an error; with --strict: a run is not valid',
  ],
  ['2', 'usage error'],
  [
    '99',
    'a threshold or objective was missed; with --fail-on slower: a variant is slower or uses more CPU or memory',
  ],
  ['130', 'interrupted; the report contains everything measured up to that point'],
] as const;

const UNITS = `Numbers may end in k, M or G (10k is 10,000). Times need a unit: us, ms, s, m or h. Sizes are in
bytes and may end in k or M, as in nginx.conf (16k is 16,384).`;

const HELP_COLUMNS = 100;

const CONDITIONS =
  'Thresholds and objectives have the form METRIC OPERATOR LIMIT; operators: < <= > >= ==. Metrics:';

/**
 * Output of `--help` for one command, or an overview if `of` is null; at most 100 columns wide. It includes the options
 * and metrics of scenario files that were read.
 */
export function helpText(of: CommandName | null): string {
  return (of === null ? overview() : helpOf(of)).join('\n\n');
}

function overview(): string[] {
  return [
    `Benchmarks WebSockets through real ${PROXY} configurations.`,
    'Usage: npm run bench -- [COMMAND] [OPTIONS]\n   or: nginx-ws-bench [COMMAND] [OPTIONS]',
    section('Commands (`COMMAND --help` shows its options)', commandLines()),
    exampleLines(),
    ...optionSections(COMMANDS.run),
    UNITS,
    metricsHelp(),
    section('Exit codes', EXIT_CODES, 6),
  ];
}

function helpOf(name: CommandName): string[] {
  const command: Command<unknown> = COMMANDS[name];
  const takesThresholds = Object.values(command.options).some(
    (options) => 'threshold' in options || 'objective' in options,
  );
  return [
    sentence(command.help),
    `Usage: npm run bench -- ${usageOf(name)} [OPTIONS]`,
    ...optionSections(command),
    UNITS,
    ...(takesThresholds ? [metricsHelp()] : []),
    section('Exit codes', EXIT_CODES, 6),
  ];
}

function commandLines(): (readonly [string, string])[] {
  const names = Object.keys(COMMANDS) as CommandName[];
  return names.map((name) => [usageOf(name), COMMANDS[name].help]);
}

function usageOf(name: CommandName): string {
  const { operands }: Command<unknown> = COMMANDS[name];
  return operands === '' ? name : `${name} ${operands}`;
}

function optionSections({ options }: Pick<Command<unknown>, 'options'>): string[] {
  const takesScenario = Object.values(options).some((each) => Object.hasOwn(each, 'scenario'));
  const groups = { ...options, 'The scenario file': takesScenario ? addedOptions() : {} };
  const own = Object.entries<Options>(groups)
    .filter(([, each]) => Object.keys(each).length > 0)
    .map(([heading, each]) => section(heading, rows(each)));
  return [...own, section('Other options', rows(COMMON_OPTIONS))];
}

function rows(options: Options): (readonly [string, string])[] {
  return Object.entries(options).map(([name, option]) => [usage(name, option), option.help]);
}

function usage(name: string, { short, value }: Option): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === null ? '' : ` ${value}`}`;
}

/** @param width width of the left column; if it is too narrow, the right column begins on a separate line */
function section(heading: string, lines: readonly (readonly [string, string])[], width = 32): string {
  const next = `\n${' '.repeat(2 + width)}`;
  const laid = lines.map(([left, right]) => {
    const gap = left.length < width ? ' '.repeat(width - left.length) : next;
    return `  ${left}${gap}${wrapped(right, HELP_COLUMNS - 2 - width, '').join(next)}`;
  });
  return [`${heading}:`, ...laid].join('\n');
}

function exampleLines(): string {
  return ['Examples:', ...EXAMPLES.map(([what, line]) => `  ${what}\n      npm run bench -- ${line}`)].join(
    '\n',
  );
}

function metricsHelp(): string {
  return `${CONDITIONS}\n${metricLines()}`;
}

/** Lists metrics as `tcp, tls, …: .min .mean …`; those with the same statistics share a line. */
function metricLines(): string {
  const figures = new Map<string, string[]>();
  for (const { name } of [...METRICS, ...addedMetrics()]) {
    const [group = '', figure = ''] = name.split('.');
    figures.set(group, [...(figures.get(group) ?? []), figure]);
  }
  const groups = new Map<string, string[]>();
  for (const [group, names] of figures) {
    const key = names.join(', ');
    groups.set(key, [...(groups.get(key) ?? []), group]);
  }
  return [...groups]
    .map(([names, same]) => {
      const figuresOf =
        names === '' ? [] : wrapped(`      .${names.replaceAll(', ', ' .')}`, HELP_COLUMNS, '');
      return [...wrapped(`  ${same.join(', ')}`, HELP_COLUMNS, ''), ...figuresOf].join('\n');
    })
    .join('\n');
}
