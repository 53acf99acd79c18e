import { findMetric, METRICS } from '../metrics/metrics.ts';
import { type Condition, isMet, isOperator } from '../model/condition.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { MetricUnit } from '../model/metric.ts';
import type { Step } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import { MISSED_THRESHOLD } from '../wording/notices.ts';
import { Incomplete } from './incomplete.ts';
import { suggestion } from './nearest.ts';
import { type Bounds, parseBytes, parseDuration, parseNumber, quoted } from './units.ts';

/** A condition that a run has to meet, as in `response.p99<50ms`. */
export type Threshold = Condition;

const EXAMPLES = `'response.p99<50ms', 'messages.perSecond>10k' or 'messages.lost==0'`;
const ANY: Bounds = { min: 0, max: Number.MAX_SAFE_INTEGER };

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
  const unit = findMetric(metric)?.unit;
  if (unit === undefined) {
    const known = METRICS.map(({ name }) => name);
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
    : thresholds.filter(({ metric }) => findMetric(metric)?.openLoopOnly === true);
  if (first === undefined) return;
  throw new Incomplete(
    `--threshold ${quoted(first.text)} needs a schedule, and a closed loop has none: ` +
      'ask for the step latency as well (--rate, --steps), or take service.* in its place.',
    { steps: 'throughput,latency' },
  );
}

/**
 * A notice for each threshold that one run missed. `metrics` gives each metric's value in base units; null or
 * missing means that the run has too few samples for it, or none.
 */
export function missedThresholds(
  thresholds: readonly Threshold[],
  metrics: Readonly<Record<string, number | null | undefined>>,
): Notice[] {
  return thresholds.flatMap((threshold) => {
    const { text, metric, unit } = threshold;
    const value = metrics[metric] ?? null;
    return isMet(threshold, value)
      ? []
      : [notice('warning', MISSED_THRESHOLD, { threshold: text, metric, value, unit })];
  });
}

function parseLimit(what: string, text: string, unit: MetricUnit): number {
  if (unit === 'time') return parseDuration(what, text, ANY);
  return unit === 'bytes' ? parseBytes(what, text, ANY) : parseNumber(what, text, ANY);
}
