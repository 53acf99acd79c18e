import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';

/** The histograms that a run keeps; all in µs. `handshake` is the whole of tcp + tls + upgrade. */
export const HISTOGRAMS = ['tcp', 'tls', 'upgrade', 'handshake', 'response', 'service', 'sendLag'] as const;
export type HistogramName = (typeof HISTOGRAMS)[number];

/**
 * What one generator worker measured in (at most) one second: plain values that cross a process
 * boundary. All times are µs since the run's epoch, on the host's monotonic clock.
 */
export interface Recording {
  worker: number;
  startUs: number;
  endUs: number;
  phase: Phase;
  sent: number;
  echoed: number;
  lost: number;
  bytesSent: number;
  bytesReceived: number;
  opened: number;
  failures: FailureCounts;
  /** At the end of this recording: messages sent and neither echoed nor lost; connections open. */
  outstanding: number;
  open: number;
  /** Sparse counts: pairs of (bucket index, count) in HdrHistogram's layout with 3 significant digits. */
  histograms: Partial<Record<HistogramName, Uint32Array>>;
  /** Event loop of the worker in this second: share of time not idle (0..1) and the longest delay. */
  loopUtilisation: number;
  loopDelayMaxUs: number;
}
