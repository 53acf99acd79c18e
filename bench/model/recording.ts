import * as v from 'valibot';
import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';

/** Counts by name: counters common to all runs, and counters declared by the scenario. */
export type Counters = Record<string, number>;

/** Name of a counter, gauge or histogram. */
export const recordedName = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9]{0,39}$/));

/** Counters present in every run: opened connections, and payload bytes. */
export const COMMON_COUNTERS = ['opened', 'bytesSent', 'bytesReceived'] as const;
/** Histograms present in every run, in µs. `handshake` covers tcp, tls and upgrade together. */
export const COMMON_HISTOGRAMS = ['tcp', 'tls', 'upgrade', 'handshake'] as const;

/** Names of the counters, gauges and histograms that a run records. */
export interface RecordedNames {
  counters: readonly string[];
  /**
   * Gauges, such as the number of outstanding messages. Every run also has `open`, the number of open
   * connections.
   */
  gauges: readonly string[];
  histograms: readonly string[];
}

/**
 * A worker's event loop statistics. They may cover a different interval from that of the recording, so averages
 * must be weighted by the length of the interval given here.
 */
export interface LoopFigures {
  startUs: number;
  endUs: number;
  /** Fraction of the interval in which the loop was busy, 0 to 1. */
  utilisation: number;
  delayMaxUs: number;
}

/**
 * Identifies a generator worker by its machine's name, which is unique within the run, and its index on that
 * machine, from 0.
 */
export interface WorkerId {
  host: string;
  index: number;
}

/**
 * Deliveries of one publication, a message that a server sends to many members. All workers whose connections
 * are members report deliveries under the same publication number, and their counts are added up.
 */
export interface FanOut {
  /** Number of the publication within the run. */
  number: number;
  /** When the publication was due, in whole µs since the run's epoch. */
  intendedUs: number;
  /** Number of members to which the server sent the publication, summed over all workers. */
  members: number;
  /** Time from `intendedUs` to each arrival, as (bucket index, count) pairs. */
  delays: Uint32Array;
}

/**
 * Data from one generator worker for at most one second. Times are in µs since the run's epoch, on the host's
 * monotonic clock; startUs and endUs are integers.
 *
 * If a message was due in the warm-up, its latency and `due` count belong to the warm-up, regardless of when
 * the message was echoed or abandoned. Messages in a drain slice were due in the steady phase. Data that
 * arrives late for an earlier phase is sent as a supplement: a recording with the same bounds as that phase's
 * last slice. It is added to that slice and has no gauges or loop figures.
 */
export interface Recording {
  from: WorkerId;
  /** Counts a worker's recordings, from 0, so that missing and duplicate recordings can be detected. */
  sequence: number;
  startUs: number;
  endUs: number;
  phase: Phase;
  counters: Counters;
  failures: FailureCounts;
  /** Gauge values at endUs; null in a supplement. */
  gauges: Counters | null;
  /** Sparse histograms as (bucket index, count) pairs, in HdrHistogram's layout with 3 significant digits. */
  histograms: Record<string, Uint32Array>;
  /** Deliveries that arrived in this slice, by publication. Empty if nothing is published. */
  fanOuts: readonly FanOut[];
  /** Event loop statistics; null if there are none. */
  loop: LoopFigures | null;
}

/** Creates the named counters with a value of 0. */
export function zeroCounters(names: readonly string[]): Counters {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

/** Returns a counter or gauge by name; 0 if the scenario does not have it. */
export function counted(counts: Readonly<Counters>, name: string): number {
  return Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
}
