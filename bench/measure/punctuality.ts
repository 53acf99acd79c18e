import type { Slice } from '../model/run.ts';
import { bucketsOf } from './histogram.ts';
import { mergeSlices } from './span.ts';

/** Later than this after it was due an echo no longer counts for the second that asked for it. */
const IN_TIME_US = 1_000_000;

/**
 * Of the messages whose response times these slices hold, and of those that are still `unanswered`, the share that
 * was echoed within 1 s of when it was due. What was lost stands in the histogram with the time that it had waited
 * and is no echo. Null where nothing was due.
 */
export function inTimeShare(slices: readonly Slice[], unanswered: number): number | null {
  let due = unanswered;
  let inTime = 0;
  for (const [us, count] of bucketsOf(mergeSlices(slices, 'response'))) {
    due += count;
    if (us <= IN_TIME_US) inTime += count;
  }
  const lost = slices.reduce((sum, slice) => sum + slice.counters.lost, 0);
  return due === 0 ? null : Math.max(0, inTime - lost) / due;
}
