import { makeGate } from '../load/gate.ts';
import { atWorkplace, type Ears, type Workplace } from '../topology/workplace.ts';
import type { Outbox } from './outbox.ts';

/** Processes that an agent starts for a run and keeps running until `stop` is called. */
export interface HeldWorkplace<T> {
  /**
   * Resolves with the result of `begin`.
   *
   * @throws Problem('environment') if `begin` failed; all processes have then been stopped
   */
  readonly ready: Promise<T>;
  /** From now on, the processes may exit. */
  expectExits(): void;
  /** Stops the processes and removes their private folder. */
  stop(): Promise<void>;
}

/**
 * Starts processes. If one exits unexpectedly, the run is lost.
 *
 * @param begin starts them; resolves when they are ready
 */
export function holdWorkplace<T>(
  ears: Ears,
  outbox: Pick<Outbox, 'add'>,
  begin: (workplace: Workplace) => Promise<T>,
): HeldWorkplace<T> {
  const started = makeGate<T>();
  const ending = makeGate();
  let isEnding = false;
  const over = atWorkplace(ears, async (workplace) => {
    const { processSet } = workplace;
    const begun = await begin(workplace);
    void processSet.unexpectedExit.then((reason) => {
      if (!isEnding) outbox.add({ type: 'lost', reason });
    });
    started.open(begun);
    await ending.opened;
    processSet.dismiss();
  });
  return {
    ready: Promise.race([started.opened, over.then(() => started.opened)]),
    expectExits() {
      isEnding = true;
    },
    async stop() {
      isEnding = true;
      ending.open();
      await over.catch(() => {});
    },
  };
}
