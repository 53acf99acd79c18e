import * as v from 'valibot';
import { loadSchema } from '../model/load.ts';
import { positive } from '../model/plan.ts';

/** Upper limits on an agent's load in a run, whatever the runner requests. Null means no limit. */
export interface AgentLimits {
  connections: number | null;
  ratePerSecond: number | null;
}

/** The parts of a run's plan that determine the share of each worker. */
export const sharedLoadSchema = v.looseObject({
  connections: positive,
  workers: positive,
  workload: v.looseObject({ load: v.nullable(loadSchema) }),
});
export type SharedLoad = v.InferOutput<typeof sharedLoadSchema>;

/**
 * Returns why an agent refuses its share of a run, as a clause; null if the share is within the limits.
 *
 * @param own number of the agent's workers
 */
export function excessOf(
  { connections, workers, workload: { load } }: SharedLoad,
  own: number,
  limits: AgentLimits,
): string | null {
  const share = own / workers;
  const opened = Math.ceil(connections * share);
  if (limits.connections !== null && opened > limits.connections)
    return `its --max-connections is ${limits.connections}, but its share of the run is ${opened} connections. Use fewer connections, or more agents.`;
  if (limits.ratePerSecond === null || load === null) return null;
  if (load.kind === 'closed')
    return `its --max-rate is ${limits.ratePerSecond}, but a closed loop sends messages as fast as it can. Use --steps to choose a step with a rate, for example --steps latency.`;
  const rate = Math.ceil(load.ratePerSecond * share);
  return rate > limits.ratePerSecond
    ? `its --max-rate is ${limits.ratePerSecond}, but its share of the run is ${rate} messages per second. Use a lower rate, or more agents.`
    : null;
}
