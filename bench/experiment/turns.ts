import { monotonicNs } from '../load/clock.ts';
import { makeGate } from '../load/gate.ts';
import type { RunProcess } from '../model/run.ts';

/** Between the moment in which all are connected and the first turn: enough to tell every generator. */
const HEAD_START_NS = 100_000_000n;

/** One run among those that take turns. */
export interface Place {
  /** The last of them to be set up: what it tells while they take turns stands for all. */
  readonly isLast: boolean;
  /**
   * All connections of this run are open: waits until those of the others are.
   *
   * @returns when the first turn begins, as `monotonicNs()` counts
   */
  ready(): Promise<bigint>;
  /** What the run consists of, told to the others: their CPU time is no disturbance. */
  bring(processes: readonly RunProcess[]): void;
  /** Called with what the others bring, and have brought. */
  onBrought(listen: (processes: readonly RunProcess[]) => void): void;
}

/**
 * Executes runs that take turns: each is set up when the one before has opened its connections, so that nobody's
 * handshakes disturb another's, and all begin at the same moment. One that ends before that is waited for no more.
 *
 * @param signal none is set up any more
 * @returns what came of each that was begun, in order, when all have ended
 */
export async function takeTurns<Spec, Ended>(
  specs: readonly Spec[],
  execute: (spec: Spec, place: Place | null) => Promise<Ended>,
  signal: AbortSignal,
): Promise<Ended[]> {
  const [first] = specs;
  if (first !== undefined && specs.length === 1) return [await execute(first, null)];
  const all = makeGate<bigint>();
  const brought: { by: number; processes: readonly RunProcess[] }[] = [];
  const listeners: { by: number; listen: (processes: readonly RunProcess[]) => void }[] = [];
  const running: Promise<Ended>[] = [];
  for (const [index, spec] of specs.entries()) {
    if (signal.aborted) break;
    const connected = makeGate();
    const run = execute(spec, {
      isLast: index === specs.length - 1,
      ready() {
        connected.open();
        return all.opened;
      },
      bring(processes) {
        brought.push({ by: index, processes });
        for (const { by, listen } of listeners) if (by !== index) listen(processes);
      },
      onBrought(listen) {
        listeners.push({ by: index, listen });
        for (const { by, processes } of brought) if (by !== index) listen(processes);
      },
    });
    running.push(run);
    await Promise.race([connected.opened, run.catch(() => {})]);
  }
  all.open(monotonicNs() + HEAD_START_NS);
  // All of them, before any defect of one is thrown: none may go on behind the back of whoever waits.
  await Promise.allSettled(running);
  return Promise.all(running);
}
