import { behaviourOf } from '../load/behaviour.ts';
import type { GeneratorWorker } from '../load/coordinator.ts';
import type { WorkerPlan } from '../load/protocol.ts';
import { workOf } from '../measure/work.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Target } from '../model/target.ts';
import type { HandshakeExtras } from '../scenarios/definition.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import type { ReachableServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';

/** Maximum number of handshakes in progress across all workers, well below any listen backlog. */
const PENDING_HANDSHAKES = 256;

/**
 * Returns the plan of each generator worker for a run.
 *
 * @param epochNs the run's epoch, on the clock of `monotonicNs()` of this host
 * @param ports source ports for connections
 */
export function workerPlans(
  plan: RunPlan,
  target: StartedTarget,
  servers: readonly ReachableServer[],
  generators: readonly Pick<GeneratorWorker, 'id' | 'toHostNs'>[],
  epochNs: bigint,
  ports: number[],
): WorkerPlan[] {
  const { workers } = plan;
  const { file, handshake = {} } = scenarioNamed(plan.workload.scenario);
  const behaviour = behaviourOf(plan.workload);
  // If the scenario measures handshakes, no connection is opened before the load.
  const connections = workOf({ plan }) === 'handshakes' ? 0 : plan.connections;
  return generators.map(({ id, toHostNs }, worker) => ({
    id,
    runPlan: plan,
    behaviour,
    scenarioFile: file ?? null,
    epochNs: String(toHostNs(epochNs)),
    connections: Math.floor(connections / workers) + (worker < connections % workers ? 1 : 0),
    servers: servers.map(({ host, port, socket }) => [
      `${host}:${port}`,
      ...(socket === null ? [] : [`unix:${socket}`]),
    ]),
    target: {
      host: target.host,
      ports: target.ports,
      path: withQuery(target.path, handshake.query),
      tls:
        target.tls === null
          ? null
          : {
              servername: target.tls.servername,
              // The run started the proxy itself, and the probe has verified it. With an external server,
              // each connection may reach a different machine, so every connection verifies its certificate.
              verifyWith: target.proxy === null ? (target.tls.ca ?? null) : null,
            },
      ...requestOf(target, handshake),
    },
    sourcePorts: plan.sourceAddresses.length === 0 ? [] : ports,
    rampPerSecond: plan.rampPerSecond / workers,
    pendingHandshakes: Math.max(1, Math.floor(PENDING_HANDSHAKES / workers)),
  }));
}

function withQuery(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** Returns the target's request, with the scenario's subprotocols unless the user named others. */
function requestOf(
  { request, host }: StartedTarget,
  { subprotocols }: HandshakeExtras,
): Pick<Target, 'request'> {
  if (subprotocols === undefined || (request?.subprotocols ?? []).length > 0)
    return request === undefined ? {} : { request };
  return { request: { host, headers: [], ...request, subprotocols } };
}
