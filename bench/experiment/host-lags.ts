import { encodePairs } from '../measure/histogram.ts';
import { mergePairs, type Pairs } from '../measure/pairs.ts';
import type { Recording } from '../model/recording.ts';

/**
 * Collects the send lag of each generator host separately, because the slices of a run combine the data of
 * all hosts.
 */
export interface HostLags {
  note(recording: Recording): void;
  /** Returns the send lag of the steady phase as an encoded histogram; null if there is none (closed loop). */
  lagOf(host: string): string | null;
}

export function makeHostLags(): HostLags {
  const lags = new Map<string, Pairs>();
  return {
    note({ from: { host }, phase, histograms: { sendLag } }) {
      // Messages recorded in the drain were due in the steady phase.
      if (sendLag === undefined || (phase !== 'steady' && phase !== 'drain')) return;
      lags.set(host, mergePairs(lags.get(host), sendLag));
    },
    lagOf(host) {
      const pairs = lags.get(host);
      return pairs === undefined ? null : encodePairs(pairs);
    },
  };
}
