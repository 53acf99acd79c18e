import type { FanOut } from '../model/recording.ts';
import { bucketIndex, HIGHEST_US } from './counts.ts';
import { pairsOf } from './pairs.ts';

/**
 * Names of the histograms derived from all deliveries of a publication: how long after its intended time it
 * reached its first, its median and its last receiver. The histograms can only be computed after the
 * deliveries of all workers have been merged.
 */
export const FAN_OUT_HISTOGRAMS = ['firstReceiver', 'medianReceiver', 'lastReceiver'] as const;
export type FanOutHistogram = (typeof FAN_OUT_HISTOGRAMS)[number];

type Publication = Omit<FanOut, 'delays'>;

interface Growing {
  publication: Publication;
  counts: Map<number, number>;
}

/** Counts one worker's deliveries by publication until the next recording. */
export class FanOuts {
  readonly #growing = new Map<number, Growing>();
  /** The publication of the last delivery. Deliveries of one publication mostly arrive one after another. */
  #last: Growing | null = null;

  record({ number, intendedUs, members }: Publication, delayUs: number): void {
    let growing = this.#last;
    if (growing === null || growing.publication.number !== number) {
      growing = this.#growing.get(number) ?? {
        publication: { number, intendedUs, members },
        counts: new Map(),
      };
      this.#growing.set(number, growing);
      this.#last = growing;
    }
    const index = bucketIndex(Math.min(HIGHEST_US, Math.max(0, Math.round(delayUs))));
    growing.counts.set(index, (growing.counts.get(index) ?? 0) + 1);
  }

  /** Returns the deliveries since the last call. */
  drain(): FanOut[] {
    const fanOuts = [...this.#growing.values()].map(({ publication, counts }) => ({
      ...publication,
      delays: pairsOf(counts),
    }));
    this.#growing.clear();
    this.#last = null;
    return fanOuts;
  }
}
