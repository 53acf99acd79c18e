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
  /** Whether the system kept up with the schedule, in both rate and timeliness. */
  keptSchedule: v.boolean(),
  /**
   * The metric value for each objective, in base units and in the order of the objectives; null if the run
   * lacks it.
   */
  figures: v.array(v.nullable(v.pipe(v.number(), v.finite()))),
  /**
   * Why a missed objective is attributed to something other than the measured component. Null if no objective
   * was missed, or if the measured component caused the miss.
   */
  elsewhere: v.nullable(findingSchema),
});
export type Trial = v.InferOutput<typeof trialSchema>;

/**
 * The quantity that the search increases until an objective is missed, and the one that it holds constant.
 */
export const axisSchema = v.variant('over', [
  /** Increases the message rate while the number of WebSockets stays constant. */
  v.strictObject({ over: v.literal('rate'), connections: positive }),
  /** Increases the number of WebSockets. The message rate is constant, either in total or per connection. */
  v.strictObject({
    over: v.literal('connections'),
    ratePerSecond: level,
    per: v.picklist(['all', 'connection']),
  }),
]);
export type Axis = v.InferOutput<typeof axisSchema>;

/**
 * How a capacity is bounded.
 * - `between`: the objectives are met at the lower bound, and the measured component misses them at the upper
 *   bound.
 * - `at-least`: above the lower bound, something other than the measured component was the limit.
 * - `below`: the objectives are missed at every level tried.
 * - `unknown`: no trial met the objectives, and something other than the measured component may be the cause.
 */
export const CAPACITY_BOUNDS = ['between', 'at-least', 'below', 'unknown'] as const;

/** The highest level at which a variant meets the objectives. */
export const capacitySchema = v.strictObject({
  kind: v.literal('capacity'),
  variant: v.string(),
  axis: axisSchema,
  /** The objectives, all of which must be met. */
  objectives: v.array(conditionSchema),
  /**
   * Highest level that met the objectives, and the lowest level above it that missed them; null for a level
   * that does not exist.
   */
  interval: v.tuple([v.nullable(level), v.nullable(level)]),
  bound: v.picklist(CAPACITY_BOUNDS),
  /** Why the search could not find an upper bound for the measured component; null if it could. */
  limit: v.nullable(findingSchema),
  /**
   * True if the interval is as narrow as the required precision and both ends are confirmed by repeated runs.
   */
  finished: v.boolean(),
  /** Trials in the order in which they ran. */
  trials: v.array(trialSchema),
});
export type CapacitySearch = v.InferOutput<typeof capacitySchema>;
