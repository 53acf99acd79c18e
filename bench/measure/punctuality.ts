import { counted } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { total } from './arithmetic.ts';
import { bucketsOf } from './histogram.ts';
import { mergeSlices } from './span.ts';

/** An echo is late if it arrives more than this long after its message was due. */
const IN_TIME_US = 1_000_000;

/**
 * Returns the share of messages due in the given open-loop slices that were echoed within 1 s of their
 * intended time. Response times include the waits of abandoned messages, but abandoned messages do not count
 * as echoed. Null if no messages were due.
 *
 * @param unanswered number of messages that are still outstanding and therefore in no histogram
 */
export function inTimeShare(slices: readonly Slice[], unanswered: number): number | null {
  const response = countsOf(slices, 'response');
  const givenUp = countsOf(slices, 'lostWait').inTime + countsOf(slices, 'unsentWait').inTime;
  // `due` is 0 in older runs, which did not record it.
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
