import type { RecordedName } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { total } from './arithmetic.ts';
import { bucketsOf } from './histogram.ts';
import { mergeSlices } from './span.ts';

/** Later than this after it was due an echo no longer counts for the second that asked for it. */
const IN_TIME_US = 1_000_000;

/**
 * Of the messages of an open loop that were due in these slices the share that was echoed within 1 s of when it was
 * due. What was given up stands among the response times with the time that it had waited, and is no echo. Null
 * where nothing was due.
 *
 * @param unanswered messages that stand in no histogram, for they are still outstanding
 */
export function inTimeShare(slices: readonly Slice[], unanswered: number): number | null {
  const response = countsOf(slices, 'response');
  const givenUp = countsOf(slices, 'lostWait').inTime + countsOf(slices, 'unsentWait').inTime;
  // A run from before `due` was counted has 0 there.
  const due = Math.max(total(slices.map(({ counters }) => counters.due)), response.all + unanswered);
  return due === 0 ? null : Math.max(0, response.inTime - givenUp) / due;
}

function countsOf(slices: readonly Slice[], name: RecordedName): { all: number; inTime: number } {
  const counts = { all: 0, inTime: 0 };
  for (const [us, count] of bucketsOf(mergeSlices(slices, name))) {
    counts.all += count;
    if (us <= IN_TIME_US) counts.inTime += count;
  }
  return counts;
}
