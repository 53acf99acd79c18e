import type { Sample } from '../model/run.ts';

/**
 * An event loop's statistics over an interval, as reported by its process; times are in µs since the run's
 * epoch.
 */
export interface LoopNote {
  startUs: number;
  endUs: number;
  /** Share of the interval in which the loop was not idle, 0 to 1. */
  utilisation: number;
  /** Longest delay of the loop in the interval. */
  delayMaxUs: number;
}

/**
 * Adds event loop figures to samples. Each sample covers the time since the previous one. Notes arrive late,
 * and their intervals differ from the samples' intervals, so each note is weighted by its overlap with a
 * sample. The time of a note's longest delay is unknown, so the delay is assigned to the sample that contains
 * the middle of the note's interval. Both lists are in ascending order.
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
 * Adds event loop figures to the samples of a process that does not report them, such as one on Bun, which
 * does not measure utilisation. A thread with work is either on a CPU or waiting for one. The share of time
 * that it spends in these states agrees to within a few per cent with the figures that Node reports for its
 * loops.
 *
 * @param busyNs total time in ns during which the thread has had work, as read at each sample; null if it was
 * not read
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
