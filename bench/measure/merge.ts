import type { Finding } from '../model/finding.ts';
import { type Counters, counted, type Recording, type WorkerId } from '../model/recording.ts';
import type { Slice, WorkerTotals } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import { FanOutMerger } from './fan-out-merger.ts';
import { encodePairs, fromPairs, supportedPercentile } from './histogram.ts';
import { mergePairs, type Pairs } from './pairs.ts';

/**
 * Merges recordings into slices. A slice combines all workers' recordings for the same second of the same
 * phase.
 */
export interface Merger {
  /**
   * Adds a recording. Returns false for a duplicate, which is ignored: a transport may deliver a recording
   * twice.
   */
  add(recording: Recording): boolean;
  /** Returns the slices in chronological order. Counts, bytes and gauges are summed over all workers. */
  slices(): Slice[];
  /** Returns live figures based on the last complete seconds; null if no second is complete yet. */
  latest(): LoadFigures | null;
  /**
   * Checks that all recordings have arrived and that they add up to the workers' totals. Returns the
   * discrepancies; an empty list if there are none.
   */
  check(ends: readonly WorkerEnd[]): Finding[];
}

/** A worker's final report or, if the worker did not send it, what is known from the worker's recordings. */
export interface WorkerEnd {
  from: WorkerId;
  totals: WorkerTotals;
  /** Number of recordings that the worker emitted; null if the worker did not report it. */
  recordings: number | null;
}

/** Live load figures: rates over the last second, and latency over the last few seconds. */
export interface LoadFigures {
  duePerSecond: number;
  echoedPerSecond: number;
  openedPerSecond: number;
  /** Latency in µs; null if there are too few samples for the percentile. */
  p50Us: number | null;
  p99Us: number | null;
  p999Us: number | null;
}

/** Time window for live percentiles. It never spans more than one phase. */
const WATCHED_US = 5_000_000;

interface Growing extends Omit<Slice, 'histograms'> {
  /** Number of recordings merged so far, excluding supplements. */
  recordings: number;
  pairs: Record<string, Pairs>;
  /** Cached encoded slice; null if recordings have been added since it was encoded. */
  finished: Slice | null;
}

/** @param workers number of workers; a second is complete when each has contributed a recording */
export function makeMerger(workers: number): Merger {
  const growing = new Map<string, Growing>();
  const sequences = new Map<string, Set<number>>();
  let latest: Growing | null = null;
  const fanOuts = new FanOutMerger();
  const slices = () =>
    fanOuts.addTo(
      [...growing.values()].sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs).map(finish),
    );
  return {
    add(recording) {
      if (!isNew(sequences, recording)) return false;
      const key = `${recording.startUs} ${recording.phase}`;
      const slice = growing.get(key) ?? begin(recording);
      growing.set(key, slice);
      addTo(slice, recording);
      for (const fanOut of recording.fanOuts) fanOuts.add(fanOut);
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
 * Finds missing recordings. If a worker did not report how many it emitted, only gaps between the recordings
 * that arrived can be detected.
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

/**
 * Compares the totals over all slices, which are based on recordings, with the totals that the workers
 * counted themselves.
 */
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
  const latency = fromPairs(pairs);
  const perSecond = (count: number) => (count * 1e6) / (newest.endUs - newest.startUs);
  return {
    duePerSecond: perSecond(counted(newest.counters, 'due')),
    // A message to which no answer is expected counts as echoed as soon as it is sent.
    echoedPerSecond: perSecond(counted(newest.counters, 'echoed') + counted(newest.counters, 'unawaited')),
    openedPerSecond: perSecond(counted(newest.counters, 'opened')),
    p50Us: supportedPercentile(latency, 50),
    p99Us: supportedPercentile(latency, 99),
    p999Us: supportedPercentile(latency, 99.9),
  };
}
