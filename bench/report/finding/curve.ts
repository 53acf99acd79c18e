import { bucketsOf, type Histogram, supportedPercentile } from '../../measure/histogram.ts';
import { formatShare, formatTime } from '../../wording/format.ts';
import { extremesSentence, formatFactor } from './extremes.ts';

/** The recorded times of one variant. */
export interface Times {
  name: string;
  times: Histogram;
}

/**
 * States the times within which 50 % and 99 % of the messages came back, from the fastest variant to the
 * slowest.
 */
export function percentileFinding(runs: readonly Times[]): string {
  const half = rangeOf(runs, 50);
  const tail = rangeOf(runs, 99);
  if (half === null) return 'Too few echoes to compute a percentile.';
  const clause = `Half of the messages came back within ${half.text}`;
  if (tail === null) return `${clause}; there were too few messages for a p99.`;
  const factor =
    half.us === null || tail.us === null ? '' : `, ${formatFactor(tail.us / half.us)} times as long`;
  return `${clause} and 99 % within ${tail.text}${factor}.`;
}

/**
 * Range of a percentile over all variants: `64 µs (direct) to 102 µs (tls)`. `us` is the value if all
 * variants share it.
 */
function rangeOf(runs: readonly Times[], percentile: number): { text: string; us: number | null } | null {
  const known = runs
    .map(({ name, times }) => ({ name, us: supportedPercentile(times, percentile) }))
    .filter((each): each is { name: string; us: number } => each.us !== null)
    .toSorted((a, b) => a.us - b.us);
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) return null;
  const [least, most] = [formatTime(first.us), formatTime(last.us)];
  if (known.length === 1 || least === most) return { text: least, us: first.us };
  return { text: `${least} (${first.name}) to ${most} (${last.name})`, us: null };
}

/** A message that takes more than this many times the median counts as stalled. */
const FAR = 10;

/** States the share of messages that took far longer than usual for their variant. */
export function tailFinding(runs: readonly Times[]): string {
  const levels = runs.map(({ name, times }) => ({ name, value: farShare(times) }));
  return extremesSentence(
    `The share of messages that took more than ${FAR} times the median`,
    levels,
    formatShare,
  );
}

function farShare(times: Histogram): number | null {
  if (times.totalCount === 0) return null;
  const far = FAR * times.getValueAtPercentile(50);
  let count = 0;
  for (const [us, messages] of bucketsOf(times)) if (us > far) count += messages;
  return count / times.totalCount;
}
