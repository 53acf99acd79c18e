import * as v from 'valibot';
import { count } from './load.ts';

const positive = v.pipe(count, v.minValue(1));

/**
 * Runs that take turns. All of them are set up and connected; then each in turn has the machine to itself for a
 * moment, again and again. A disturbance that lasts seconds therefore affects all of them equally.
 *
 *   run 0 of 2   ▇▇▇▇▇▇▇ · · · · · · · · ▇▇▇▇▇▇▇ · · ·
 *   run 1 of 2   · · · · · · · · ▇▇▇▇▇▇▇ · · · · · · ·
 *                |<- lengthMs ->|      |<- pauseMs
 */
export const turnsSchema = v.strictObject({
  /** The position of this run's turn, from 0. */
  index: count,
  of: positive,
  lengthMs: positive,
  /** The end of each turn, in which nothing is sent: messages in flight come back, and the next run gets ready. */
  pauseMs: count,
});
export type Turns = v.InferOutput<typeof turnsSchema>;

/** The usable part of a turn, µs. */
export function turnUs({ lengthMs, pauseMs }: Turns): number {
  return (lengthMs - pauseMs) * 1e3;
}

/** The time between the starts of two consecutive turns of a run, µs. */
export function cycleUs({ lengthMs, of }: Turns): number {
  return lengthMs * of * 1e3;
}

/** How long a run had the machine to itself since the first turn of all began: its own time, µs. */
export function ownTimeUs(turns: Turns | null, sinceUs: number): number {
  if (turns === null || sinceUs <= 0) return sinceUs;
  const cycles = Math.floor(sinceUs / cycleUs(turns));
  const inTurnUs = sinceUs - cycles * cycleUs(turns) - turns.index * turns.lengthMs * 1e3;
  return cycles * turnUs(turns) + Math.min(Math.max(inTurnUs, 0), turnUs(turns));
}

/**
 * When a run will have had this much time to itself, counted from the first turn of all. Inverse of `ownTimeUs`.
 */
export function sinceFirstTurnUs(turns: Turns | null, ownUs: number): number {
  if (turns === null) return ownUs;
  const cycles = Math.floor(ownUs / turnUs(turns));
  return cycles * cycleUs(turns) + turns.index * turns.lengthMs * 1e3 + (ownUs - cycles * turnUs(turns));
}

/** The time until every run has had this much time to itself, in whole rounds of turns, ms. */
export function wallMs(turns: Turns | null, ownMs: number): number {
  if (turns === null) return ownMs;
  return (Math.ceil((ownMs * 1e3) / turnUs(turns)) * cycleUs(turns)) / 1e3;
}
