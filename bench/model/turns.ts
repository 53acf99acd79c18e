import * as v from 'valibot';
import { count } from './load.ts';

const positive = v.pipe(count, v.minValue(1));

/**
 * Runs that take turns: all of them are set up and connected, and one after the other has the machine to itself
 * for a moment, again and again, so that what disturbs one of them within seconds disturbs all alike.
 *
 *   run 0 of 2   ▇▇▇▇▇▇▇ · · · · · · · · ▇▇▇▇▇▇▇ · · ·
 *   run 1 of 2   · · · · · · · · ▇▇▇▇▇▇▇ · · · · · · ·
 *                |<- lengthMs ->|      |<- pauseMs
 */
export const turnsSchema = v.strictObject({
  /** Whose turn this run's is, from 0. */
  index: count,
  of: positive,
  lengthMs: positive,
  /** At the end of each turn, in which nothing is sent: what is under way comes back, and the next gets ready. */
  pauseMs: count,
});
export type Turns = v.InferOutput<typeof turnsSchema>;

/** The part of a turn that is used, µs. */
export function turnUs({ lengthMs, pauseMs }: Turns): number {
  return (lengthMs - pauseMs) * 1e3;
}

/** From the beginning of one of a run's turns to that of the next, µs. */
export function cycleUs({ lengthMs, of }: Turns): number {
  return lengthMs * of * 1e3;
}

/** How much of the time since the first turn of all began a run had to itself: its own time, µs. */
export function ownTimeUs(turns: Turns | null, sinceUs: number): number {
  if (turns === null || sinceUs <= 0) return sinceUs;
  const cycles = Math.floor(sinceUs / cycleUs(turns));
  const inTurnUs = sinceUs - cycles * cycleUs(turns) - turns.index * turns.lengthMs * 1e3;
  return cycles * turnUs(turns) + Math.min(Math.max(inTurnUs, 0), turnUs(turns));
}

/** When, since the first turn of all began, a run has had so much time to itself; the inverse of `ownTimeUs`. */
export function sinceFirstTurnUs(turns: Turns | null, ownUs: number): number {
  if (turns === null) return ownUs;
  const cycles = Math.floor(ownUs / turnUs(turns));
  return cycles * cycleUs(turns) + turns.index * turns.lengthMs * 1e3 + (ownUs - cycles * turnUs(turns));
}

/** The time that it takes until every run has had so much to itself, in whole rounds of turns; ms. */
export function wallMs(turns: Turns | null, ownMs: number): number {
  if (turns === null) return ownMs;
  return (Math.ceil((ownMs * 1e3) / turnUs(turns)) * cycleUs(turns)) / 1e3;
}
