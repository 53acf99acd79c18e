import { metricTitle } from '../metrics/metrics.ts';
import type { LoadDigest } from '../model/result.ts';
import { formatEffect } from '../report/comparison/effect.ts';
import { payloadText } from '../report/load.ts';
import { formatCount, formatFigure, formatRate, formatTime } from '../wording/format.ts';
import { capital, counted } from '../wording/words.ts';
import { type Band, FEWEST, type Standing } from './changes.ts';
import type { Point, Series, Trend, TrendMetric } from './series.ts';
import { dateText } from './time.ts';

/** Whether a metric improved or got worse. */
export type Direction = 'better' | 'worse';

export function directionOf({ better }: TrendMetric, ratio: number): Direction {
  return ratio > 1 === (better === 'higher') ? 'better' : 'worse';
}

/** Returns the word that a comparison would use for a change, such as `higher` or `faster`. */
export function changeWord(figure: TrendMetric, ratio: number): string {
  if (figure.kind === 'usage') return ratio > 1 ? 'higher' : 'lower';
  return directionOf(figure, ratio) === 'better' ? 'faster' : 'slower';
}

/**
 * Returns the title of a series, such as `tls, throughput`, preceded by the user's name for the series, if
 * any.
 */
export function seriesTitle({ name, variant, step }: Pick<Series, 'name' | 'variant' | 'step'>): string {
  return `${name === null ? '' : `${name}: `}${variant}, ${step}`;
}

/** Describes the load, as in `1,000 WebSockets, 64 B text, 10 s, closed loop, lean on Bun`. */
export function loadText(load: LoadDigest | null): string {
  if (load === null) return 'workload unknown';
  const { connections, workload, durationMs, client, server, backend, engine } = load;
  const how = workload.load;
  const runtime = engine === 'bun' ? 'Bun' : 'Node';
  return [
    `${formatCount(connections)} WebSockets`,
    payloadText(workload.payload),
    formatTime(durationMs * 1000),
    ...(how === null
      ? []
      : [
          how.kind === 'closed'
            ? `closed loop, ${formatCount(how.inFlight)} in flight`
            : `open loop, ${how.arrivals}`,
        ]),
    `client ${client}${client === 'lean' ? ` on ${runtime}` : ''}`,
    ...(server === null ? [] : [`server ${backend ?? server}${server === 'lean' ? ` on ${runtime}` : ''}`]),
  ].join(', ');
}

/** Returns the newest point that has a valid value. */
export function newestOf({ points }: Trend): Point | null {
  return points.findLast(({ value }) => value !== null) ?? null;
}

/** Returns the newest change. Changes that the next value did not confirm are ignored. */
export function newestChange({ points }: Trend): ChangedPoint | null {
  return points.findLast(isChanged) ?? null;
}

export type ChangedPoint = Point & { value: number; standing: Extract<Standing, { kind: 'change' }> };

export function isChanged(point: Point): point is ChangedPoint {
  return point.standing.kind === 'change' && point.standing.lasting !== false;
}

/** Formats the bounds of a band relative to its centre, as in `−3 % to +3 %`. */
export function bandText({ centre, low, high }: Band): string {
  return `${formatEffect(low / centre)} to ${formatEffect(high / centre)}`;
}

/**
 * Returns a sentence such as `Nginx CPU per message higher on 5 Jul 2026: +12 %. 23.4 µs, compared with …`
 */
export function changeSentence(figure: TrendMetric, point: ChangedPoint): string {
  const { ratio } = point.standing;
  const when = dateText(point.answer.startedAt);
  return `${capital(metricTitle(figure))} ${changeWord(figure, ratio)} on ${when}: ${formatEffect(ratio)}. ${changeEvidence(figure, point)}`;
}

/**
 * Returns evidence such as `23.4 µs, compared with a median of 20.9 µs over 8 earlier runs; confirmed by the
 * next run.`
 */
export function changeEvidence(
  figure: TrendMetric,
  { value, standing: { band, lasting } }: ChangedPoint,
): string {
  const since = lasting === true ? 'confirmed by the next run' : 'not yet confirmed by another run';
  return `${formatFigure(value, figure.unit)}, compared with a median of ${formatFigure(band.centre, figure.unit)} over ${band.runs} earlier runs; ${since}.`;
}

/** Describes a trend in one sentence. */
export function trendSentence(trend: Trend): string {
  const { figure, points } = trend;
  const newest = newestOf(trend);
  if (newest === null) return 'No usable runs.';
  const change = newestChange(trend);
  const { standing } = newest;
  if (change !== null) return changeSentence(figure, change);
  if (standing.kind === 'same')
    return `No change: ${formatFigure(newest.value, figure.unit)} is within the range expected from ${standing.band.runs} earlier runs (${bandText(standing.band)} around ${formatFigure(standing.band.centre, figure.unit)}).`;
  const usable = points.filter(({ value }) => value !== null).length;
  return `${counted(usable, 'usable run')} so far; detecting a change requires ${FEWEST} comparable ones.`;
}

/** Formats the range of offered rates in a series; empty for a closed loop. */
export function ratesText({ answers }: Series): string {
  const rates = answers.flatMap(({ ratePerSecond }) => (ratePerSecond === null ? [] : [ratePerSecond]));
  if (rates.length === 0) return '';
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  return low === high ? formatRate(low) : `${formatRate(low)} to ${formatRate(high)}`;
}
