import type { BenchEvent } from '../model/event.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { type Place, takeTurns } from './turns.ts';

/** Options of the loop. Tests pass an `execute` that returns simulated runs. */
export interface LoopOptions {
  strategy: Strategy;
  planRun(spec: RunSpec, number: number): PlannedRun;
  /**
   * Executes a run. Never rejects because of the run itself: a run that cannot be started is returned as
   * failed. `place` coordinates interleaved runs; null if the run has the machine to itself.
   */
  execute(planned: PlannedRun, number: number, place: Place | null): Promise<Run>;
  emit(event: BenchEvent): Promise<void>;
  /** Once aborted, no further run starts. */
  signal: AbortSignal;
}

/**
 * Repeatedly asks the strategy for a run, or for several interleaved ones, executes them and emits their
 * results, until the strategy requests no more.
 *
 * @returns whether the strategy ran to completion
 */
export async function runLoop({ strategy, planRun, execute, emit, signal }: LoopOptions): Promise<boolean> {
  const done: Run[] = [];
  for (;;) {
    const specs = strategy.next(done);
    await emit({ type: 'concluded', conclusions: strategy.conclude(done) });
    if (specs.length === 0) return true;
    if (signal.aborted) return false;
    const expectedRuns = strategy.expectedRuns(done);
    const numbered = specs.map((spec, index) => ({ spec, number: done.length + index + 1 }));
    const ended = await takeTurns(
      numbered,
      async ({ spec, number }, place) => {
        const planned = planRun(spec, number);
        await emit({ type: 'run-planned', number, expectedRuns, plan: planned.plan });
        return { number, run: await execute(planned, number, place) };
      },
      signal,
    );
    for (const { number, run } of ended) {
      done.push(run);
      await emit({ type: 'run-ended', number, run });
    }
  }
}
