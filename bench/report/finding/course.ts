import type { Point } from '../../measure/series.ts';
import { formatRate, formatShare, formatTime } from '../../wording/format.ts';
import { causesIn, steadySecond } from '../section/bands.ts';
import type { RunView } from '../view.ts';

/** Deviations smaller than this share are not mentioned. */
const EVEN = 0.01;

/** States how steady the rate was in the steady phase, and when it deviated most from the mean of its run. */
export function rateFinding(runs: readonly RunView[]): string {
  const furthest = runs
    .flatMap((view) => furthestOf(view) ?? [])
    .toSorted((a, b) => Math.abs(b.ratio - 1) - Math.abs(a.ratio - 1));
  const [first] = furthest;
  if (first === undefined) return 'No rate was measured in the steady phase.';
  const { view, point, ratio } = first;
  if (Math.abs(ratio - 1) < EVEN)
    return `The rate was steady: it stayed within ${formatShare(EVEN)} of the mean.`;
  const whose = runs.length === 1 ? '' : ` for ${view.name}`;
  return `The rate deviated from the mean by up to ${formatShare(Math.abs(ratio - 1))}${whose}: it ${ratio < 1 ? 'fell' : 'rose'} to ${formatRate(point.echoedPerSecond)} ${momentOf(view, point)}.`;
}

function furthestOf(view: RunView): { view: RunView; point: Point; ratio: number } | null {
  const mean = view.figures.messages.perSecond;
  if (mean === null || mean === 0) return null;
  const steady = view.points.filter(({ phase }) => phase === 'steady');
  const ratioOf = ({ echoedPerSecond }: Point): number => (echoedPerSecond ?? mean) / mean;
  const [furthest] = steady.toSorted((a, b) => Math.abs(ratioOf(b) - 1) - Math.abs(ratioOf(a) - 1));
  return furthest === undefined ? null : { view, point: furthest, ratio: ratioOf(furthest) };
}

/** States when p99 was highest in the steady phase, and how high it was. */
export function responseFinding(runs: readonly RunView[]): string {
  const moments = runs.flatMap((view) =>
    view.points.flatMap((point) =>
      point.phase === 'steady' && point.p99Us !== null ? [{ view, point, p99Us: point.p99Us }] : [],
    ),
  );
  const [worst] = moments.toSorted((a, b) => b.p99Us - a.p99Us);
  if (worst === undefined) return 'Too few messages per second to compute p99 over time.';
  const { view, point, p99Us } = worst;
  const whole = view.figures.latencies.response?.p99;
  const whose = runs.length === 1 ? '' : ` (${view.name})`;
  return `p99 peaked at ${formatTime(p99Us)}${whose} ${momentOf(view, point)}; over the whole steady phase it was ${formatTime(whole)}.`;
}

/** Formats a time as `at 7 s`, followed by the cause of any disturbance at that time. */
function momentOf(view: RunView, point: Point): string {
  const causes = causesIn(view, point);
  return `at ${Math.floor(steadySecond(view, point.startUs))} s${causes === '' ? '' : ` (disturbed: ${causes})`}`;
}
