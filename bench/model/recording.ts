import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';

/** The histograms that a run keeps; all in µs. `handshake` is the whole of tcp + tls + upgrade. */
export const HISTOGRAMS = ['tcp', 'tls', 'upgrade', 'handshake', 'response', 'service', 'sendLag'] as const;
export type HistogramName = (typeof HISTOGRAMS)[number];

/**
 * How long the messages that were given up had waited, in µs: `lostWait` of those that had been sent,
 * `unsentWait` of those that had not. From the intended time in an open loop, from the send in a closed one.
 * The same samples are in `response` (open loop) or `service` (closed loop) too: taking them off leaves those
 * of the echoes that came.
 */
export const WAITS = ['lostWait', 'unsentWait'] as const;

export const RECORDED = [...HISTOGRAMS, ...WAITS] as const;
export type RecordedName = (typeof RECORDED)[number];

/**
 * What is counted. `due`: messages that the load asked for; those due = `sent` + `unsent` in the end. `lost`:
 * sent, and given up. `unsent`: given up before they were sent, because there was no connection to send them
 * on. All are counted when it happened, but `due` under the phase of the intended time (see Recording).
 */
export const COUNTERS = [
  'due',
  'sent',
  'echoed',
  'lost',
  'unsent',
  'bytesSent',
  'bytesReceived',
  'opened',
] as const;
export type CounterName = (typeof COUNTERS)[number];
export type Counters = Record<CounterName, number>;

/** The event loop of a worker over a span that need not be that of the recording; weigh means by its length. */
export interface LoopFigures {
  startUs: number;
  endUs: number;
  /** Share of the span in which it was not idle, 0..1. */
  utilisation: number;
  delayMaxUs: number;
}

/**
 * What one generator worker has to tell of (at most) one second. All times are µs since the run's epoch, on
 * the host's monotonic clock; startUs and endUs are whole.
 *
 * Histograms of latency and `due` are filed under the phase in which the message was due, whenever it was
 * echoed or given up: what is in a slice of the drain was due in the steady phase. What is told late of an
 * earlier phase comes in a supplement: a recording with the bounds of that phase's last slice, to be added to
 * what is there, and without gauges and loop figures.
 */
export interface Recording {
  /** The machine that the worker runs on. */
  host: string;
  worker: number;
  /** 0, 1, 2, … for each worker: which recordings are missing can be told, and one that comes twice. */
  sequence: number;
  startUs: number;
  endUs: number;
  phase: Phase;
  counters: Counters;
  failures: FailureCounts;
  /** At endUs: messages sent and neither echoed nor lost, connections open. Null in a supplement. */
  gauges: { outstanding: number; open: number } | null;
  /** Sparse counts: pairs of (bucket index, count) in HdrHistogram's layout with 3 significant digits. */
  histograms: Partial<Record<RecordedName, Uint32Array>>;
  /** Null where it has nothing to tell of the loop. */
  loop: LoopFigures | null;
}

export function zeroCounters(): Counters {
  return { due: 0, sent: 0, echoed: 0, lost: 0, unsent: 0, bytesSent: 0, bytesReceived: 0, opened: 0 };
}
