import type { LoadDigest } from '../model/result.ts';
import { figureTitle, formatEffect, formatFigure } from '../report/comparison/words.ts';
import { payloadText } from '../report/load.ts';
import { formatCount, formatRate, formatTime } from '../report/page/format.ts';
import { capital } from '../report/words.ts';
import type { FigureKind } from '../strategy/figures.ts';
import { type Band, FEWEST, type Standing } from './changes.ts';
import type { Point, Series, Trend } from './series.ts';
import { dateText } from './time.ts';

/** Whether a figure improved or got worse. */
export type Direction = 'better' | 'worse';

export function directionOf({ better }: FigureKind, ratio: number): Direction {
  return ratio > 1 === (better === 'higher') ? 'better' : 'worse';
}

/** `dearer`, `faster`: the word used in comparisons. */
export function changeWord(figure: FigureKind, ratio: number): string {
  return figure.words[directionOf(figure, ratio) === 'better' ? 0 : 1];
}

/** `tls, throughput`, preceded by the name that the user gave, if any. */
export function seriesTitle({ name, variant, step }: Pick<Series, 'name' | 'variant' | 'step'>): string {
  return `${name === null ? '' : `${name}: `}${variant}, ${step}`;
}

/** The load in words: `1,000 WebSockets, 64 B text, 10 s, closed loop, lean on Bun`. */
export function loadText(load: LoadDigest | null): string {
  if (load === null) return 'workload not in the index';
  const { connections, workload, durationMs, client, server, engine } = load;
  const how = workload.load;
  const runtime = engine === 'bun' ? 'Bun' : 'Node';
  return [
    `${formatCount(connections)} WebSockets`,
    payloadText(workload.payload),
    formatTime(durationMs * 1000),
    how.kind === 'closed'
      ? `closed loop, ${formatCount(how.inFlight)} in flight`
      : `open loop, ${how.arrivals}`,
    `client ${client}${client === 'lean' ? ` on ${runtime}` : ''}`,
    `server ${server}${server === 'lean' ? ` on ${runtime}` : ''}`,
  ].join(', ');
}

/** The newest point that counts. */
export function newestOf({ points }: Trend): Point | null {
  return points.findLast(({ value }) => value !== null) ?? null;
}

/** The newest change that lasts, or that no point has followed yet. */
export function newestChange({ points }: Trend): ChangedPoint | null {
  return points.findLast(isChanged) ?? null;
}

export type ChangedPoint = Point & { value: number; standing: Extract<Standing, { kind: 'change' }> };

export function isChanged(point: Point): point is ChangedPoint {
  return point.standing.kind === 'change' && point.standing.lasting !== false;
}

/** The bounds relative to the centre: `−3 % to +3 %`. */
export function bandText({ centre, low, high }: Band): string {
  return `${formatEffect(low / centre)} to ${formatEffect(high / centre)}`;
}

/** `Nginx CPU per message dearer on 5 Jul 2026: +12 %. 23.4 µs after 20.9 µs, the median of 8 runs before; it has stayed so.` */
export function changeSentence(figure: FigureKind, point: ChangedPoint): string {
  const { ratio } = point.standing;
  const when = dateText(point.answer.startedAt);
  return `${capital(figureTitle(figure))} ${changeWord(figure, ratio)} on ${when}: ${formatEffect(ratio)}. ${changeEvidence(figure, point)}`;
}

/** `23.4 µs after 20.9 µs, the median of 8 runs before; it has stayed so.` */
export function changeEvidence(
  figure: FigureKind,
  { value, standing: { band, lasting } }: ChangedPoint,
): string {
  const since = lasting === true ? 'it has stayed so' : 'no run has followed yet';
  return `${formatFigure(value, figure)} after ${formatFigure(band.centre, figure)}, the median of ${band.runs} runs before; ${since}.`;
}

/** A trend in one sentence. */
export function trendSentence(trend: Trend): string {
  const { figure, points } = trend;
  const newest = newestOf(trend);
  if (newest === null) return 'No run counts.';
  const change = newestChange(trend);
  const { standing } = newest;
  if (standing.kind === 'change' && standing.lasting === false) return 'The newest run stands alone.';
  if (change !== null) return changeSentence(figure, change);
  if (standing.kind === 'same')
    return `No change: ${formatFigure(newest.value, figure)} is within what ${standing.band.runs} runs before leave room for (${bandText(standing.band)} about ${formatFigure(standing.band.centre, figure)}).`;
  const counted = points.filter(({ value }) => value !== null).length;
  return `${counted} ${counted === 1 ? 'run counts' : 'runs count'}; a change can be told after ${FEWEST} comparable ones.`;
}

/** The range of offered rates in a series; empty in a closed loop. */
export function ratesText({ answers }: Series): string {
  const rates = answers.flatMap(({ ratePerSecond }) => (ratePerSecond === null ? [] : [ratePerSecond]));
  if (rates.length === 0) return '';
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  return low === high ? formatRate(low) : `${formatRate(low)} to ${formatRate(high)}`;
}
