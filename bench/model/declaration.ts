import * as v from 'valibot';
import { phaseSchema, scenarioName } from './load.ts';
import { METRIC_UNITS } from './metric.ts';
import { recordedName } from './recording.ts';

/** Name of a step of a user's scenario: the scenario's name, or a name that starts with it. */
const stepName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case words joined by hyphens'),
);
const text = v.pipe(v.string(), v.trim(), v.minLength(1, 'expected a text'), v.maxLength(200, 'is too long'));
const counted = recordedName;

/** Statistics of a histogram that a metric can report. */
export const STATISTICS = ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'] as const;

/** Source of a metric's value: a histogram or a counter. */
const sourceSchema = v.union([
  /** A statistic of a histogram, in µs. */
  v.strictObject({ histogram: counted, statistic: v.picklist(STATISTICS) }),
  /**
   * Without `per`, the metric is the value of a counter or gauge over the whole run. With `per: 'second'`, it is the
   * counter's rate in the steady phase. If `per` names another counter, it is the quotient of the two counters.
   */
  v.strictObject({ counter: counted, per: v.exactOptional(v.union([v.literal('second'), counted])) }),
]);
export type MetricSource = v.InferOutput<typeof sourceSchema>;

/**
 * A metric that a user's scenario declares. It is plain data, so a stored result can be read without the
 * scenario's file.
 */
export const declaredMetricSchema = v.strictObject({
  name: v.pipe(
    v.string(),
    v.regex(/^[a-z]\w*(\.\w+)+$/, 'expected words joined by dots, such as chat.join.p99'),
  ),
  title: text,
  of: sourceSchema,
  unit: v.picklist(METRIC_UNITS),
  better: v.nullable(v.picklist(['lower', 'higher'])),
});
export type DeclaredMetric = v.InferOutput<typeof declaredMetricSchema>;

const weight = v.pipe(v.number(), v.minValue(1), v.maxValue(100));

/**
 * What a user's scenario declares about its runs. The declarations are stored with the result, and contain
 * everything that figures and reports need to know about the scenario, but none of its code.
 */
export const declarationSchema = v.strictObject({
  name: scenarioName,
  title: text,
  question: text,
  steps: v.pipe(
    v.array(
      v.strictObject({
        name: stepName,
        load: v.nullable(v.picklist(['open', 'closed'])),
        server: v.picklist(['lean', 'ws']),
      }),
    ),
    v.minLength(1, 'expected at least one step'),
  ),
  /**
   * Additional names to record. Every run also records the common names and, if any step has a load, the names for
   * messages.
   */
  recorded: v.strictObject({
    counters: v.array(counted),
    gauges: v.array(counted),
    histograms: v.array(counted),
  }),
  conservation: v.array(v.strictObject({ whole: counted, parts: v.array(counted) })),
  phasesRead: v.record(counted, v.array(phaseSchema)),
  metrics: v.array(declaredMetricSchema),
  compared: v.array(v.strictObject({ name: v.string(), step: stepName, weight, headline: v.boolean() })),
  listed: v.array(v.strictObject({ name: v.string(), step: stepName, label: v.string() })),
  /** Number of report sections that the scenario's file adds. Reports created without the file lack them. */
  sections: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Whether --payload and --type determine the size and type of messages. */
  usesPayload: v.boolean(),
});
export type Declaration = v.InferOutput<typeof declarationSchema>;

/** Checks a declaration. Returns what is wrong with the value, and where; null if it is valid. */
export function declarationFault(value: unknown): { place: string; fault: string } | null {
  const parsed = v.safeParse(declarationSchema, value, { abortEarly: true });
  if (parsed.success) return null;
  const [issue] = parsed.issues;
  return { place: v.getDotPath(issue) ?? '', fault: issue.message };
}
