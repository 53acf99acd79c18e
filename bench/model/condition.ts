import * as v from 'valibot';
import { metricUnitSchema } from './metric.ts';

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

/** A condition on a metric of a run, such as `response.p99<50ms`. */
export const conditionSchema = v.strictObject({
  /** The condition as the user wrote it. */
  text: v.string(),
  metric: v.string(),
  operator: v.picklist(NAMES),
  /** Limit in base units: µs, bytes, or a plain number. */
  limit: v.pipe(v.number(), v.finite()),
  unit: metricUnitSchema,
});
export type Condition = v.InferOutput<typeof conditionSchema>;

/** @param value in base units; null if the run lacks the metric, in which case the condition is not met */
export function isMet({ operator, limit }: Condition, value: number | null): boolean {
  return value !== null && OPERATORS[operator](value, limit);
}
