import { setTimeout as sleep } from 'node:timers/promises';
import { clockSince, monotonicNs } from '../load/clock.ts';
import { makeFleet } from '../load/fleet.ts';
import { sourcePorts } from '../load/source.ts';
import { makeMerger } from '../measure/merge.ts';
import type { Notice } from '../model/finding.ts';
import type { OtherHosts } from '../model/other-hosts.ts';
import { USUAL_PROXY } from '../model/proxy.ts';
import type { MemorySample, Outcome, QueueSample, Run } from '../model/run.ts';
import { sliceUs } from '../model/turns.ts';
import { readWildcardPorts } from '../observe/environment.ts';
import { countOpenFiles, readConnectionMemory } from '../observe/memory.ts';
import { type Sampler, startSampler } from '../observe/sampler.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { EchoServer, ReachableServer, ServerStats } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import { startCheckpoints } from './checkpoint.ts';
import type { RunContext } from './context.ts';
import { makeHostLags } from './host-lags.ts';
import { prepareHttp } from './http.ts';
import { watchKernel } from './kernel.ts';
import { watchLive } from './live.ts';
import { ownGenerator } from './own-generator.ts';
import { goThroughPhases, type PhaseContext, phasesOf, responseTimeout, SETTLE_MS } from './phases.ts';
import { childrenOf, listProcesses, processOf } from './processes.ts';
import { startQueueSampler } from './queue-sampler.ts';
import { spreadOf } from './spread.ts';
import { workerPlans } from './worker-plans.ts';

const EPOCH_AHEAD_MS = 150;

/** Outcome recorded in every checkpoint; it becomes the final outcome if the bench is killed. */
const CUT_OFF: Outcome = { state: 'aborted', reason: 'the bench was killed during the run.' };

/** The parts of a run that the load phase produces. */
export type LoadOutcome = Pick<
  Run,
  | 'outcome'
  | 'phases'
  | 'timeline'
  | 'memory'
  | 'queues'
  | 'slices'
  | 'workers'
  | 'hosts'
  | 'processes'
  | 'machine'
  | 'listenDrops'
  | 'spread'
  | 'httpLoad'
  | 'notices'
> & {
  /** ALPN protocol that was negotiated by the WebSocket connections. */
  alpn: string | null;
};

/** The echo servers of a run, and where they run. */
export interface Backends {
  servers: readonly ReachableServer[];
  /** The echo servers on this host: either all of them or none. */
  own: readonly EchoServer[];
  /** The parts of the topology that other hosts have started. */
  elsewhere: readonly OtherHosts[];
}

/**
 * Starts the generator and makes it load the target while the sampler observes the processes.
 *
 * @param onSampler called once, as soon as the sampler exists
 * @param saveSoFar called every few seconds during the load, with the results so far
 */
