import type { BenchEvent } from '../model/event.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import type { PlannedRun } from '../plan/plan.ts';

/** What the loop is made of; a test hands in an `execute` that makes its runs up. */
export interface LoopOptions {
  strategy: Strategy;
  planRun(spec: RunSpec, number: number): PlannedRun;
  /** Never rejects for what a run may come to: one that cannot be started is a failed run. */
  execute(planned: PlannedRun): Promise<Run>;
  emit(event: BenchEvent): Promise<void>;
  /** No further run is begun. */
  signal: AbortSignal;
}

/**
 * Asks the strategy for a run, plans it, executes it and tells what came of it, until there is nothing left
 * to ask.
 *
 * @returns whether the strategy came to its end
 */
export async function runLoop({ strategy, planRun, execute, emit, signal }: LoopOptions): Promise<boolean> {
  const done: Run[] = [];
  for (;;) {
    const spec = strategy.next(done);
    await emit({ type: 'concluded', conclusions: strategy.conclude(done) });
    if (spec === null) return true;
    if (signal.aborted) return false;
    const number = done.length + 1;
    const planned = planRun(spec, number);
    await emit({
      type: 'run-planned',
      number,
      expectedRuns: strategy.expectedRuns(done),
      plan: planned.plan,
    });
    const run = await execute(planned);
    done.push(run);
    await emit({ type: 'run-ended', run });
  }
}
