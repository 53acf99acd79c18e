import type { Need } from '../metrics/metric.ts';
import { addedMetrics, findMetric, lackingNeed, METRICS } from '../metrics/metrics.ts';
import { type Condition, isMet, isOperator } from '../model/condition.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { MetricUnit } from '../model/metric.ts';
import { notice } from '../wording/finding.ts';
import { MISSED_THRESHOLD } from '../wording/notices.ts';
import { suggestion } from './nearest.ts';
import { type Bounds, parseBytes, parseDuration, parseNumber, quoted } from './units.ts';

/** A condition that a run must meet, such as `response.p99<50ms`. */
export type Threshold = Condition;

const EXAMPLES = `'response.p99<50ms', 'messages.perSecond>10k' or 'messages.lost==0'`;
const ANY: Bounds = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** Parses one `--threshold` value; throws a `usage` Problem if it is invalid. */
export function parseThreshold(text: string): Threshold {
  return parseCondition('--threshold', text);
}

/** Parses an option value in threshold syntax; throws a `usage` Problem if it is invalid. */
export function parseCondition(option: string, text: string): Condition {
  const [, metric = '', operator = '', limit = ''] =
    /^\s*([\w.]+)\s*(<=|>=|==|<|>)\s*(\S+)\s*$/.exec(text) ?? [];
  if (!isOperator(operator)) {
    throw new Problem('usage', `${option} ${quoted(text)} must be a condition, for example ${EXAMPLES}.`);
  }
  const unit = findMetric(metric)?.unit;
  if (unit === undefined) {
    const known = [...METRICS, ...addedMetrics()].map(({ name }) => name);
    throw new Problem(
      'usage',
      `${option} ${quoted(text)} does not name a metric.${suggestion(metric, known)} \`--help\` lists all metrics.`,
    );
  }
  return {
    text: text.trim(),
    metric,
    operator,
    limit: parseLimit(`${option} ${quoted(text)}: the limit`, limit, unit),
    unit,
  };
}

/**
 * Returns the first condition that no planned run can measure, and states what its metric requires; null if
 * there is no such condition.
 */
export function unmeasurable(
  conditions: readonly Condition[],
  has: Readonly<Record<Need, boolean>>,
): { text: string; need: Need } | null {
  for (const { text, metric } of conditions) {
    const need = lackingNeed(metric, has);
    if (need !== undefined) return { text, need };
  }
  return null;
}

/**
 * Returns a notice for each threshold that a run missed. `metrics` contains the values in base units; null or
 * missing means that the run has too few samples, or none.
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
  return unit === 'bytes' || unit === 'bytesRate'
    ? parseBytes(what, text, ANY)
    : parseNumber(what, text, ANY);
}
