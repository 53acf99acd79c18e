import type { BenchEvent, LiveFigures } from '../model/event.ts';
import { html, type Markup } from '../report/markup.ts';
import { formatRate, formatTime } from '../wording/format.ts';

/** Maximum number of points kept per run. For a longer run, only every second, fourth, … point is kept. */
const MOST_POINTS = 240;

/**
 * Figures of the current run over time, thinned out so that a long run takes no more memory or time than a
 * short one.
 */
export interface Course {
  points: readonly LiveFigures[];
  /** Every n-th figure is kept; this is n. */
  every: number;
  /** Number of figures skipped since the last one that was kept. */
  skipped: number;
}

export const NO_COURSE: Course = { points: [], every: 1, skipped: 0 };

/** Returns the course after an event. Every run begins a new course. */
export function courseAfter(course: Course, event: BenchEvent): Course {
  if (event.type === 'run-planned') return NO_COURSE;
  if (event.type !== 'live') return course;
  if (course.skipped + 1 < course.every) return { ...course, skipped: course.skipped + 1 };
  const points = [...course.points, event.figures];
  if (points.length <= MOST_POINTS) return { ...course, points, skipped: 0 };
  return { points: points.filter((_, index) => index % 2 === 0), every: course.every * 2, skipped: 0 };
}

/**
 * Draws small charts of echoes per second (connections opened per second if nothing is echoed) and of tail
 * latency; empty until there are two points.
 */
export function courseMarkup({ points }: Course): Markup {
  const echoes = points.some(({ echoedPerSecond }) => echoedPerSecond > 0);
  const charts = [
    echoes
      ? chart(
          'Echoes per second',
          points.map(({ echoedPerSecond }) => echoedPerSecond),
          formatRate,
        )
      : chart(
          'Connections opened per second',
          points.map(({ openedPerSecond }) => openedPerSecond),
          formatRate,
        ),
    chart(
      'p99 of recent seconds',
      points.map(({ p99Us }) => p99Us),
      formatTime,
    ),
  ];
  return html`<div class="course">${charts}</div>`;
}

const WIDTH = 240;
const HEIGHT = 40;

function chart(title: string, values: readonly (number | null)[], format: (value: number) => string): Markup {
  const most = Math.max(...values.map((value) => value ?? 0));
  if (values.length < 2 || most === 0) return html`<figure></figure>`;
  const step = WIDTH / (values.length - 1);
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${(index * step).toFixed(1)},${(HEIGHT * (1 - value / most)).toFixed(1)}`],
  );
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title} (maximum ${format(most)})"><polyline points="${points.join(' ')}"/></svg><figcaption>${title} (maximum ${format(most)})</figcaption></figure>`;
}
