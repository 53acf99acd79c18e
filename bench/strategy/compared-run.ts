import { knownFigures } from '../measure/figures.ts';
import { remembered } from '../measure/remembered.ts';
import { figuresInCycles, figuresOfCycle, type TurnCycle, turnCycles } from '../measure/turns.ts';
import type { RunFacts } from '../metrics/metric.ts';
import { factsOf } from '../metrics/metrics.ts';
import type { Run } from '../model/run.ts';

/** Facts about a compared run and about its turns. */
export interface ComparedRun extends RunFacts {
  /** Missing if the run was not interleaved. */
  turns?: RunTurns;
}

/** The turns of an interleaved run, and the run's metrics computed from a selection of these turns. */
export interface RunTurns {
  cycles: readonly Pick<TurnCycle, 'number' | 'cause'>[];
  /** Returns the metrics of a single turn; those that are not measured in turns are null. */
  ofCycle(number: number): RunFacts['metrics'];
  /** Returns the run's metrics, computed only from its turns in the given cycles. */
  ofCycles(numbers: readonly number[]): RunFacts['metrics'];
}

/**
 * Collects the facts about a compared run. The figures of its turns are derived only when they are needed.
 */
export const comparedRun = remembered((run: Run): ComparedRun => {
  const figures = knownFigures(run);
  const facts = factsOf(run, figures);
  const cycles = turnCycles(run);
  if (cycles.length === 0) return facts;
  const own = (numbers: readonly number[]) => cycles.filter(({ number }) => numbers.includes(number));
  const ofTurns = new Map<number, RunFacts['metrics']>();
  const ofParts = new Map<string, RunFacts['metrics']>();
  return {
    ...facts,
    turns: {
      cycles,
      ofCycle: (number) =>
        known(ofTurns, number, () => {
          const [cycle] = own([number]);
          return cycle === undefined ? {} : factsOf(run, figuresOfCycle(run, figures, cycle)).metrics;
        }),
      ofCycles: (numbers) =>
        known(
          ofParts,
          numbers.join(),
          () => factsOf(run, figuresInCycles(run, figures, own(numbers))).metrics,
        ),
    },
  };
});

function known<K, V>(values: Map<K, V>, key: K, derive: () => V): V {
  const value = values.get(key) ?? derive();
  values.set(key, value);
  return value;
}
