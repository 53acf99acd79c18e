import { makeGate } from '../load/gate.ts';
import { atWorkplace, type Ears, type Workplace } from '../topology/workplace.ts';
import type { Outbox } from './outbox.ts';

/** Processes that an agent starts for a run and keeps running until `stop` is called. */
export interface HeldWorkplace<T> {
  /**
   * Resolves with the result of `begin`.
   *
   * @throws Problem('environment') if `begin` failed; in this case, all processes have been stopped
   */
  readonly ready: Promise<T>;
  /** Treats exits of the processes as expected from now on. */
  expectExits(): void;
  /** Stops the processes and removes their private folder. */
  stop(): Promise<void>;
}

/**
 * Starts an agent's processes for a run. An unexpected exit of any of them is reported to the runner.
 *
 * @param begin starts the processes; resolves when they are ready
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
