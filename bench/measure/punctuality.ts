import { counted } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { total } from './arithmetic.ts';
import { bucketsOf } from './histogram.ts';
import { mergeSlices } from './span.ts';

/** An echo that arrives more than this after its intended time is not in time. */
const IN_TIME_US = 1_000_000;

/**
 * Returns the share of messages due in these slices of an open loop that were echoed within 1 s of their
 * intended time. Given-up messages are among the response times with the time they had waited, but they are
 * not echoes. Null if nothing was due.
 *
 * @param unanswered messages that are in no histogram because they are still outstanding
 */
export function inTimeShare(slices: readonly Slice[], unanswered: number): number | null {
  const response = countsOf(slices, 'response');
  const givenUp = countsOf(slices, 'lostWait').inTime + countsOf(slices, 'unsentWait').inTime;
  // `due` is 0 in a run from before it was counted.
  const due = Math.max(
    total(slices.map(({ counters }) => counted(counters, 'due'))),
    response.all + unanswered,
  );
  return due === 0 ? null : Math.max(0, response.inTime - givenUp) / due;
}

function countsOf(slices: readonly Slice[], name: string): { all: number; inTime: number } {
  const counts = { all: 0, inTime: 0 };
  for (const [us, count] of bucketsOf(mergeSlices(slices, name))) {
    counts.all += count;
    if (us <= IN_TIME_US) counts.inTime += count;
  }
  return counts;
}
