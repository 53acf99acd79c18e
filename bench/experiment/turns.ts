import { monotonicNs } from '../load/clock.ts';
import { makeGate } from '../load/gate.ts';
import type { RunProcess } from '../model/run.ts';

/**
 * Delay between the moment when all runs are connected and the first turn; enough to notify every generator.
 */
const HEAD_START_NS = 100_000_000n;

/** Coordinates one run with the others it is interleaved with. */
export interface Place {
  /** Whether this run is set up last. Its progress reports then represent all runs. */
  readonly isLast: boolean;
  /**
   * Call when all connections of this run are open. Waits until the other runs have opened theirs too.
   *
   * @returns start of the first turn, on the clock of `monotonicNs()`
   */
  ready(): Promise<bigint>;
  /**
   * Announces this run's processes to the other runs, so that they do not count its CPU time as a
   * disturbance.
   */
  bring(processes: readonly RunProcess[]): void;
  /** Calls `listen` with the processes that the other runs announce or have already announced. */
  onBrought(listen: (processes: readonly RunProcess[]) => void): void;
}

/**
 * Executes interleaved runs. Each is set up once the previous one has opened its connections, so that no
 * run's handshakes disturb another's. All start their load at the same moment; if a run ends before then, the
 * others do not wait for it.
 *
 * @param signal once aborted, no further run is set up
 * @returns the result of each run that was started, in order, once all have ended
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
  // Wait for all runs to end before rethrowing the error of one of them, so that no run continues unnoticed.
  await Promise.allSettled(running);
  return Promise.all(running);
}
