import { HISTOGRAMS, type HistogramName, type Recording } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { bucketValue } from './counts.ts';
import { emptyHistogram, encode } from './histogram.ts';

type Pairs = Uint32Array;

/** Slices as they grow: the recordings of all workers that cover the same second of the same phase. */
export interface Merger {
  add(recording: Recording): void;
  /** In the order of time; counts, bytes and gauges are sums over the workers. */
  slices(): Slice[];
  /** Of the newest second that is over, for a person to watch; null before there is one. */
  latest(): LiveFigures | null;
}

/** A look at one second while a run goes on. */
export interface LiveFigures {
  echoedPerSecond: number;
  p50Us: number | null;
  p99Us: number | null;
}

interface Growing extends Omit<Slice, 'histograms'> {
  recordings: number;
  pairs: Partial<Record<HistogramName, Pairs>>;
  /** The slice as it was handed out last; null where more has come since. */
  finished: Slice | null;
}

/** `workers`: how many recordings make a second whole. */
export function makeMerger(workers: number): Merger {
  const growing = new Map<string, Growing>();
  let latest: Growing | null = null;
  return {
    add(recording) {
      const key = `${recording.startUs} ${recording.phase}`;
      const slice = growing.get(key);
      const sum = slice === undefined ? begin(recording) : addTo(slice, recording);
      growing.set(key, sum);
      const whole = sum.recordings >= workers && sum.endUs > sum.startUs;
      if (whole && (latest === null || sum.startUs >= latest.startUs)) latest = sum;
    },
    slices: () =>
      [...growing.values()].sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs).map(finish),
    latest: () => (latest === null ? null : liveFigures(latest)),
  };
}

function begin(recording: Recording): Growing {
  const { startUs, endUs, phase, failures, histograms, outstanding, open } = recording;
  return {
    startUs,
    endUs,
    phase,
    counters: countersOf(recording),
    failures: { ...failures },
    gauges: { outstanding, open },
    recordings: 1,
    pairs: { ...histograms },
    finished: null,
  };
}

const COUNTERS = ['sent', 'echoed', 'lost', 'bytesSent', 'bytesReceived', 'opened'] as const;

function countersOf(recording: Recording): Slice['counters'] {
  const { sent, echoed, lost, bytesSent, bytesReceived, opened } = recording;
  return { sent, echoed, lost, bytesSent, bytesReceived, opened };
}

function addTo(slice: Growing, recording: Recording): Growing {
  slice.recordings++;
  slice.finished = null;
  slice.endUs = Math.max(slice.endUs, recording.endUs);
  for (const name of COUNTERS) slice.counters[name] += recording[name];
  slice.gauges.outstanding += recording.outstanding;
  slice.gauges.open += recording.open;
  for (const [kind, count] of Object.entries(recording.failures))
    slice.failures[kind] = (slice.failures[kind] ?? 0) + count;
  for (const name of HISTOGRAMS) {
    const pairs = recording.histograms[name];
    if (pairs !== undefined) slice.pairs[name] = mergePairs(slice.pairs[name], pairs);
  }
  return slice;
}

/** Adds two lists of (bucket index, count), both ascending by index: exact, nothing is rounded. */
export function mergePairs(a: Pairs | undefined, b: Pairs): Pairs {
  if (a === undefined) return b;
  const merged = new Uint32Array(a.length + b.length);
  let [i, j, at] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const left = i < a.length ? (a[i] ?? 0) : Number.POSITIVE_INFINITY;
    const right = j < b.length ? (b[j] ?? 0) : Number.POSITIVE_INFINITY;
    merged[at++] = Math.min(left, right);
    merged[at++] = (left <= right ? (a[i + 1] ?? 0) : 0) + (right <= left ? (b[j + 1] ?? 0) : 0);
    if (left <= right) i += 2;
    if (right <= left) j += 2;
  }
  return merged.slice(0, at);
}

/** Encodes (bucket index, count) pairs as a result keeps histograms. */
export function encodePairs(pairs: Pairs): string {
  const histogram = emptyHistogram();
  for (let i = 0; i < pairs.length; i += 2)
    histogram.recordValueWithCount(bucketValue(pairs[i] ?? 0), pairs[i + 1] ?? 0);
  return encode(histogram);
}

function finish(growing: Growing): Slice {
  growing.finished ??= encodeSlice(growing);
  return growing.finished;
}

function encodeSlice({ recordings: _, finished: _f, pairs, ...counts }: Growing): Slice {
  const histograms: Slice['histograms'] = {};
  for (const name of HISTOGRAMS) {
    const of = pairs[name];
    if (of !== undefined) histograms[name] = encodePairs(of);
  }
  return {
    ...counts,
    counters: { ...counts.counters },
    failures: { ...counts.failures },
    gauges: { ...counts.gauges },
    histograms,
  };
}

function liveFigures(slice: Growing): LiveFigures {
  const pairs = slice.pairs.response ?? slice.pairs.service;
  return {
    echoedPerSecond: (slice.counters.echoed * 1e6) / (slice.endUs - slice.startUs),
    p50Us: pairs === undefined ? null : quantile(pairs, 0.5),
    p99Us: pairs === undefined ? null : quantile(pairs, 0.99),
  };
}

function quantile(pairs: Pairs, share: number): number {
  let total = 0;
  for (let i = 1; i < pairs.length; i += 2) total += pairs[i] ?? 0;
  let seen = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    seen += pairs[i + 1] ?? 0;
    if (seen >= total * share) return bucketValue(pairs[i] ?? 0);
  }
  return 0;
}
