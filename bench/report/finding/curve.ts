import { bucketsOf, type Histogram, supportedPercentile } from '../../measure/histogram.ts';
import { formatShare, formatTime } from '../page/format.ts';
import { formatFactor, levelsSentence } from './levels.ts';

/** The times of one variant. */
export interface Times {
  name: string;
  times: Histogram;
}

/** How fast half of the messages and 99 of 100 came back, from the fastest variant to the slowest. */
export function percentileFinding(runs: readonly Times[]): string {
  const half = rangeOf(runs, 50);
  const tail = rangeOf(runs, 99);
  if (half === null) return 'Too few messages came back to tell a percentile.';
  const told = `Half of all messages came back within ${half.text}`;
  if (tail === null) return `${told}; there are too few for a p99.`;
  const factor = half.alone === null || tail.alone === null ? null : tail.alone / half.alone;
  return `${told}, 99 of 100 within ${tail.text}${factor === null ? '' : `: ${formatFactor(factor)} times as long`}.`;
}

/** A percentile over all variants: `64 µs (direct) to 102 µs (tls)`. `alone` is the value if there is only one. */
function rangeOf(runs: readonly Times[], percentile: number): { text: string; alone: number | null } | null {
  const known = runs
    .map(({ name, times }) => ({ name, us: supportedPercentile(times, percentile) }))
    .filter((each): each is { name: string; us: number } => each.us !== null)
    .toSorted((a, b) => a.us - b.us);
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) return null;
  if (known.length === 1) return { text: formatTime(first.us), alone: first.us };
  return {
    text: `${formatTime(first.us)} (${first.name}) to ${formatTime(last.us)} (${last.name})`,
    alone: null,
  };
}

/** A message that takes this many times the median counts as stalled. */
const FAR = 10;

/** What share of messages took far longer than usual for their variant. */
export function tailFinding(runs: readonly Times[]): string {
  const levels = runs.map(({ name, times }) => ({ name, value: farShare(times) }));
  return levelsSentence(
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
