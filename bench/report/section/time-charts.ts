import type { Point } from '../../measure/series.ts';
import type { Slice } from '../../model/run.ts';
import { bytesAxis, timeAxis } from '../axis.ts';
import type { AxisSpec, LineSpec, SeriesSpec } from '../page/spec.ts';
import { dueOf } from '../verdict.ts';
import type { RunView } from '../view.ts';
import { bandsOf, eventsOf, steadySecond } from './bands.ts';

/** Time axis from the warm-up to the end; for several runs, from the earliest start to the latest end. */
export function timeOf(runs: readonly RunView[]): AxisSpec {
  const axis: AxisSpec = { title: 'seconds into the steady phase', unit: 'seconds' };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const view of runs) {
    for (const { phase, startUs, endUs } of view.run.phases) {
      if (phase === 'connect') continue;
      min = Math.min(min, steadySecond(view, startUs));
      max = Math.max(max, steadySecond(view, endUs));
    }
  }
  return min < max ? { ...axis, min: Math.floor(min), max: Math.ceil(max) } : axis;
}

export const ECHOED_AXIS: AxisSpec = { title: 'echoed per second', unit: 'rate', min: 0 };

/**
 * Chart of one figure over time, for all runs of a step. Disturbed seconds and phases are shaded only if
 * there is a single run. If there are several, only the events of the first run are marked.
 */
export function ofAll(
  id: string,
  runs: readonly RunView[],
  y: AxisSpec,
  figure: (point: Point) => number | null,
): LineSpec {
  return {
    kind: 'line',
    id,
    x: timeOf(runs),
    y,
    bands: runs.length === 1 ? runs.flatMap(bandsOf) : runs.slice(0, 1).flatMap(eventsOf),
    series: runs.map((view) => line(view.name, view.colour, view.pattern, over(view, figure))),
  };
}

/**
 * Chart of one figure over time, like `ofAll`, with one point per second. The values are computed from
 * slices, for example from a scenario's own counters and histograms.
 */
export function ofSlices(
  id: string,
  runs: readonly RunView[],
  y: AxisSpec,
  figure: (slice: Slice) => number | null,
): LineSpec {
  const points = ({ run, zeroUs }: RunView) =>
    run.slices
      .filter(({ phase, startUs, endUs }) => phase !== 'connect' && endUs > startUs)
      .map((slice) => ({
        x: Math.round(((slice.startUs + slice.endUs) / 2 - zeroUs) / 1e4) / 100,
        y: figure(slice),
      }));
  const spec = ofAll(id, runs, y, () => null);
  return {
    ...spec,
    series: runs.map((view) => line(view.name, view.colour, view.pattern, points(view))),
  };
}

/** The rates that share an axis. */
const RATES = ['sentPerSecond', 'echoedPerSecond', 'duePerSecond'] as const;

/**
 * Chart of messages sent, messages echoed and bytes over time. If the schedule was not kept, it also shows
 * the messages due.
 */
export function rateChart(view: RunView, runs: readonly RunView[], id: string): LineSpec {
  const due = dueOf(view.run) !== null && view.points.some(isOffSchedule);
  return {
    kind: 'line',
    id: `chart-rate-${id}`,
    x: timeOf(runs),
    y: {
      title: 'messages',
      unit: 'rate',
      min: 0,
      max: Math.max(...RATES.map((name) => mostOf(runs, (point) => point[name]))) * 1.05,
    },
    // The axis for bytes ends at twice the largest value, so that the line for bytes does not overlap the
    // lines for messages.
    y2: bytesAxis('bytes, both ways', 'bytesRate', 2 * mostOf(runs, bytesOf)),
    bands: bandsOf(view),
    series: [
      ...(due
        ? [
            line(
              'due',
              'series-2',
              3,
              over(view, (point) => point.duePerSecond),
            ),
          ]
        : []),
      line(
        'sent',
        'series-0',
        1,
        over(view, (point) => point.sentPerSecond),
      ),
      line(
        'echoed',
        'series-1',
        0,
        over(view, (point) => point.echoedPerSecond),
      ),
      { ...line('bytes', 'series-3', 2, over(view, bytesOf)), second: true },
    ],
  };
}

/**
 * Permitted difference between the messages sent and the messages due in a second, as a share of the messages
 * due. A few messages may be sent shortly after their second has ended.
 */
const OFF_SCHEDULE = 0.05;

function isOffSchedule({ duePerSecond: due, sentPerSecond: sent }: Point): boolean {
  return due !== null && sent !== null && Math.abs(due - sent) > OFF_SCHEDULE * due;
}

function bytesOf({ bytesSentPerSecond, bytesReceivedPerSecond }: Point): number | null {
  return bytesSentPerSecond === null || bytesReceivedPerSecond === null
    ? null
    : bytesSentPerSecond + bytesReceivedPerSecond;
}

function mostOf(runs: readonly RunView[], figure: (point: Point) => number | null): number {
  return runs.reduce(
    (most, { points }) => points.reduce((own, point) => Math.max(own, figure(point) ?? 0), most),
    0,
  );
}

/** Chart of median, p99 and maximum response time over time. */
export function responseChart(view: RunView, runs: readonly RunView[], id: string): LineSpec {
  return {
    kind: 'line',
    id: `chart-response-${id}`,
    x: timeOf(runs),
    y: timeAxis(
      'response time',
      runs.flatMap(({ points }) => points.flatMap(({ p50Us, p99Us, maxUs }) => [p50Us, p99Us, maxUs])),
    ),
    bands: bandsOf(view),
    series: [
      line(
        'p50',
        'series-0',
        0,
        over(view, (point) => point.p50Us),
      ),
      line(
        'p99',
        'series-1',
        1,
        over(view, (point) => point.p99Us),
      ),
      line(
        'max',
        'series-4',
        2,
        over(view, (point) => point.maxUs),
      ),
    ],
  };
}

function line(label: string, colour: string, pattern: number, points: SeriesSpec['points']): SeriesSpec {
  return { label, colour, pattern, points };
}

function over(view: RunView, figure: (point: Point) => number | null): SeriesSpec['points'] {
  return view.points.map((point) => {
    const y = figure(point);
    return { x: steadySecond(view, point.atUs), y: y === null ? null : Math.round(y) };
  });
}

/** Whether the run is an open loop. Only an open loop has a schedule and therefore a latency. */
export function isOpen({ run }: RunView): boolean {
  return run.plan.workload.load?.kind === 'open';
}
