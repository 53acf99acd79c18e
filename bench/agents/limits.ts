import * as v from 'valibot';
import { loadSchema } from '../model/load.ts';
import { positive } from '../model/plan.ts';

/** Limits of an agent's load for a run, whatever the runner requests; null for no limit. */
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
 * Returns why an agent refuses its share of a run, as a clause; null if it is within the limits.
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
    return `it opens at most ${limits.connections} connections (--max-connections), and its share of the run is ${opened}.`;
  if (limits.ratePerSecond === null || load === null) return null;
  if (load.kind === 'closed')
    return `it sends at most ${limits.ratePerSecond} messages per second (--max-rate), and a closed loop sends as many as it can. Use --steps to choose a step with a rate, for example --steps latency.`;
  const rate = Math.ceil(load.ratePerSecond * share);
  return rate > limits.ratePerSecond
    ? `it sends at most ${limits.ratePerSecond} messages per second (--max-rate), and its share of the run is ${rate}.`
    : null;
}
