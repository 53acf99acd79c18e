import type { Load } from '../../model/load.ts';
import { randomFrom } from '../../model/random.ts';

/**
 * When each message of one generator worker is due: a pure function of (start, rate, index, seed), so
 * that nothing the system under test does can move it.
 *
 *   uniform   |  |  |  |  |  |      worker 0 of 2 takes every second one, worker 1 the others
 *   poisson   ||   |  |     | |     gaps are exponential; the workers' streams add up to one of the full rate
 */
export interface Pacer {
  /** When the next message is due, µs since the run's epoch. */
  readonly dueUs: number;
  /** Passes on to the message after it. */
  advance(): void;
}

type OpenLoad = Extract<Load, { kind: 'open' }>;

export function makePacer(
  load: OpenLoad,
  startUs: number,
  worker: number,
  workers: number,
  seed: number,
): Pacer {
  return load.arrivals === 'uniform'
    ? uniform(load.ratePerSecond, startUs, worker, workers)
    : poisson(load.ratePerSecond / workers, startUs, seed + worker);
}

function uniform(ratePerSecond: number, startUs: number, worker: number, workers: number): Pacer {
  let index = worker;
  // From the index each time, never by adding steps: rounding must not build up over a long run.
  const due = () => startUs + (index * 1e6) / ratePerSecond;
  const pacer = {
    dueUs: due(),
    advance() {
      index += workers;
      pacer.dueUs = due();
    },
  };
  return pacer;
}

function poisson(ratePerSecond: number, startUs: number, seed: number): Pacer {
  const random = randomFrom(seed);
  const gap = () => (-Math.log(1 - random()) * 1e6) / ratePerSecond;
  const pacer = {
    dueUs: startUs + gap(),
    advance() {
      pacer.dueUs += gap();
    },
  };
  return pacer;
}
