import { setTimeout as sleep } from 'node:timers/promises';
import { clockSince } from '../load/clock.ts';
import type { RunProcess } from '../model/run.ts';
import { type Sampler, startSampler } from '../observe/sampler.ts';
import type { Ended } from './protocol.ts';

/** Samples a run's processes on this host. Sample times are relative to the run's epoch. */
export interface Observer {
  /** Takes the first sample. Only the first call has an effect. */
  begin(epochNs: bigint, intervalMs: number): Promise<void>;
  /**
   * Takes one sample at each of these times, in µs since the epoch. If a time has already passed, the sample
   * is taken at once.
   */
  sampleAt(timesUs: readonly number[]): void;
  noteLoop: Sampler['noteLoop'];
  /** Takes the last sample. */
  end(): Omit<Ended, 'errorLog'>;
}

/** @param look returns the processes as they are now; called again for each sample */
export function makeObserver(look: () => Promise<readonly RunProcess[]>): Observer {
  const over = new AbortController();
  let sampler: Sampler | null = null;
  let clock = () => 0;
  return {
    async begin(epochNs, intervalMs) {
      if (sampler !== null) return;
      clock = clockSince(epochNs);
      const started = startSampler({ nowUs: clock, follow: look, intervalMs });
      sampler = started;
      started.watch(await look());
      started.sampleNow();
    },
    sampleAt(timesUs) {
      for (const atUs of timesUs)
        void sleep(Math.max(0, (atUs - clock()) / 1e3), undefined, { signal: over.signal }).then(
          () => sampler?.sampleNow(),
          () => {},
        );
    },
    noteLoop: (...note) => sampler?.noteLoop(...note),
    end() {
      over.abort();
      sampler?.sampleNow();
      sampler?.stop();
      return { processes: sampler?.series() ?? [], machine: sampler?.machine() ?? null };
    },
  };
}
