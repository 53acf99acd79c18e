import type { Run } from '../model/run.ts';
import { cycleUs } from '../model/turns.ts';
import { type Cause, steadySeconds } from './disturbance.ts';
import { NOT_MEASURED, type RunFigures } from './figures.ts';
import { phaseSpan, type Span } from './span.ts';
import { latenciesOf, slicesWithin, steadyWork } from './steady.ts';
import { workOf } from './work.ts';

/**
 * One cycle of the steady phase of an interleaved run. It contains one turn of each run, so cycles with the
 * same number cover the same time in all interleaved runs.
 */
export interface TurnCycle extends Span {
  /** Counted from 0. */
  number: number;
  /** Why the cycle counts as disturbed; null if it was undisturbed or the machine was not sampled. */
  cause: Cause | null;
}

/** Lists the cycles of a run's steady phase; empty if the run is not interleaved or was cut short. */
export function turnCycles(run: Run): TurnCycle[] {
  const { turns } = run.plan;
  const steady = phaseSpan(run, 'steady');
  if (turns === null || steady === null || run.outcome.state !== 'completed') return [];
  const lengthUs = cycleUs(turns);
  const seconds = steadySeconds(run) ?? [];
  return Array.from({ length: Math.floor((steady.endUs - steady.startUs) / lengthUs) }, (_, number) => {
    const startUs = steady.startUs + number * lengthUs;
    const span = { startUs, endUs: startUs + lengthUs };
    const within = seconds.filter((each) => each.startUs >= span.startUs && each.startUs < span.endUs);
    return { number, ...span, cause: within.find(({ cause }) => cause !== null)?.cause ?? null };
  });
}

/**
 * Returns a run's figures, with those of the steady phase limited to some of its cycles.
 *
 * @param figures figures of the whole run
 * @param cycles cycles to include; at least one
 */
export function figuresInCycles(run: Run, figures: RunFigures, cycles: readonly TurnCycle[]): RunFigures {
  const kept = new Set(slicesWithin(run, cycles));
  const slices = run.slices.filter((slice) => slice.phase !== 'steady' || kept.has(slice));
  const { counts, done, cpuUs, perSecond } = steadyWork(run, cycles);
  return {
    ...figures,
    messages: {
      ...figures.messages,
      perSecond: figures.messages.perSecond === null ? null : perSecond(counts.echoed),
    },
    latencies: latenciesOf(run, slices),
    work: { ...figures.work, done, perSecond: perSecond(done), cpuUs },
    cpuUsPerMessage: workOf(run) === 'messages' && run.httpLoad === null ? cpuUs : NOT_MEASURED,
  };
}

/**
 * Like `figuresInCycles`, for a single cycle. Figures that are not measured per cycle, such as handshakes and memory,
 * are null.
 */
export function figuresOfCycle(run: Run, figures: RunFigures, cycle: TurnCycle): RunFigures {
  return {
    ...figuresInCycles(run, figures, [cycle]),
    latencies: latenciesOf(run, slicesWithin(run, [cycle])),
    connect: { ...figures.connect, cpuUsPerConnection: NOT_MEASURED },
    memoryPerConnectionBytes: NOT_MEASURED,
  };
}
