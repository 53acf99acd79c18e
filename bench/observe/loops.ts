import type { Sample } from '../model/run.ts';

/** How busy an event loop was over a span of time, as its process reported it; µs since the run's epoch. */
export interface LoopNote {
  startUs: number;
  endUs: number;
  /** Share of that time that it was not idle, 0..1. */
  utilisation: number;
  /** The longest delay of the loop in it. */
  delayMaxUs: number;
}

/**
 * The samples with what was noted for the time since the sample before. Notes come late and not in step with
 * the samples: each counts by the time that it shares with a sample's, and its longest delay, which happened at
 * one unknown moment, goes to the sample that has the middle of it. Both lists ascend in time.
 */
export function creditLoops(samples: readonly Sample[], notes: readonly LoopNote[]): Sample[] {
  let first = 0;
  return samples.map((sample, index) => {
    const before = samples[index - 1];
    if (before === undefined) return sample;
    while ((notes[first]?.endUs ?? Number.POSITIVE_INFINITY) <= before.atUs) first++;
    return { ...sample, ...loopBetween(before.atUs, sample.atUs, notes, first) };
  });
}

function loopBetween(
  startUs: number,
  endUs: number,
  notes: readonly LoopNote[],
  first: number,
): Pick<Sample, 'loopUtilisation' | 'loopDelayMaxUs'> {
  let covered = 0;
  let busy = 0;
  let delayMaxUs: number | null = null;
  for (let i = first; i < notes.length; i++) {
    const note = notes[i];
    if (note === undefined || note.startUs >= endUs) break;
    const overlap = Math.min(endUs, note.endUs) - Math.max(startUs, note.startUs);
    if (overlap <= 0) continue;
    covered += overlap;
    busy += overlap * note.utilisation;
    const middle = (note.startUs + note.endUs) / 2;
    if (middle > startUs && middle <= endUs) delayMaxUs = Math.max(delayMaxUs ?? 0, note.delayMaxUs);
  }
  return {
    loopUtilisation: covered === 0 ? null : busy / covered,
    loopDelayMaxUs: delayMaxUs === null ? null : Math.round(delayMaxUs),
  };
}

/**
 * The samples of a process that does not report its loop (Bun knows no utilisation): a thread that has work is on a
 * CPU or waits for one, and agrees with what Node says of its loops to a few per cent.
 *
 * @param busyNs at each sample; null where it was not read
 */
export function creditBusyTime(samples: readonly Sample[], busyNs: readonly (number | null)[]): Sample[] {
  return samples.map((sample, index) => {
    const before = samples[index - 1];
    const [fromNs = null, toNs = null] = [busyNs[index - 1], busyNs[index]];
    if (before === undefined || fromNs === null || toNs === null || sample.atUs <= before.atUs) return sample;
    const share = (toNs - fromNs) / 1e3 / (sample.atUs - before.atUs);
    return { ...sample, loopUtilisation: Math.min(1, Math.max(0, share)) };
  });
}
