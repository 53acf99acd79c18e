import * as v from 'valibot';
import { conditionSchema } from './condition.ts';
import { findingSchema } from './finding.ts';
import { amount } from './load.ts';
import { positive } from './plan.ts';

const level = v.pipe(amount, v.gtValue(0));

/** One run of a capacity search. */
export const trialSchema = v.strictObject({
  /** Messages per second or number of WebSockets, depending on the axis. */
  level,
  /** Whether the run finished, kept its schedule and met every objective. */
  met: v.boolean(),
  /** Whether the system kept up with the schedule, both in rate and in timeliness. */
  keptSchedule: v.boolean(),
  /**
   * Value of each objective's metric, in base units and in the order of the objectives; null if the run lacks
   * it.
   */
  figures: v.array(v.nullable(v.pipe(v.number(), v.finite()))),
  /**
   * Reason to attribute a missed objective to something other than the measured component. Null if nothing
   * was missed, or if the measured component is responsible.
   */
  elsewhere: v.nullable(findingSchema),
});
export type Trial = v.InferOutput<typeof trialSchema>;

/** The quantity that is raised until an objective is missed, and the quantity that stays constant. */
export const axisSchema = v.variant('over', [
  /** Raises messages per second over a constant number of WebSockets. */
  v.strictObject({ over: v.literal('rate'), connections: positive }),
  /** Raises the number of WebSockets. The message rate is constant, either in total or per connection. */
  v.strictObject({
    over: v.literal('connections'),
    ratePerSecond: level,
    per: v.picklist(['all', 'connection']),
  }),
]);
export type Axis = v.InferOutput<typeof axisSchema>;

/**
 * Kinds of bounds on a capacity.
 * - `between`: the objectives are met at the lower bound, and the measured component misses them at the upper
 *   one.
 * - `at-least`: something else was the limit above the lower bound.
 * - `below`: the objectives are missed at every level tried.
 * - `unknown`: no trial met the objectives, and something else may be the cause.
 */
export const CAPACITY_BOUNDS = ['between', 'at-least', 'below', 'unknown'] as const;

/** The highest level at which a variant meets the objectives. */
export const capacitySchema = v.strictObject({
  kind: v.literal('capacity'),
  variant: v.string(),
  axis: axisSchema,
  /** Objectives that must all be met. */
  objectives: v.array(conditionSchema),
  /**
   * Highest level that met the objectives, and lowest level above it that missed them; null if there is none.
   */
  interval: v.tuple([v.nullable(level), v.nullable(level)]),
  bound: v.picklist(CAPACITY_BOUNDS),
  /**
   * Reason that prevented the search from finding an upper bound for the measured component; null if there is
   * none.
   */
  limit: v.nullable(findingSchema),
  /** True if both ends of the interval are within the required precision and confirmed by repeated runs. */
  finished: v.boolean(),
  /** Trials in the order in which they ran. */
  trials: v.array(trialSchema),
});
export type CapacitySearch = v.InferOutput<typeof capacitySchema>;
