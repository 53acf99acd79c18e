import { openRing } from '../../../server/ring/open-ring.ts';
import type { RingTimer } from '../../../server/ring/ring-loop.ts';
import type { Clock } from '../clock.ts';
import type { Waker } from './waker.ts';

/**
 * Creates a waker for a process whose connections use io_uring. The ring's loop waits both for completions and for the
 * requested time. A process can have only one such waker at a time.
 *
 * @param spinsWithinUs if the requested time is at most this far ahead, the loop spins until then; otherwise it
 *   sleeps. 0 means that it always sleeps.
 */
export function ringWaker(clock: Clock, wake: () => void, spinsWithinUs: number): Waker {
  const loop = openRing();
  const offsetMs = offsetOf(clock);
  const timer: RingTimer = { dueMs: Number.POSITIVE_INFINITY, spinsWithinMs: spinsWithinUs / 1e3, wake };
  loop.setTimer(timer);
  return {
    wakeAt(dueUs) {
      timer.dueMs = dueUs / 1e3 + offsetMs;
      loop.wake();
    },
    close() {
      loop.setTimer(null);
    },
  };
}

const READINGS = 5;

/**
 * Returns `performance.now()` − the run's clock, in ms. The two clocks advance at the same rate, but start at different
 * moments. If the process is interrupted between reading the first clock and reading the second, the difference is too
 * large; it is never too small. The smallest of several differences is therefore the most accurate.
 */
function offsetOf(clock: Clock): number {
  return Math.min(
    ...Array.from({ length: READINGS }, () => {
      const ownMs = clock() / 1e3;
      return performance.now() - ownMs;
    }),
  );
}
