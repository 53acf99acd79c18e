import type { Phase } from '../model/load.ts';
import type { Run, Slice } from '../model/run.ts';
import { ownTimeUs } from '../model/turns.ts';
import { type Histogram, mergeEncoded } from './histogram.ts';

/** An interval in µs since the run's epoch, with `endUs` ≥ `startUs`. */
export interface Span {
  startUs: number;
  endUs: number;
}

/** Returns a phase's interval; null if the run did not reach the phase or left it immediately. */
export function phaseSpan(run: Run, phase: Phase): Span | null {
  const span = run.phases.find((candidate) => candidate.phase === phase);
  return span !== undefined && span.endUs > span.startUs
    ? { startUs: span.startUs, endUs: span.endUs }
    : null;
}

/** Returns all slices that belong to the given phases, in recording order. */
export function slicesOf(run: Run, ...phases: Phase[]): Slice[] {
  return run.slices.filter((slice) => phases.includes(slice.phase));
}

export function seconds(span: Span): number {
  return (span.endUs - span.startUs) / 1e6;
}

/**
 * Returns the number of seconds of a span in which the run had the machine to itself: all of them if the run is
 * not interleaved.
 */
export function ownSeconds(run: Run, { startUs, endUs }: Span): number {
  const firstTurnUs = run.phases.find(({ phase }) => phase === 'warm-up')?.startUs ?? endUs;
  const own = (us: number) => ownTimeUs(run.plan.turns, us - firstTurnUs);
  return (own(endUs) - own(startUs)) / 1e6;
}

/** Merges all samples with the given name from the given slices. */
export function mergeSlices(slices: readonly Slice[], name: string): Histogram {
  return mergeEncoded(slices.flatMap((slice) => slice.histograms[name] ?? []));
}
