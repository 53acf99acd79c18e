import { knownFigures, type RunFigures } from '../../measure/figures.ts';
import { type LadderAxis, levelOf } from '../../model/ladder.ts';
import type { Result } from '../../model/result.ts';
import { MEASURED, type Run } from '../../model/run.ts';
import { conclusionOf } from '../conclusion.ts';

type Labels = Readonly<Record<string, string>>;

/** One line of output. `suffix` is appended to the family's name. */
interface Sample {
  suffix?: string;
  labels: Labels;
  value: number | null;
}

/** All samples with one name. `unit` is the last part of the name, as OpenMetrics requires. */
interface Family {
  name: string;
  type: 'gauge' | 'info';
  unit: '' | 'seconds' | 'bytes' | 'ratio';
  help: string;
  samples: Sample[];
}

const PREFIX = 'nginx_ws_bench';
const TIMES = ['mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'] as const;

/**
 * The figures of all runs in the OpenMetrics 1.0 text format, in seconds and bytes, for a push gateway or the
 * textfile collector of a node exporter. Missing figures are omitted.
 */
export function openMetrics(result: Result): string {
  const over = conclusionOf(result, 'ladder')?.over ?? null;
  const runs = result.runs.map((run, index) => ({
    run,
    figures: knownFigures(run),
    labels: { ...labelsOf(run, index + 1), ...levelLabel(run, over) },
  }));
  const families = [
    infoFamily(result),
    ...FIGURES.map(({ of, ...family }) => ({
      ...family,
      samples: runs.flatMap(({ run, figures, labels }) =>
        of(figures, run).map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } })),
      ),
    })),
    ...effectFamilies(result),
  ];
  return [...families.flatMap(familyLines), '# EOF\n'].join('\n');
}

function labelsOf({ plan: { variant, step, round } }: Run, number: number): Labels {
  return { run: String(number), variant, step, ...(round === null ? {} : { round: String(round) }) };
}

/** The label that distinguishes the runs of a ladder, such as `connections="64"`. */
function levelLabel({ plan }: Run, over: LadderAxis | null): Labels {
  const level = over === null ? null : levelOf(plan, over);
  return over === null || level === null ? {} : { [over.replace('-', '_')]: String(level) };
}

function infoFamily({ id, tool, startedAt }: Result): Family {
  return {
    name: 'result',
    type: 'info',
    unit: '',
    help: 'Where the figures come from.',
    samples: [{ suffix: '_info', labels: { id, version: tool.version, started_at: startedAt }, value: 1 }],
  };
}

const FIGURES: readonly (Omit<Family, 'samples'> & { of(figures: RunFigures, run: Run): Sample[] })[] = [
  {
    name: 'valid',
    type: 'gauge',
    unit: '',
    help: 'Whether the figures of the run can be trusted: 1 if the verdict is `valid`, otherwise 0.',
    of: (_, { validity: { verdict } }) => [{ labels: { verdict }, value: verdict === 'valid' ? 1 : 0 }],
  },
  {
    name: 'connections',
    type: 'gauge',
    unit: '',
    help: 'WebSocket connections, by outcome.',
    of: ({ connections: { asked, opened, failed } }) => byLabel('state', { asked, opened, failed }),
  },
  {
    name: 'messages',
    type: 'gauge',
    unit: '',
    help: 'Messages of the whole run, by outcome.',
    of: ({ messages: { sent, echoed, lost, outstanding } }) =>
      byLabel('state', { sent, echoed, lost, outstanding }),
  },
  {
    name: 'messages_per_second',
    type: 'gauge',
    unit: '',
    help: 'Echoes per second in the steady phase.',
    of: ({ messages }) => [{ labels: {}, value: messages.perSecond }],
  },
  {
    name: 'core_messages_per_second',
    type: 'gauge',
    unit: '',
    help: 'Messages per second per core that Nginx used; a lower bound unless Nginx was the limit.',
    of: ({ perCoreCapacity: capacity }) =>
      capacity === null ? [] : [{ labels: { bound: capacity.bound }, value: capacity.perSecond }],
  },
  {
    name: 'time_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Times of messages and handshakes, by kind: mean, percentiles and maximum.',
    of: ({ latencies }) =>
      Object.entries(latencies).flatMap(([time, summary]) =>
        TIMES.map((figure) => ({ labels: { time, figure }, value: inSeconds(summary?.[figure] ?? null) })),
      ),
  },
  {
    name: 'cpu_per_message_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'CPU time that a component used per message in the steady phase.',
    of: ({ cpuUsPerMessage }) => byComponent((component) => inSeconds(cpuUsPerMessage[component])),
  },
  {
    name: 'cpu_per_connection_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'CPU time that a component used per connection while the connections were opened.',
    of: ({ connect }) => byComponent((component) => inSeconds(connect.cpuUsPerConnection[component])),
  },
  {
    name: 'memory_per_connection_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: "Growth of a component's resident memory per connection.",
    of: ({ memoryPerConnectionBytes: bytes }) => byComponent((component) => bytes[component]),
  },
];

/** Metrics for the outcome of a comparison: variant ÷ baseline. */
function effectFamilies(result: Result): Family[] {
  const comparison = conclusionOf(result, 'comparison');
  if (comparison === null) return [];
  const { baseline } = comparison;
  const samples = comparison.comparisons.flatMap(({ variant, figures }) =>
    figures.flatMap(({ name, step, effect, interval }) =>
      Object.entries({ effect, low: interval?.[0] ?? null, high: interval?.[1] ?? null }).map(
        ([bound, value]): Sample => ({ labels: { variant, baseline, figure: name, step, bound }, value }),
      ),
    ),
  );
  const help = 'Variant divided by baseline: the median over the rounds and its 95 % interval.';
  return [{ name: 'effect_ratio', type: 'gauge', unit: 'ratio', help, samples }];
}

function byLabel(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function byComponent(figureOf: (component: (typeof MEASURED)[number]) => number | null): Sample[] {
  return MEASURED.map((component) => ({ labels: { component }, value: figureOf(component) }));
}

function inSeconds(us: number | null): number | null {
  return us === null ? null : us / 1e6;
}

function familyLines({ name, type, unit, help, samples }: Family): string[] {
  const known = samples.filter(({ value }) => value !== null);
  if (known.length === 0) return [];
  const family = `${PREFIX}_${name}`;
  return [
    `# TYPE ${family} ${type}`,
    ...(unit === '' ? [] : [`# UNIT ${family} ${unit}`]),
    `# HELP ${family} ${help}`,
    ...known.map(({ suffix = '', labels, value }) => `${family}${suffix}${labelText(labels)} ${value}`),
  ];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(',')}}`;
}

/** Escapes a label value as specified by OpenMetrics. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