export async function driveLoad(
  context: RunContext,
  target: StartedTarget,
  { servers, own, elsewhere: started }: Backends,
  processSet: ProcessSet,
  onSampler: (sampler: Sampler) => void,
  saveSoFar: (driven: LoadOutcome) => Promise<void>,
): Promise<LoadOutcome> {
  const { plan } = context;
  const coordinator = context.coordinator ?? ownGenerator(processSet);
  const generator = await coordinator.start({
    ...plan,
    cpus: plan.placement?.generator ?? null,
    target,
  });
  const watch = await context.proxyWatch?.start();
  const elsewhere: readonly OtherHosts[] = [...started, generator, ...(watch === undefined ? [] : [watch])];
  for (const each of elsewhere) each.onLost(processSet.fail);
  const { workers, headStartUs } = generator;
  const merger = makeMerger(workers.length);
  const lags = makeHostLags();
  const brought = await listProcesses(plan, target, own, generator.processes);
  const ports = sourcePorts(context.portRange, await readWildcardPorts());
  // The epoch is slightly in the future, so that the first sample precedes it: that sample is the baseline
  // for memory per connection.
  const epochNs = monotonicNs() + BigInt(EPOCH_AHEAD_MS * 1e6);
  const clock = clockSince(epochNs);
  const http = prepareHttp(context, target, servers, processSet, epochNs, clock);
  const processes = http === null ? brought : [...brought, processOf('generator', http.launched)];
  const { proxy } = target;
  const follow = async () => [...((await proxy?.processes()) ?? []), ...(await childrenOf(plan, own))];
  const intervalMs = sliceUs(plan.turns) / 1e3;
  const sampler = startSampler({ nowUs: clock, follow, intervalMs });
  onSampler(sampler);
  const live = watchLive(context, merger.latest, sampler.usage);
  const fleet = makeFleet(workers, (recording) => {
    if (merger.add(recording)) lags.note(recording);
    live.note(recording);
    const process = generator.processes[recording.from.index];
    if (recording.loop !== null && process !== undefined) sampler.noteLoop(process.pid, recording.loop);
  });
  sampler.watch(processes);
  context.place?.onBrought(sampler.watchBeside);
  context.place?.bring(processes.filter(({ component }) => component !== 'runner'));
  sampler.sampleNow();
  context.onProcesses?.(processes);
  await Promise.all(elsewhere.map((each) => each.observe(epochNs, intervalMs)));
  await sleep(Math.max(0, -clock() / 1e3) + 1);
  const kernelFigures = await watchKernel();
  const memory: MemorySample[] = [];
  const onPartOpen = async (open: number) => {
    if (plan.openingStages === 1) return;
    await sleep(SETTLE_MS);
    const pids = processes.filter(({ component }) => component === 'proxy').map(({ pid }) => pid);
    const { processBytes: proxyBytes, kernelBytes } = readConnectionMemory(pids);
    const proxyFiles = countOpenFiles(pids);
    memory.push({ atUs: Math.round(clock()), open, proxyBytes, kernelBytes, proxyFiles });
  };
  const phaseContext: PhaseContext = {
    context,
    fleet,
    clock,
    sampler,
    processSet,
    live,
    on: { proxy, servers: own, processSet, tellClients: fleet.tellClients, http },
    timeline: [],
    headStartUs,
    sampleElsewhere(timesUs) {
      for (const each of elsewhere) each.sampleAt(timesUs);
    },
    onPartOpen,
    handshakes: { startUs: 0, endUs: 0 },
    times: null,
  };
  const driven = (outcome: Outcome, endUs: number, stats: (ServerStats | null)[]): LoadOutcome => ({
    outcome,
    phases: phasesOf(phaseContext, endUs),
    timeline: phaseContext.timeline,
    memory,
    queues,
    slices: merger.slices(),
    workers: fleet.totals(),
    processes: sampler.series(),
    machine: sampler.machine(),
    listenDrops: null,
    spread: spreadOf(fleet, sampler.series(), stats, context.variant.proxy?.kind ?? USUAL_PROXY),
    httpLoad: http?.soFar() ?? null,
    notices: sampler.notices(),
    alpn: fleet.routes().find((route) => route.alpn !== null)?.alpn ?? null,
  });
  // Interleaved runs are not saved during the load: saving would take CPU time from one side of a comparison only, and
  // if the bench is killed, no interleaved run is complete enough to be compared.
  const stopCheckpoints =
    context.place === null
      ? startCheckpoints(() => saveSoFar(driven(CUT_OFF, Math.round(clock()), [])))
      : async () => {};
  const queues: QueueSample[] = [];
  const stopQueues = scenarioNamed(plan.workload.scenario).samplesQueues
    ? startQueueSampler(queues, clock, target, servers)
    : () => {};
  const outcome = await goThroughPhases(
    phaseContext,
    workerPlans(plan, target, servers, workers, epochNs, ports),
  );
  await http?.stop();
  const endUs = Math.round(clock());
  live.close();
  stopQueues();
  sampler.sampleNow();
  sampler.stop();
  const kernel = await kernelFigures();
  const stats = await Promise.all(servers.map((server) => server.stats().catch(() => null)));
  processSet.dismiss();
  fleet.leave();
  await Promise.race([Promise.all(workers.map(({ exited }) => exited)), responseTimeout()]);
  await stopCheckpoints();
  const observed = await Promise.all(elsewhere.map((each) => each.end()));
  const here = driven(outcome, endUs, stats);
  const hosts = observed
    .flatMap((each) => each.hosts)
    .map((host) => ({ ...host, sendLag: lags.lagOf(host.name) }));
  const whole = {
    ...here,
    processes: [...here.processes, ...observed.flatMap((each) => each.processes)],
    ...(hosts.length === 0 ? {} : { hosts }),
  };
  const faults = merger.check(fleet.ends()).map((fault): Notice => ({ level: 'warning', ...fault }));
  const { listenDrops } = kernel;
  return { ...whole, listenDrops, notices: [...whole.notices, ...kernel.notices, ...faults] };
}
