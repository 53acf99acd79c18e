import * as v from 'valibot';
import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';

/** Counts by name. The names are those that every run has, and those that its scenario declares. */
export type Counters = Record<string, number>;

/** A name under which a run counts or times. */
export const recordedName = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9]{0,39}$/));

/** What every run counts: connections that opened, and bytes of payload. */
export const COMMON_COUNTERS = ['opened', 'bytesSent', 'bytesReceived'] as const;
/** What every run times, in µs. `handshake` covers tcp, tls and upgrade together. */
export const COMMON_HISTOGRAMS = ['tcp', 'tls', 'upgrade', 'handshake'] as const;

/** The names under which a run counts and times. */
export interface RecordedNames {
  counters: readonly string[];
  /** Levels, such as messages outstanding. Every run has `open` besides: its open connections. */
  gauges: readonly string[];
  histograms: readonly string[];
}

/** A worker's event loop over an interval that may differ from the recording's. Weight means by its length. */
export interface LoopFigures {
  startUs: number;
  endUs: number;
  /** Share of the interval in which it was not idle, 0 to 1. */
  utilisation: number;
  delayMaxUs: number;
}

/** Which generator worker: the machine on which it runs, by a name unique in the run, and its number there, from 0. */
export interface WorkerId {
  host: string;
  index: number;
}

/**
 * What one generator worker reports about (at most) one second. Times are in µs since the run's epoch, on the
 * host's monotonic clock; startUs and endUs are whole.
 *
 * Latency histograms and counts of messages that fell due belong to the phase in which a message was due, whenever
 * it was echoed or given up: what a slice of the drain contains was due in the steady phase. Late data of an earlier
 * phase comes in a supplement. That is a recording with the bounds of that phase's last slice, which is added to it
 * and has no gauges or loop figures.
 */
export interface Recording {
  from: WorkerId;
  /** 0, 1, 2, … per worker, to detect missing and duplicate recordings. */
  sequence: number;
  startUs: number;
  endUs: number;
  phase: Phase;
  counters: Counters;
  failures: FailureCounts;
  /** Levels at endUs. Null in a supplement. */
  gauges: Counters | null;
  /** Sparse counts: pairs of (bucket index, count) in HdrHistogram's layout with 3 significant digits. */
  histograms: Record<string, Uint32Array>;
  /** Null if there is nothing to report about the loop. */
  loop: LoopFigures | null;
}

/** All of these counters at 0. */
export function zeroCounters(names: readonly string[]): Counters {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

/** A counter or gauge by name; 0 where the scenario does not have it. */
export function counted(counts: Readonly<Counters>, name: string): number {
  return Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
}
