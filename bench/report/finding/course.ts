import type { Point } from '../../measure/series.ts';
import { formatShare, formatTime } from '../page/format.ts';
import { causesIn, secondOf } from '../section/bands.ts';
import type { RunView } from '../view.ts';

/** Deviations below this are not worth mentioning. */
const EVEN = 0.01;

/** How even the rate was: the moment in the steady phase that is furthest from the mean of its run. */
export function rateFinding(runs: readonly RunView[]): string {
  const furthest = runs
    .flatMap((view) => furthestOf(view) ?? [])
    .toSorted((a, b) => Math.abs(b.ratio - 1) - Math.abs(a.ratio - 1));
  const [first] = furthest;
  if (first === undefined) return 'No rate was measured in the steady phase.';
  const { view, point, ratio } = first;
  if (Math.abs(ratio - 1) < EVEN)
    return `No moment of the steady phase is more than ${formatShare(EVEN)} off the mean of its run.`;
  const off = `${formatShare(Math.abs(ratio - 1))} ${ratio < 1 ? 'less' : 'more'} than its mean, ${momentOf(view, point)}`;
  return runs.length === 1
    ? `At the moment furthest from its mean it echoed ${off}.`
    : `The most uneven was ${view.name}: it echoed up to ${off}.`;
}

function furthestOf(view: RunView): { view: RunView; point: Point; ratio: number } | null {
  const mean = view.figures.messages.perSecond;
  if (mean === null || mean === 0) return null;
  const steady = view.points.filter(({ phase }) => phase === 'steady');
  const ratioOf = ({ echoedPerSecond }: Point): number => (echoedPerSecond ?? mean) / mean;
  const [furthest] = steady.toSorted((a, b) => Math.abs(ratioOf(b) - 1) - Math.abs(ratioOf(a) - 1));
  return furthest === undefined ? null : { view, point: furthest, ratio: ratioOf(furthest) };
}

/** When in the steady phase p99 was highest, and how high. */
export function responseFinding(runs: readonly RunView[]): string {
  const moments = runs.flatMap((view) =>
    view.points.flatMap((point) =>
      point.phase === 'steady' && point.p99Us !== null ? [{ view, point, p99Us: point.p99Us }] : [],
    ),
  );
  const [worst] = moments.toSorted((a, b) => b.p99Us - a.p99Us);
  if (worst === undefined) return 'Too few messages came back in a second to tell its p99.';
  const { view, point, p99Us } = worst;
  const whole = view.figures.latencies.response?.p99;
  const whose = runs.length === 1 ? '' : ` of ${view.name}`;
  return `The highest p99 of a moment is ${formatTime(p99Us)}${whose}, ${momentOf(view, point)}; over the whole steady phase its p99 is ${formatTime(whole)}.`;
}

/** `at 7 s`, and what disturbed the run then, if anything. */
function momentOf(view: RunView, point: Point): string {
  const causes = causesIn(view, point);
  return `at ${Math.floor(secondOf(view, point.startUs))} s${causes === '' ? '' : ` (disturbed: ${causes})`}`;
}
