import * as v from 'valibot';
import { conditionSchema } from './condition.ts';
import { amount } from './load.ts';
import { positive } from './plan.ts';

const level = v.pipe(amount, v.gtValue(0));

/** One run of the search. */
export const trialSchema = v.strictObject({
  /** Messages per second, or number of WebSockets. */
  level,
  /** Whether the run finished, kept its schedule and met every objective. */
  met: v.boolean(),
  /** Whether the system kept up with the schedule, in rate and in time. */
  keptSchedule: v.boolean(),
  /** The metric of each objective, in base units and in the order of the objectives; null if the run lacks it. */
  figures: v.array(v.nullable(v.pipe(v.number(), v.finite()))),
  /**
   * Why something other than the measured component may have caused the miss, in a sentence. Null if nothing else
   * did, or if nothing was missed.
   */
  elsewhere: v.nullable(v.string()),
});
export type Trial = v.InferOutput<typeof trialSchema>;

/** What is raised until an objective is missed, and what stays constant. */
export const axisSchema = v.variant('over', [
  /** Messages per second, over this many WebSockets. */
  v.strictObject({ over: v.literal('rate'), connections: positive }),
  /** WebSockets, with this many messages per second on all of them together or on each. */
  v.strictObject({
    over: v.literal('connections'),
    ratePerSecond: level,
    per: v.picklist(['all', 'connection']),
  }),
]);
export type Axis = v.InferOutput<typeof axisSchema>;

/**
 * What is known about a capacity. `between`: the objectives are met at the lower bound, and the measured component
 * misses them at the upper one. `at-least`: something else was the limit above the lower bound. `below`: they are
 * missed at every level tried. `unknown`: no trial met them, and something else may be the cause.
 */
export const CAPACITY_BOUNDS = ['between', 'at-least', 'below', 'unknown'] as const;

/** The highest level at which a variant meets the objectives. */
export const capacitySchema = v.strictObject({
  kind: v.literal('capacity'),
  variant: v.string(),
  axis: axisSchema,
  /** All have to be met. */
  objectives: v.array(conditionSchema),
  /**
   * Highest level at which they were met, and lowest level above it at which they were not; null if there is none.
   */
  interval: v.tuple([v.nullable(level), v.nullable(level)]),
  bound: v.picklist(CAPACITY_BOUNDS),
  /** What prevented an upper bound that is due to the measured component, in a sentence; null if nothing did. */
  limit: v.nullable(v.string()),
  /** Whether the ends are within the precision of each other and confirmed by repeats. */
  finished: v.boolean(),
  /** In the order in which they ran. */
  trials: v.array(trialSchema),
});
export type CapacitySearch = v.InferOutput<typeof capacitySchema>;
