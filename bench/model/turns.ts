import * as v from 'valibot';
import { count } from './load.ts';

const positive = v.pipe(count, v.minValue(1));

/**
 * Interleaved runs. All of them are set up and connected first. The runs then repeatedly take turns, each
 * having the machine to itself for a moment. A disturbance that lasts seconds therefore affects all of them
 * equally.
 *
 *   run 0 of 2   ▇▇▇▇▇▇▇ · · · · · · · · · · · · · · · · ▇▇▇▇▇▇▇ ·
 *   run 1 of 2   · · · · · · · · ▇▇▇▇▇▇▇ · ▇▇▇▇▇▇▇ · · · · · · · ·
 *                |<- lengthMs ->|      |<- pauseMs
 *                |<-------- cycle -------->|<------- cycle ------->|
 *
 * In a cycle, every run has one turn. If the turns are mirrored, every second cycle reverses the order
 * (A B B A). Over two cycles, all runs then have the same mean position, so a steady drift of the machine
 * affects all of them alike, and no run always follows the same other run.
 */
export const turnsSchema = v.strictObject({
  /** Position of this run's turn in the first cycle, from 0. */
  index: count,
  of: positive,
  lengthMs: positive,
  /**
   * Pause at the end of each turn. During the pause nothing is sent, echoes in flight arrive, and the next run
   * prepares.
   */
  pauseMs: count,
  /** Whether every second cycle reverses the order of the runs. In older results, none does. */
  mirrored: v.optional(v.boolean(), false),
});
export type Turns = v.InferOutput<typeof turnsSchema>;

/** Returns the length in µs of the part of a turn in which messages may be sent. */
export function turnUs({ lengthMs, pauseMs }: Turns): number {
  return (lengthMs - pauseMs) * 1e3;
}

/** Returns the length in µs of a cycle, in which every run has one turn. */
export function cycleUs({ lengthMs, of }: Turns): number {
  return lengthMs * of * 1e3;
}

/**
 * Returns the longest time in µs that one recording or sample may cover: the length of one part of a cycle that
 * is divided into equal parts of at most a second. Each recording or sample then belongs to a single turn of
 * the run.
 */
export function sliceUs(turns: Turns | null): number {
  if (turns === null) return SECOND_US;
  const us = cycleUs(turns);
  return us / Math.ceil(us / SECOND_US);
}

const SECOND_US = 1e6;

/** Returns when a run's turn starts within a cycle, in µs since the start of that cycle. */
function turnStartUs({ index, of, lengthMs, mirrored }: Turns, cycle: number): number {
  return (mirrored && cycle % 2 === 1 ? of - 1 - index : index) * lengthMs * 1e3;
}

/**
 * Returns the run's own time in µs: how long it has had the machine to itself since the first turn of any run
 * began.
 */
export function ownTimeUs(turns: Turns | null, sinceUs: number): number {
  if (turns === null || sinceUs <= 0) return sinceUs;
  const cycles = Math.floor(sinceUs / cycleUs(turns));
  const inTurnUs = sinceUs - cycles * cycleUs(turns) - turnStartUs(turns, cycles);
  return cycles * turnUs(turns) + Math.min(Math.max(inTurnUs, 0), turnUs(turns));
}

/**
 * Returns the time in µs from the start of the first turn of any run until the run has had the machine to
 * itself for `ownUs`. Inverse of `ownTimeUs`.
 */
export function sinceFirstTurnUs(turns: Turns | null, ownUs: number): number {
  if (turns === null) return ownUs;
  const cycles = Math.floor(ownUs / turnUs(turns));
  return cycles * cycleUs(turns) + turnStartUs(turns, cycles) + (ownUs - cycles * turnUs(turns));
}

/**
 * Returns the time in ms until every run has had the machine to itself for `ownMs`, rounded up to whole
 * cycles. If the turns are mirrored, the number of cycles is even, so that every order occurs equally often.
 */
export function wallMs(turns: Turns | null, ownMs: number): number {
  if (turns === null) return ownMs;
  const cycles = Math.ceil((ownMs * 1e3) / turnUs(turns));
  return ((turns.mirrored ? cycles + (cycles % 2) : cycles) * cycleUs(turns)) / 1e3;
}
