import type { Load } from '../../model/load.ts';
import { randomFrom } from '../../model/random.ts';
import { sinceFirstTurnUs, type Turns } from '../../model/turns.ts';

/**
 * When each message of one generator worker is due: a pure function of (start, rate, index, seed), so
 * that nothing the system under test does can move it.
 *
 *   uniform   |  |  |  |  |  |      worker 0 of 2 takes every second one, worker 1 the others
 *   poisson   ||   |  |     | |     gaps are exponential; the workers' streams add up to one of the full rate
 *
 * The time of the schedule is the run's own: where it takes turns nothing is due while another has its turn.
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
  // From the index each time, never by adding steps: rounding must not build up over a long run.
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
