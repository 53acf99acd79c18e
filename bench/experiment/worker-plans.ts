import { hostname } from 'node:os';
import type { WorkerPlan } from '../load/protocol.ts';
import type { RunPlan } from '../model/plan.ts';
import type { StartedTarget } from '../topology/target.ts';

/** Handshakes under way over all workers: well below any backlog. */
const PENDING_HANDSHAKES = 256;

/**
 * What each generator worker has to do of a run.
 *
 * @param epochNs of the run, as `monotonicNs()` counts
 * @param ports that connections may come from
 */
export function workerPlans(
  plan: RunPlan,
  target: StartedTarget,
  epochNs: bigint,
  ports: number[],
): WorkerPlan[] {
  const { workers, connections } = plan;
  return Array.from({ length: workers }, (_, worker) => ({
    id: { host: hostname(), index: worker },
    runPlan: plan,
    epochNs: String(epochNs),
    connections: Math.floor(connections / workers) + (worker < connections % workers ? 1 : 0),
    target: {
      host: target.host,
      ports: target.ports,
      path: target.path,
      tls: target.tls === null ? null : { servername: target.tls.servername },
      ...(target.request === undefined ? {} : { request: target.request }),
    },
    sourcePorts: ports,
    rampPerSecond: plan.rampPerSecond / workers,
    pendingHandshakes: Math.max(1, Math.floor(PENDING_HANDSHAKES / workers)),
  }));
}
