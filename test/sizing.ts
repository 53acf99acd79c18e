import type { RunPlan } from '../bench/model/plan.ts';
import type { Run } from '../bench/model/run.ts';
import { scenarioNamed } from '../bench/scenarios/registry.ts';
import { makeRun } from './run.ts';

/** Memory and descriptors that Nginx uses in the runs below. */
export const COSTS = { process: 2_000_000, slot: 400, connection: 18_000, kernel: 9000, files: 12 };

/** Creates a planned run of a sizing, whose memory follows the costs above. */
export function sizingRunOf(plan: RunPlan, number: number): Run {
  const { load, scenario } = plan.workload;
  const run = makeRun({
    profile: plan.profile,
    seconds: 2,
    connections: plan.connections,
    perSecond: load?.kind === 'open' ? load.ratePerSecond : 20_000,
    load: load ?? { kind: 'closed', inFlight: 1 },
    seed: number,
  });
  const component = load?.kind === 'open' ? 'schedule' : 'proxy';
  const limit = { ...run.validity.limit, component } as const;
  const ofHandshakes = scenario === 'connect';
  return {
    ...run,
    plan,
    http: null,
    validity: { ...run.validity, limit },
    slices: ofHandshakes
      ? run.slices.map((slice) => ({
          ...slice,
          counters: { ...slice.counters, opened: slice.counters.sent ?? 0 },
        }))
      : run.slices,
    memory: memoryOf(plan),
  };
}

function memoryOf({ connections, workload, proxy }: RunPlan): Run['memory'] {
  const { openingStages } = scenarioNamed(workload.scenario);
  if (openingStages === 1 || proxy === null) return [];
  const { workers, workerConnections } = proxy;
  return Array.from({ length: openingStages }, (_, index) => {
    const open = Math.round((connections * (index + 1)) / openingStages);
    return {
      atUs: index,
      open,
      proxyBytes:
        COSTS.process * (workers + 1) + COSTS.slot * workers * workerConnections + COSTS.connection * open,
      kernelBytes: 40_000_000 + COSTS.kernel * open,
      proxyFiles: COSTS.files * (workers + 1) + 2 * open,
    };
  });
}
