import type { LoopFigures, RecordedNames, Recording } from '../model/recording.ts';
import { bucketIndex } from './counts.ts';
import { Recorder } from './recorder.ts';

export const SOURCE = { host: 'here', index: 3 };

/** Phase boundaries in most tests, in µs. */
export const TIMES = { connectedUs: 1_200_000, warmUpUs: 1_500_000, steadyUs: 2_500_000, drainUs: 4_700_000 };

/** Creates a recorder with these names, and collects its recordings. */
export function record(
  names: RecordedNames,
  readLoop: () => LoopFigures | null = () => null,
): { recorder: Recorder; recordings: Recording[] } {
  const recordings: Recording[] = [];
  const recorder = new Recorder(SOURCE, names, (recording) => recordings.push(recording), readLoop);
  return { recorder, recordings };
}

export function bounds(recordings: readonly Recording[]): [string, number, number][] {
  return recordings.map(({ phase, startUs, endUs }) => [phase, startUs, endUs]);
}

/** Returns bounds and samples of each recording that has samples of this name. */
export function samples(recordings: readonly Recording[], name: string): [string, number, number[]][] {
  return recordings
    .filter(({ histograms }) => histograms[name] !== undefined)
    .map(({ phase, startUs, histograms }) => [phase, startUs, [...(histograms[name] ?? [])]]);
}

/** Returns (bucket, count) pairs for distinct values. */
export function buckets(...us: number[]): number[] {
  return us.sort((a, b) => a - b).flatMap((value) => [bucketIndex(value), 1]);
}
