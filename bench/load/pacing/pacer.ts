import type { Load } from '../../model/load.ts';
import { randomFrom } from '../../model/random.ts';
import { sinceFirstTurnUs, type Turns } from '../../model/turns.ts';

/**
 * Schedule of the messages that one generator worker sends. It is a pure function of (start, rate, index,
 * seed), so the system under test cannot shift it.
 *
 *   uniform   |  |  |  |  |  |      worker 0 of 2 sends every second message, worker 1 the others
 *   poisson   ||   |  |     | |     gaps are exponential; the workers' streams add up to the full rate
 *
 * The schedule uses the run's own time. If the run is interleaved with others, nothing is due during their
 * turns.
 */
export interface Pacer {
  /** Time at which the next message is due, in µs since the run's epoch. */
  readonly dueUs: number;
  /** Advances to the next message on the schedule. */
  advance(): void;
}

type OpenLoad = Extract<Load, { kind: 'open' }>;

export function makePacer(
  load: OpenLoad,
  startUs: number,
  worker: number,
  workers: number,
  seed: number,
  turns: Turns | null = null,
): Pacer {
  const at = (ownUs: number) => startUs + sinceFirstTurnUs(turns, ownUs);
  return load.arrivals === 'uniform'
    ? uniform(load.ratePerSecond, at, worker, workers)
    : poisson(load.ratePerSecond / workers, at, seed + worker);
}

function uniform(
  ratePerSecond: number,
  at: (ownUs: number) => number,
  worker: number,
  workers: number,
): Pacer {
  let index = worker;
  // Computed from the index each time, because repeatedly adding the interval would accumulate rounding
  // errors over a long run.
  const due = () => at((index * 1e6) / ratePerSecond);
  const pacer = {
    dueUs: due(),
    advance() {
      index += workers;
      pacer.dueUs = due();
    },
  };
  return pacer;
}

function poisson(ratePerSecond: number, at: (ownUs: number) => number, seed: number): Pacer {
  const random = randomFrom(seed);
  const gap = () => (-Math.log(1 - random()) * 1e6) / ratePerSecond;
  let ownUs = gap();
  const pacer = {
    dueUs: at(ownUs),
    advance() {
      ownUs += gap();
      pacer.dueUs = at(ownUs);
    },
  };
  return pacer;
}
