import { median } from '../stats/median.ts';
import type { ComparedRun, RunTurns } from './compared-run.ts';
import { runsOf } from './compared-runs.test.fixture.ts';

type Cause = RunTurns['cycles'][number]['cause'];

/** One step of one round: the values of the step's main metric in each pair of turns, for both sides. */
export interface TurnedRound {
  baseline: readonly number[];
  variant: readonly number[];
  /** Why each pair is disturbed; by default, none is. */
  causes?: readonly Cause[];
}

const MAIN = { throughput: 'cpuPerMessage.proxy', latency: 'response.p50' } as const;

/**
 * Creates runs whose main metrics are determined by the given turns: the value of a run, or of some of its turns, is
 * the geometric mean over the turns. The other metrics do not vary.
 */
export function turnedRuns(rounds: readonly Record<keyof typeof MAIN, TurnedRound>[]): ComparedRun[] {
  return runsOf(rounds.length).map((run) => {
    const step = run.step === 'latency' ? 'latency' : 'throughput';
    const turned = rounds[(run.round ?? 1) - 1]?.[step];
    if (turned === undefined) throw new RangeError('there is no such round');
    const values = run.variant === 'plain' ? turned.baseline : turned.variant;
    const name = MAIN[step];
    const over = (cycles: readonly number[]) =>
      Math.exp(cycles.reduce((sum, cycle) => sum + Math.log(values[cycle] ?? Number.NaN), 0) / cycles.length);
    const cycles = values.map((_, number) => ({ number, cause: turned.causes?.[number] ?? null }));
    return {
      ...run,
      metrics: { ...run.metrics, [name]: over(cycles.map(({ number }) => number)) },
      turns: {
        cycles,
        ofCycle: (number) => ({ [name]: values[number] ?? null }),
        ofCycles: (numbers) => ({ ...run.metrics, [name]: over(numbers) }),
      },
    };
  });
}

/** Values on a machine whose speed drifts; the turns of a round share this drift. */
export function drifting(normal: () => number, slots: number, step: number): number[] {
  const values: number[] = [];
  let level = 0;
  for (let slot = 0; slot < slots; slot++) {
    level += step * normal();
    values.push(level);
  }
  const centre = median(values);
  return values.map((value) => value - centre);
}
