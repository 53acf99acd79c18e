import * as v from 'valibot';

/** The kind of unit of a metric, which decides how a limit is written and read. */
export const METRIC_UNITS = ['time', 'number', 'bytes'] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

const OPERATORS = {
  '<=': (value: number, limit: number) => value <= limit,
  '>=': (value: number, limit: number) => value >= limit,
  '==': (value: number, limit: number) => value === limit,
  '<': (value: number, limit: number) => value < limit,
  '>': (value: number, limit: number) => value > limit,
} as const;
export type Operator = keyof typeof OPERATORS;
const NAMES = Object.keys(OPERATORS) as Operator[];

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(OPERATORS, text);
}

/** A condition on a figure of a run, such as `response.p99<50ms`. */
export const conditionSchema = v.strictObject({
  /** As the user wrote it. */
  text: v.string(),
  metric: v.string(),
  operator: v.picklist(NAMES),
  /** In base units: µs, bytes, or a plain number. */
  limit: v.pipe(v.number(), v.finite()),
  unit: v.picklist(METRIC_UNITS),
});
export type Condition = v.InferOutput<typeof conditionSchema>;

/** @param value in base units; null if the run lacks it, which meets no condition */
export function isMet({ operator, limit }: Condition, value: number | null): boolean {
  return value !== null && OPERATORS[operator](value, limit);
}
