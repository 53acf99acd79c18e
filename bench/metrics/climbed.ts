import type { LadderAxis } from '../model/ladder.ts';
import type { Step } from '../model/plan.ts';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import type { Metric } from './metric.ts';
import { metricNamed } from './metrics.ts';

/** Resident memory of all Nginx processes, which grows with the number of connections. */
export const MEMORY = 'memory.proxy';

/** Metrics that depend on the size of a message, if the scenario has them. */
const OF_PAYLOAD = ['payload.perSecond', 'cpuPerMiB.proxy'];

/**
 * Returns the metrics that a ladder shows for a step, without duplicates: those that the scenario lists, times
 * and rates first, then those that it compares. The first is the main one.
 */
export function climbedMetrics(
  { listed, compared, metrics }: ScenarioDefinition,
  step: Step,
  over: LadderAxis,
): Metric[] {
  const of = (names: readonly { name: string; step: Step }[]) =>
    names.filter((each) => each.step === step).map(({ name }) => metricNamed(name));
  const known = of(listed);
  const own = metrics.map(({ name }) => name);
  return [
    ...new Set([
      ...(over === 'payload' ? OF_PAYLOAD.filter((name) => own.includes(name)).map(metricNamed) : []),
      ...known.filter(({ kind }) => kind === 'speed'),
      ...(over === 'connections' ? [metricNamed(MEMORY)] : []),
      ...known,
      ...of(compared),
    ]),
  ];
}
