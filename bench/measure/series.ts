import { PHASES, type Phase } from '../model/load.ts';
import { counted } from '../model/recording.ts';
import type { Run, Slice } from '../model/run.ts';
import { ratio } from './arithmetic.ts';
import { latencyNameOf } from './figures.ts';
import { mergeEncoded, supportedPercentile } from './histogram.ts';
import { ownSeconds } from './span.ts';

/** One point of a time series chart, covering one or more consecutive slices. */
export interface Point {
  /** Bounds and midpoint of the interval that the point covers, in µs since the run's epoch. */
  startUs: number;
  endUs: number;
  atUs: number;
  phase: Phase;
  /**
   * Messages due per second. All rates are null if the interval is too short: for example, a short slice at
   * the end of the drain has no meaningful throughput.
   */
  duePerSecond: number | null;
  sentPerSecond: number | null;
  echoedPerSecond: number | null;
  bytesSentPerSecond: number | null;
  bytesReceivedPerSecond: number | null;
  open: number;
  /** Connections opened per second. */
  openedPerSecond: number | null;
  /** Service time (closed loop) or response time (open loop) in µs; null if there are too few samples. */
  p50Us: number | null;
  p99Us: number | null;
  maxUs: number | null;
}

/**
 * Minimum interval for computing a rate. Over a shorter interval, the rate would be extrapolated from a few
 * messages.
 */
const LEAST_FOR_RATE_US = 250_000;

/**
 * Returns a run as a time series of at most `limit` points (plus one for each phase). If there are more
 * slices, consecutive slices of a phase are combined: counts are added and histograms merged, so that no
 * sample is omitted.
 */
export function seriesOf(run: Run, limit = 120): Point[] {
  const seconds = bySecond(run);
  const size = Math.max(1, Math.ceil(seconds.length / limit));
  const points: Point[] = [];
  let group: Second[] = [];
  for (const second of seconds) {
    if (group.length === size || (group[0] !== undefined && group[0].phase !== second.phase)) {
      points.push(...pointOf(run, group));
      group = [];
    }
    group.push(second);
  }
  return [...points, ...pointOf(run, group)];
}

interface Second {
  phase: Phase;
  startUs: number;
  endUs: number;
  slices: Slice[];
}

/**
 * Groups slices by the second in which they start. Older results may have two slices for the same second: a
 * steady slice, and a warm-up slice with the latencies of messages that were due earlier. The group is then
 * assigned to the later of the two phases.
 */
function bySecond(run: Run): Second[] {
  const seconds = new Map<number, Second>();
  for (const slice of run.slices) {
    const second = seconds.get(slice.startUs);
    if (second === undefined) {
      const { phase, startUs, endUs } = slice;
      seconds.set(startUs, { phase, startUs, endUs, slices: [slice] });
      continue;
    }
    second.slices.push(slice);
    second.endUs = Math.max(second.endUs, slice.endUs);
    if (PHASES.indexOf(slice.phase) > PHASES.indexOf(second.phase)) second.phase = slice.phase;
  }
  return [...seconds.values()].sort((a, b) => a.startUs - b.startUs);
}

/**
 * Combines a group of seconds into a point. Returns an empty list if the group has no duration, because rates
 * would be undefined.
 */
function pointOf(run: Run, group: readonly Second[]): Point[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined || last.endUs <= first.startUs) return [];
  const slices = group.flatMap((second) => second.slices);
  const durationUs = last.endUs - first.startUs;
  const own = ownSeconds(run, { startUs: first.startUs, endUs: last.endUs });
  const perSecond = (name: string): number | null =>
    durationUs < LEAST_FOR_RATE_US
      ? null
      : ratio(
          slices.reduce((sum, { counters }) => sum + counted(counters, name), 0),
          own,
        );
  const name = latencyNameOf(run);
  const latency = mergeEncoded(slices.flatMap((slice) => slice.histograms[name] ?? []));
  return [
    {
      startUs: first.startUs,
      endUs: last.endUs,
      atUs: (first.startUs + last.endUs) / 2,
      phase: first.phase,
      duePerSecond: perSecond('due'),
      sentPerSecond: perSecond('sent'),
      echoedPerSecond: perSecond('echoed'),
      bytesSentPerSecond: perSecond('bytesSent'),
      bytesReceivedPerSecond: perSecond('bytesReceived'),
      openedPerSecond: perSecond('opened'),
      open: last.slices.reduce((most, slice) => Math.max(most, slice.gauges.open), 0),
      p50Us: supportedPercentile(latency, 50),
      p99Us: supportedPercentile(latency, 99),
      maxUs: latency.totalCount === 0 ? null : latency.getValueAtPercentile(100),
    },
  ];
}
