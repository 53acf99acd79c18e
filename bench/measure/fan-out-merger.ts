import type { FanOut } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { total } from './arithmetic.ts';
import { bucketIndex, HIGHEST_US } from './counts.ts';
import type { FanOutHistogram } from './fan-outs.ts';
import { encodePairs } from './histogram.ts';
import { mergePairs, pairsOf } from './pairs.ts';

/**
 * Merges the deliveries of all workers, and derives the delivery times to the first, the median and the last
 * receiver of each publication.
 */
export class FanOutMerger {
  readonly #merged = new Map<number, FanOut>();

  add(fanOut: FanOut): void {
    const { number, delays } = fanOut;
    this.#merged.set(number, { ...fanOut, delays: mergePairs(this.#merged.get(number)?.delays, delays) });
  }

  /**
   * Returns the slices; each also contains the histograms of the publications that were due in it.
   *
   * @param slices in chronological order
   */
  addTo(slices: Slice[]): Slice[] {
    if (this.#merged.size === 0) return slices;
    const endUs = Math.max(...slices.map((slice) => slice.endUs));
    const due = new Map<Slice, Record<FanOutHistogram, Map<number, number>>>();
    for (const fanOut of this.#merged.values()) {
      const { intendedUs } = fanOut;
      const slice = slices.findLast(({ startUs, phase }) => startUs <= intendedUs && phase !== 'connect');
      if (slice === undefined) continue;
      const counts = due.get(slice) ?? {
        firstReceiver: new Map(),
        medianReceiver: new Map(),
        lastReceiver: new Map(),
      };
      due.set(slice, counts);
      for (const [name, index] of Object.entries(receiversOf(fanOut, endUs - intendedUs))) {
        const of = counts[name as FanOutHistogram];
        of.set(index, (of.get(index) ?? 0) + 1);
      }
    }
    return slices.map((slice) => {
      const counts = due.get(slice);
      if (counts === undefined) return slice;
      const histograms = Object.entries(counts).map(([name, of]) => [name, encodePairs(pairsOf(of))]);
      return { ...slice, histograms: { ...slice.histograms, ...Object.fromEntries(histograms) } };
    });
  }
}

/**
 * Returns the histogram buckets of the delivery times to the first, the median and the last receiver of a
 * publication. For a member that has not received the publication, the waiting time so far is used: the
 * member is late, not absent.
 *
 * @param waitedUs time from the publication's intended time to the end of the recordings
 */
function receiversOf({ members, delays }: FanOut, waitedUs: number): Record<FanOutHistogram, number> {
  const waited = bucketIndex(Math.min(HIGHEST_US, Math.max(0, Math.round(waitedUs))));
  const buckets = Array.from({ length: delays.length / 2 }, (_, i) => ({
    index: delays[2 * i] as number,
    count: delays[2 * i + 1] as number,
  }));
  const all = Math.max(members, total(buckets.map(({ count }) => count)));
  const at = (rank: number): number => {
    let seen = 0;
    for (const { index, count } of buckets) {
      seen += count;
      if (seen >= rank) return index;
    }
    return Math.max(waited, buckets.at(-1)?.index ?? 0);
  };
  return { firstReceiver: at(1), medianReceiver: at(Math.ceil(all / 2)), lastReceiver: at(all) };
}
