import { makePacer } from '../../load/pacing/pacer.ts';
import type { ClientContext } from '../../load/sessions/client.ts';
import type { Load } from '../../model/load.ts';
import type { Handshakes } from './handshakes.ts';
import type { Starter, StarterContext } from './starter.ts';

/**
 * Maximum number of handshakes started per event loop iteration. Starting this many takes a few milliseconds.
 * Without this limit, a rate that is too high for this process would leave it no time to complete handshakes.
 */
const STARTS_A_TURN = 32;

/**
 * Starts handshakes on a schedule fixed in advance, regardless of how the system responds. Handshakes wait only
 * while the maximum number of connections exists. This wait is part of their measured times.
 */
export function openLoop(
  { clock, plan, worker, makeWaker }: Pick<ClientContext, 'clock' | 'plan' | 'worker' | 'makeWaker'>,
  { existing, mostExisting, connect }: StarterContext,
  handshakes: Handshakes,
  load: Extract<Load, { kind: 'open' }>,
): Starter {
  const { workers, seed } = plan;
  /** Intended times of handshakes that are due but have not started, oldest first. */
  let waiting: number[] = [];
  let drainUs = Number.POSITIVE_INFINITY;
  let stopped = false;
  /** Time at which a connection last ended when the maximum number of connections had been reached. */
  let freedUs = 0;
  let pump = () => {};
  const waker = makeWaker(() => pump());

  const giveUp = (nowUs: number) => {
    for (const intendedUs of waiting) handshakes.unstarted(intendedUs, nowUs);
    waiting = [];
  };
  return {
    start(times) {
      ({ drainUs } = times);
      const pacer = makePacer(load, times.warmUpUs, worker, workers, seed);
      pump = () => {
        if (stopped) return;
        const nowUs = clock();
        for (; pacer.dueUs <= nowUs && pacer.dueUs < drainUs; pacer.advance()) {
          handshakes.fellDue(nowUs, pacer.dueUs);
          waiting.push(pacer.dueUs);
        }
        let left = STARTS_A_TURN;
        for (; left > 0 && waiting.length > 0 && existing() < mostExisting; left--) {
          const intendedUs = waiting.shift() as number;
          connect(clock(), intendedUs, Math.max(intendedUs, freedUs));
        }
        if (left === 0 && waiting.length > 0) waker.wakeAt(nowUs);
        else if (pacer.dueUs < drainUs) waker.wakeAt(pacer.dueUs);
      };
      waker.wakeAt(pacer.dueUs);
    },
    opened() {},
    ended(nowUs) {
      if (existing() < mostExisting - 1 || waiting.length === 0) return;
      freedUs = nowUs;
      pump();
    },
    isDone(nowUs) {
      if (nowUs < drainUs) return false;
      // Handshakes that are still waiting are abandoned, because they would only start after the end of the
      // schedule.
      giveUp(nowUs);
      return true;
    },
    stop(nowUs) {
      stopped = true;
      waker.close();
      giveUp(nowUs);
    },
  };
}
