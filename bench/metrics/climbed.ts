import type { LadderAxis } from '../model/ladder.ts';
import type { ListedName, ScenarioDefinition, StepDefinition } from '../scenarios/definition.ts';
import type { Metric } from './metric.ts';
import { metricNamed } from './metrics.ts';

/** Resident memory of all Nginx processes, which grows with the number of connections. */
export const MEMORY = 'memory.proxy';

/**
 * Metrics that depend on message size, if the scenario has them. In an open loop, the schedule determines the
 * value of the first one.
 */
const OF_PAYLOAD = ['payload.perSecond', 'cpuPerMiB.proxy'];

/**
 * Returns the metrics that a ladder (runs in which one quantity increases level by level) shows for a step,
 * without duplicates. The metrics listed by the scenario come first, starting with times and rates; the metrics
 * that the scenario compares follow. The first metric is the main one. At a fixed rate, the main metric is the
 * cost of the work to Nginx, because neither the generator nor the schedule limits that cost.
 */
export function climbedMetrics(
  { listed, compared, metrics, work }: ScenarioDefinition,
  { name: step, load }: StepDefinition,
  over: LadderAxis,
  hasProxy: boolean,
): Metric[] {
  const of = (names: readonly Pick<ListedName, 'name' | 'step'>[]) =>
    names.filter((each) => each.step === step).map(({ name }) => metricNamed(name));
  const known = of(listed);
  const own = metrics.map(({ name }) => name);
  const isPaced = load === 'open' && over !== 'rate';
  const costs = [
    ...of(compared).filter(({ kind, unit }) => kind === 'usage' && unit === 'time'),
    ...(work === 'handshakes' ? [metricNamed('cpuPerConnection.proxy')] : []),
  ];
  const ofPayload = OF_PAYLOAD.slice(isPaced ? 1 : 0).filter((name) => own.includes(name));
  return [
    ...new Set([
      ...(over === 'payload' ? ofPayload.map(metricNamed) : []),
      ...(isPaced && hasProxy ? costs : []),
      ...known.filter(({ kind }) => kind === 'speed'),
      ...(over === 'connections' ? [metricNamed(MEMORY)] : []),
      ...known,
      ...of(compared),
    ]),
  ];
}
