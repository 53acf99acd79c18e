import type { Finding } from '../model/finding.ts';
import { type Counters, counted, type Recording, type WorkerId } from '../model/recording.ts';
import type { Slice, WorkerTotals } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import { bucketValue } from './counts.ts';
import { emptyHistogram, encode, supports } from './histogram.ts';

type Pairs = Uint32Array;

/**
 * Collects recordings into slices. A slice merges the recordings of all workers for the same second of the same
 * phase.
 */
export interface Merger {
  /** Returns false, without adding anything, for a duplicate: a transport may deliver twice. */
  add(recording: Recording): boolean;
  /** In chronological order. Counts, bytes and gauges are sums over the workers. */
  slices(): Slice[];
  /** Figures of the last complete seconds, for live display; null before there is one. */
  latest(): LoadFigures | null;
  /** Checks that all recordings have arrived and add up to the workers' totals; empty if they do. */
  check(ends: readonly WorkerEnd[]): Finding[];
}

/** The final report of a worker, or what is known of it if there was none. */
export interface WorkerEnd {
  from: WorkerId;
  totals: WorkerTotals;
  /** How many recordings it made; null if it could not report that. */
  recordings: number | null;
}

/** A view of the load in progress: rates of the last second, times of the last few. */
export interface LoadFigures {
  duePerSecond: number;
  echoedPerSecond: number;
  /** In µs; null if the samples do not support it. */
  p50Us: number | null;
  p99Us: number | null;
  p999Us: number | null;
}

/** How far back live percentiles reach, within one phase. */
const WATCHED_US = 5_000_000;

interface Growing extends Omit<Slice, 'histograms'> {
  /** Not counting supplements. */
  recordings: number;
  pairs: Record<string, Pairs>;
  /** The slice as last returned; null if more has been added since. */
  finished: Slice | null;
}

/** @param workers how many recordings complete a second */
export function makeMerger(workers: number): Merger {
  const growing = new Map<string, Growing>();
  const sequences = new Map<string, Set<number>>();
  let latest: Growing | null = null;
  const slices = () =>
    [...growing.values()].sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs).map(finish);
  return {
    add(recording) {
      if (!isNew(sequences, recording)) return false;
      const key = `${recording.startUs} ${recording.phase}`;
      const slice = growing.get(key) ?? begin(recording);
      growing.set(key, slice);
      addTo(slice, recording);
      const whole = slice.recordings >= workers && slice.endUs > slice.startUs;
      if (whole && (latest === null || slice.startUs >= latest.startUs)) latest = slice;
      return true;
    },
    slices,
    latest: () => (latest === null ? null : loadFigures(latest, growing.values())),
    check: (ends) => [...missing(sequences, ends), ...differences(slices(), ends)],
  };
}

function keyOf({ host, index }: WorkerId): string {
  return `${index} ${host}`;
}

function isNew(sequences: Map<string, Set<number>>, { from, sequence }: Recording): boolean {
  const source = keyOf(from);
  const seen = sequences.get(source) ?? new Set();
  sequences.set(source, seen);
  return seen.size < seen.add(sequence).size;
}

/**
 * If a worker did not report how many recordings it made, at least the gaps between those that arrived are known.
 */
function missing(sequences: ReadonlyMap<string, ReadonlySet<number>>, ends: readonly WorkerEnd[]): Finding[] {
  return ends.flatMap(({ from, recordings }) => {
    const seen = sequences.get(keyOf(from)) ?? new Set<number>();
    const made = recordings ?? Math.max(-1, ...seen) + 1;
    const absent = Array.from({ length: made }, (_, sequence) => sequence).filter((one) => !seen.has(one));
    if (absent.length === 0) return [];
    const { host, index } = from;
    return [finding('recordings-missing', { missing: absent.length, of: made, generator: index + 1, host })];
  });
}

/** Slices come from recordings, totals are counted by the workers: the sums must agree. */
function differences(slices: readonly Slice[], ends: readonly WorkerEnd[]): Finding[] {
  const inSlices: Counters = { failed: 0 };
  for (const { counters, failures } of slices) {
    addCounts(inSlices, counters);
    for (const count of Object.values(failures)) inSlices.failed = counted(inSlices, 'failed') + count;
  }
  const inTotals: Counters = {};
  for (const { totals } of ends) addCounts(inTotals, totals);
  const unequal = Object.keys(inSlices)
    .map((name) => ({ name, slices: counted(inSlices, name), totals: counted(inTotals, name) }))
    .filter(({ slices, totals }) => slices !== totals);
  return unequal.length === 0 ? [] : [finding('slices-differ', { counts: unequal })];
}

/** Adds counts or levels to others, by name. */
function addCounts(sums: Counters, counts: Readonly<Counters>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = counted(sums, name) + count;
}

function begin({ startUs, endUs, phase }: Recording): Growing {
  return {
    startUs,
    endUs,
    phase,
    counters: {},
    failures: {},
    gauges: { open: 0 },
    recordings: 0,
    pairs: {},
    finished: null,
  };
}

function addTo(slice: Growing, recording: Recording): void {
  slice.finished = null;
  slice.endUs = Math.max(slice.endUs, recording.endUs);
  addCounts(slice.counters, recording.counters);
  addCounts(slice.failures, recording.failures);
  for (const [name, pairs] of Object.entries(recording.histograms))
    slice.pairs[name] = mergePairs(slice.pairs[name], pairs);
  if (recording.gauges === null) return;
  slice.recordings++;
  addCounts(slice.gauges, recording.gauges);
}

/** Adds two lists of (bucket index, count), both in ascending order of index. Exact: nothing is rounded. */
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

/** Encodes (bucket index, count) pairs as histograms are stored in a result. */
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
  return {
    ...counts,
    counters: { ...counts.counters },
    failures: { ...counts.failures },
    gauges: { ...counts.gauges },
    histograms: Object.fromEntries(Object.entries(pairs).map(([name, of]) => [name, encodePairs(of)])),
  };
}

function loadFigures(newest: Growing, all: Iterable<Growing>): LoadFigures {
  let pairs: Pairs = new Uint32Array();
  for (const { phase, startUs, pairs: own } of all) {
    if (phase === newest.phase && startUs > newest.startUs - WATCHED_US && startUs <= newest.startUs)
      pairs = mergePairs(pairs, own.response ?? own.service ?? new Uint32Array());
  }
  const perSecond = (count: number) => (count * 1e6) / (newest.endUs - newest.startUs);
  return {
    duePerSecond: perSecond(counted(newest.counters, 'due')),
    echoedPerSecond: perSecond(counted(newest.counters, 'echoed')),
    p50Us: supportedQuantile(pairs, 0.5),
    p99Us: supportedQuantile(pairs, 0.99),
    p999Us: supportedQuantile(pairs, 0.999),
  };
}

/** Like `supportedPercentile`, for counts that are still pairs. */
function supportedQuantile(pairs: Pairs, share: number): number | null {
  let total = 0;
  for (let i = 1; i < pairs.length; i += 2) total += pairs[i] ?? 0;
  if (!supports(total, share * 100)) return null;
  let seen = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    seen += pairs[i + 1] ?? 0;
    if (seen >= total * share) return bucketValue(pairs[i] ?? 0);
  }
  return null;
}
