import { evenBins } from '../../measure/distribution.ts';
import { histogramOf } from '../../measure/figures.ts';
import { formatTime } from '../../wording/format.ts';
import { counted, paragraph } from '../../wording/words.ts';
import { chartFigure } from '../chart-figure.ts';
import type { Markup } from '../markup.ts';
import type { LineSpec } from '../page/spec.ts';
import type { RunView } from '../view.ts';

/** Number of intervals into which the longest outage of all runs is divided. */
const INTERVALS = 200;

/**
 * Chart of the number of clients without a connection, by the time since they lost it. Counts per second would
 * hide outages shorter than a second. Clients that never reconnected are counted until the end of the chart.
 * Null if no client reconnected.
 */
export function outageChart(runs: readonly RunView[]): LineSpec | null {
  const all = runs.map((view) => ({ view, outages: histogramOf(view.run, 'outage') }));
  const longestUs = Math.max(0, ...all.map(({ outages }) => outages.maxValue));
  if (longestUs === 0) return null;
  const widthUs = Math.ceil(longestUs / INTERVALS);
  const max = ((Math.floor(longestUs / widthUs) + 1) * widthUs) / 1e6;
  return {
    kind: 'line',
    id: 'chart-outage',
    x: { title: 'seconds since a client lost its connection', unit: 'seconds', min: 0, max },
    y: { title: 'clients without a connection', unit: 'count', min: 0 },
    series: all.map(({ view: { name, colour, pattern, figures }, outages }) => {
      let absent = outages.totalCount + (figures.counts.waiting ?? 0);
      const points = [{ x: 0, y: absent }];
      for (const { toUs, count } of evenBins(outages, widthUs)) {
        absent -= count;
        points.push({ x: toUs / 1e6, y: absent });
      }
      return { label: name, colour, pattern, stepped: true, points: [...points, { x: max, y: absent }] };
    }),
  };
}

export function outageFigure(chart: LineSpec, runs: readonly RunView[]): Markup {
  return chartFigure(
    chart,
    'Clients without a connection',
    runs.map(backSentence).join(' '),
    'Each client is counted from the moment it loses its connection until the handshake of its next connection has ended. This period includes all failed attempts and the delay before each attempt.',
  );
}

/** Summarises outages, as in `plain: 333 clients came back, half of them within 86 ms …` */
function backSentence({ name, figures: { counts, latencies } }: RunView): string {
  const { count = 0, p50, max } = latencies.outage ?? {};
  const { waiting = 0 } = counts;
  if (count === 0)
    return waiting === 0 ? `${name}: no client lost its connection.` : `${name}: no client came back.`;
  return `${name}: ${paragraph([
    count === 1
      ? `1 client came back, ${formatTime(max)} after losing its connection.`
      : `${counted(count, 'client')} came back, half of them within ${formatTime(p50)} of losing their connections, and the last after ${formatTime(max)}.`,
    waiting === 0 ? '' : `${counted(waiting, 'client was', 'clients were')} not back at the end.`,
  ])}`;
}
