import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';

/** The histograms of a run, in µs. `handshake` covers tcp, tls and upgrade together. */
export const HISTOGRAMS = ['tcp', 'tls', 'upgrade', 'handshake', 'response', 'service', 'sendLag'] as const;
export type HistogramName = (typeof HISTOGRAMS)[number];

/**
 * How long the messages that were given up had waited, in µs: `lostWait` for those that had been sent, `unsentWait`
 * for those that had not. The wait counts from the intended time in an open loop, and from the send in a closed
 * one. The same samples are also in `response` (open loop) or `service` (closed loop); subtracting them leaves the
 * echoes that arrived.
 */
export const WAITS = ['lostWait', 'unsentWait'] as const;

export const RECORDED = [...HISTOGRAMS, ...WAITS] as const;
export type RecordedName = (typeof RECORDED)[number];

/**
 * The counters. `due`: messages that the load asked for; at the end, due = `sent` + `unsent`. `lost`: sent, then
 * given up. `unsent`: given up before being sent, because there was no connection to carry them. Each is counted
 * when it happens, but `due` under the phase of the intended time (see Recording).
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

/** A worker's event loop over an interval that may differ from the recording's. Weight means by its length. */
export interface LoopFigures {
  startUs: number;
  endUs: number;
  /** Share of the interval in which it was not idle, 0 to 1. */
  utilisation: number;
  delayMaxUs: number;
}

/**
 * What one generator worker reports about (at most) one second. Times are in µs since the run's epoch, on the
 * host's monotonic clock; startUs and endUs are whole.
 *
 * Latency histograms and `due` belong to the phase in which a message was due, whenever it was echoed or given up:
 * what a slice of the drain contains was due in the steady phase. Late data of an earlier phase comes in a
 * supplement. That is a recording with the bounds of that phase's last slice, which is added to it and has no
 * gauges or loop figures.
 */
export interface Recording {
  /** The machine on which the worker runs. */
  host: string;
  worker: number;
  /** 0, 1, 2, … per worker, to detect missing and duplicate recordings. */
  sequence: number;
  startUs: number;
  endUs: number;
  phase: Phase;
  counters: Counters;
  failures: FailureCounts;
  /** At endUs: messages sent but neither echoed nor lost, and open connections. Null in a supplement. */
  gauges: { outstanding: number; open: number } | null;
  /** Sparse counts: pairs of (bucket index, count) in HdrHistogram's layout with 3 significant digits. */
  histograms: Partial<Record<RecordedName, Uint32Array>>;
  /** Null if there is nothing to report about the loop. */
  loop: LoopFigures | null;
}

export function zeroCounters(): Counters {
  return { due: 0, sent: 0, echoed: 0, lost: 0, unsent: 0, bytesSent: 0, bytesReceived: 0, opened: 0 };
}
