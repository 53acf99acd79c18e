import type { ClientContext } from '../../load/sessions/client.ts';
import type { Handshakes } from './handshakes.ts';
import type { Starter, StarterContext } from './starter.ts';

/**
 * How long the slot of a failed handshake stays empty, in µs. Without this pause, if the server refused
 * connections, the generator would retry as fast as it could, and the run would consist of refusals.
 */
const AFTER_FAILURE_US = 100_000;

/**
 * Starts a handshake whenever fewer than `mostPending` are in progress.
 *
 * @param mostPending maximum number of handshakes that this worker has in progress
 */
export function closedLoop(
  { clock, callAt }: Pick<ClientContext, 'clock' | 'callAt'>,
  { existing, mostExisting, connect }: StarterContext,
  handshakes: Handshakes,
  mostPending: number,
): Starter {
  let drainUs = Number.POSITIVE_INFINITY;
  let begun = false;
  let stopped = false;
  /** Number of slots that stay empty because a handshake failed. */
  let resting = 0;
  const fill = (nowUs: number) => {
    if (!begun || stopped || nowUs >= drainUs) return;
    while (handshakes.pending + resting < mostPending && existing() < mostExisting) {
      const startUs = clock();
      handshakes.fellDue(startUs, startUs);
      connect(startUs, null, startUs);
    }
  };
  return {
    start(times) {
      ({ drainUs } = times);
      callAt(times.warmUpUs, () => {
        begun = true;
        fill(clock());
      });
    },
    opened: fill,
    ended(nowUs, failed) {
      if (failed) {
        resting++;
        callAt(nowUs + AFTER_FAILURE_US, () => {
          resting--;
          fill(clock());
        });
      }
      fill(nowUs);
    },
    isDone: (nowUs) => nowUs >= drainUs,
    stop() {
      stopped = true;
    },
  };
}
