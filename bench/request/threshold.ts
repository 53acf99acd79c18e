import { type Condition, isMet, isOperator, type MetricUnit } from '../model/condition.ts';
import { Problem } from '../model/failure.ts';
import type { Step } from '../model/plan.ts';
import { HISTOGRAMS } from '../model/recording.ts';
import { COMPONENTS } from '../model/run.ts';
import { Incomplete } from './incomplete.ts';
import { suggestion } from './nearest.ts';
import {
  type Bounds,
  formatBytes,
  formatDuration,
  formatNumber,
  parseBytes,
  parseDuration,
  parseNumber,
  quoted,
} from './units.ts';

/** A condition that a run has to meet, as in `response.p99<50ms`. */
export type Threshold = Condition;

const EXAMPLES = `'response.p99<50ms', 'messages.perSecond>10k' or 'messages.lost==0'`;
const ANY: Bounds = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** Every metric that a threshold can name, with its unit. */
export const METRICS: ReadonlyMap<string, MetricUnit> = new Map([
  ...[...HISTOGRAMS, 'http'].flatMap((name) =>
    ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'].map((figure) => unitOf(`${name}.${figure}`, 'time')),
  ),
  ...['sent', 'echoed', 'outstanding', 'lost', 'perSecond'].map((name) =>
    unitOf(`messages.${name}`, 'number'),
  ),
  ...['asked', 'opened', 'failed'].map((name) => unitOf(`connections.${name}`, 'number')),
  unitOf('http.requestsPerSecond', 'number'),
  unitOf('perCoreCapacity', 'number'),
  ...COMPONENTS.filter((name) => name !== 'runner').flatMap((name) => [
    unitOf(`cpuPerMessage.${name}`, 'time'),
    unitOf(`cpuPerConnection.${name}`, 'time'),
    unitOf(`memoryPerConnection.${name}`, 'bytes'),
    unitOf(`memory.${name}`, 'bytes'),
  ]),
]);

/** Metrics that only a schedule gives a meaning. */
const OPEN_LOOP_ONLY = /^(response|sendLag)\./;

/** Reads one `--threshold`; throws a Problem of kind `usage`. */
export function parseThreshold(text: string): Threshold {
  return parseCondition('--threshold', text);
}

/** Reads the value of an option that is written as a threshold is; throws a Problem of kind `usage`. */
export function parseCondition(option: string, text: string): Condition {
  const [, metric = '', operator = '', limit = ''] =
    /^\s*([\w.]+)\s*(<=|>=|==|<|>)\s*(\S+)\s*$/.exec(text) ?? [];
  if (!isOperator(operator)) {
    throw new Problem('usage', `${option} ${quoted(text)} is no condition: write it as ${EXAMPLES}.`);
  }
  const unit = METRICS.get(metric);
  if (unit === undefined) {
    const known = [...METRICS.keys()];
    throw new Problem(
      'usage',
      `${option} ${quoted(text)} names no metric.${suggestion(metric, known)} \`--help\` lists them all.`,
    );
  }
  return {
    text: text.trim(),
    metric,
    operator,
    limit: parseLimit(`the limit of ${option} ${quoted(text)},`, limit, unit),
    unit,
  };
}

/**
 * Throws a Problem of kind `usage` where a threshold asks for what no step can give: a closed loop sends
 * when the last echo has come, so it has no intended times to be late against.
 */
export function checkFitSteps(thresholds: readonly Threshold[], steps: readonly Step[]): void {
  const [first] = steps.includes('latency')
    ? []
    : thresholds.filter(({ metric }) => OPEN_LOOP_ONLY.test(metric));
  if (first === undefined) return;
  throw new Incomplete(
    `--threshold ${quoted(first.text)} needs a schedule, and a closed loop has none: ` +
      'ask for the step latency as well (--rate, --steps), or take service.* in its place.',
    { steps: 'throughput,latency' },
  );
}

/**
 * The thresholds that one run missed, each as a sentence. `figures` gives each metric's value in
 * base units (µs, bytes); null or missing means that the run has too few samples for it, or none.
 */
export function missedThresholds(
  thresholds: readonly Threshold[],
  figures: Readonly<Record<string, number | null | undefined>>,
): string[] {
  return thresholds.flatMap((threshold) => {
    const { text, metric, unit } = threshold;
    const value = figures[metric] ?? null;
    if (value === null)
      return [`${text}: missed, this run has no ${metric} (too few samples, or nothing to measure).`];
    return isMet(threshold, value) ? [] : [`${text}: missed, it is ${formatted(value, unit)}.`];
  });
}

function parseLimit(what: string, text: string, unit: MetricUnit): number {
  if (unit === 'time') return parseDuration(what, text, ANY);
  return unit === 'bytes' ? parseBytes(what, text, ANY) : parseNumber(what, text, ANY);
}

function formatted(value: number, unit: MetricUnit): string {
  if (unit === 'time') return formatDuration(Math.round(value));
  return unit === 'bytes' ? formatBytes(Math.round(value)) : formatNumber(Number(value.toFixed(2)));
}

function unitOf(metric: string, unit: MetricUnit): readonly [string, MetricUnit] {
  return [metric, unit];
}
