import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { clockSince, monotonicNs } from '../load/clock.ts';
import { makeFleet } from '../load/fleet.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from '../load/protocol.ts';
import { sourcePorts } from '../load/source.ts';
import { makeMerger } from '../measure/merge.ts';
import { workOf } from '../measure/work.ts';
import type { Notice } from '../model/finding.ts';
import type { RunPlan } from '../model/plan.ts';
import type { MemorySample, Outcome, QueueSample, Run, RunProcess } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import { sliceUs } from '../model/turns.ts';
import { readWildcardPorts } from '../observe/environment.ts';
import { countOpenFiles, readConnectionMemory } from '../observe/memory.ts';
import { type Sampler, startSampler } from '../observe/sampler.ts';
import type { HandshakeExtras } from '../scenarios/definition.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { backendChildren } from '../topology/backend.ts';
import { startGenerators } from '../topology/generators.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { LOOPBACK } from '../topology/sandboxed.ts';
import type { EchoServer, ServerStats } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import { startCheckpoints } from './checkpoint.ts';
import type { RunContext } from './context.ts';
import { prepareHttp } from './http.ts';
import { watchKernel } from './kernel.ts';
import { watchLive } from './live.ts';
import { goThroughPhases, type PhaseContext, phasesOf, responseTimeout, SETTLE_MS } from './phases.ts';
import { startQueueSampler } from './queue-sampler.ts';
import { spreadOf } from './spread.ts';

const EPOCH_AHEAD_MS = 150;
/** Maximum number of handshakes in progress across all workers, well below any listen backlog. */
const PENDING_HANDSHAKES = 256;

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
  | 'processes'
  | 'machine'
  | 'listenDrops'
  | 'spread'
  | 'httpLoad'
  | 'notices'
> & {
  /** Protocol that the WebSocket connections negotiated by ALPN. */
  alpn: string | null;
};

/**
 * Starts the generator and makes it load the target while the sampler observes the processes.
 *
 * @param onSampler called once, as soon as the sampler exists
 * @param saveSoFar called every few seconds during the load, with the results so far
 */
export async function driveLoad(
  context: RunContext,
  target: StartedTarget,
  servers: readonly EchoServer[],
  processSet: ProcessSet,
  onSampler: (sampler: Sampler) => void,
  saveSoFar: (driven: LoadOutcome) => Promise<void>,
): Promise<LoadOutcome> {
  const { plan } = context;
  const cpus = plan.placement?.generator ?? null;
  const generators = await startGenerators<WorkerCommand, WorkerReport>(
    processSet,
    plan.workers,
    plan.client,
    plan.engine,
    cpus,
  );
  const merger = makeMerger(plan.workers);
  const members = generators.map(({ launched, send, onReport }) => ({
    name: launched.name,
    exited: launched.exited,
    send,
    onReport,
  }));
  const launched = generators.map((generator) => generator.launched);
  const brought = await listProcesses(plan, target, servers, launched);
  const ports = sourcePorts(context.portRange, await readWildcardPorts());
  // The epoch is slightly in the future, so that the first sample precedes it: that sample is the baseline
  // for memory per connection.
  const epochNs = monotonicNs() + BigInt(EPOCH_AHEAD_MS * 1e6);
  const clock = clockSince(epochNs);
  const http = prepareHttp(context, target, servers, processSet, epochNs, clock);
  const processes = http === null ? brought : [...brought, processOf('generator', http.launched)];
  const { proxy } = target;
  const follow = async () => [...((await proxy?.processes()) ?? []), ...(await childrenOf(plan, servers))];
  const sampler = startSampler({ nowUs: clock, follow, intervalMs: sliceUs(plan.turns) / 1e3 });
  onSampler(sampler);
  const live = watchLive(context, merger.latest, sampler.usage);
  const fleet = makeFleet(members, (recording) => {
    merger.add(recording);
    live.note(recording);
    const pid = generators[recording.from.index]?.launched.pid ?? 0;
    if (recording.loop !== null) sampler.noteLoop(pid, recording.loop);
  });
  sampler.watch(processes);
  context.place?.onBrought(sampler.watchBeside);
  context.place?.bring(processes.filter(({ component }) => component !== 'runner'));
  sampler.sampleNow();
  context.onProcesses?.(processes);
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
    on: { proxy, servers, processSet, tellClients: fleet.tellClients, http },
    timeline: [],
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
    spread: spreadOf(fleet, sampler.series(), stats),
    httpLoad: http?.soFar() ?? null,
    notices: sampler.notices(),
    alpn: fleet.routes().find((route) => route.alpn !== null)?.alpn ?? null,
  });
  const stopCheckpoints = startCheckpoints(() => saveSoFar(driven(CUT_OFF, Math.round(clock()), [])));
  const queues: QueueSample[] = [];
  const stopQueues = scenarioNamed(plan.workload.scenario).samplesQueues
    ? startQueueSampler(queues, clock, target, servers)
    : () => {};
  const outcome = await goThroughPhases(phaseContext, workerPlans(plan, target, servers, epochNs, ports));
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
  await Promise.race([Promise.all(launched.map(({ exited }) => exited)), responseTimeout()]);
  await stopCheckpoints();
  const whole = driven(outcome, endUs, stats);
  const faults = merger.check(fleet.ends()).map((fault): Notice => ({ level: 'warning', ...fault }));
  const { listenDrops } = kernel;
  return { ...whole, listenDrops, notices: [...whole.notices, ...kernel.notices, ...faults] };
}

/**
 * All processes of a run, including the runner. The proxy's processes are those alive at the time of the
 * call.
 */
async function listProcesses(
  plan: RunPlan,
  { proxy }: StartedTarget,
  servers: readonly EchoServer[],
  generators: readonly Launched[],
): Promise<RunProcess[]> {
  return [
    ...(proxy === null ? [] : await proxy.processes()),
    ...servers.map(({ launched }) => processOf('server', launched)),
    ...(await childrenOf(plan, servers)),
    ...generators.map((launched) => processOf('generator', launched)),
    { component: 'runner', role: 'runner', name: 'runner', pid: process.pid },
  ];
}

/** The processes that the servers have started themselves. Only a backend of the user's starts any. */
async function childrenOf({ server }: RunPlan, servers: readonly EchoServer[]): Promise<RunProcess[]> {
  if (server !== 'own') return [];
  return (await Promise.all(servers.map(({ launched }) => backendChildren(launched)))).flat();
}

/** An echo server or a generator as a process of its run. */
export function processOf(role: 'server' | 'generator', { name, pid }: Launched): RunProcess {
  return { component: role, role, name, pid };
}

/**
 * Returns the plan of each generator worker for a run.
 *
 * @param epochNs the run's epoch, on the clock of `monotonicNs()`
 * @param ports source ports for connections
 */
function workerPlans(
  plan: RunPlan,
  target: StartedTarget,
  servers: readonly EchoServer[],
  epochNs: bigint,
  ports: number[],
): WorkerPlan[] {
  const { workers } = plan;
  const { file, handshake = {} } = scenarioNamed(plan.workload.scenario);
  // If the handshakes are the work, none takes place before the load.
  const connections = workOf({ plan }) === 'handshakes' ? 0 : plan.connections;
  return Array.from({ length: workers }, (_, worker) => ({
    id: { host: hostname(), index: worker },
    runPlan: plan,
    scenarioFile: file ?? null,
    epochNs: String(epochNs),
    connections: Math.floor(connections / workers) + (worker < connections % workers ? 1 : 0),
    servers: servers.map(({ port, socket }) => [
      `${LOOPBACK}:${port}`,
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
              // The probe has verified Nginx, which the run started itself. Of an external server, every
              // connection may reach another machine.
              verifyWith: target.proxy === null ? (target.tls.ca ?? null) : null,
            },
      ...requestOf(target, handshake),
    },
    sourcePorts: ports,
    rampPerSecond: plan.rampPerSecond / workers,
    pendingHandshakes: Math.max(1, Math.floor(PENDING_HANDSHAKES / workers)),
  }));
}

function withQuery(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** The request of the target, with the scenario's subprotocols unless the user named others. */
function requestOf(
  { request, host }: StartedTarget,
  { subprotocols }: HandshakeExtras,
): Pick<Target, 'request'> {
  if (subprotocols === undefined || (request?.subprotocols ?? []).length > 0)
    return request === undefined ? {} : { request };
  return { request: { host, headers: [], ...request, subprotocols } };
}
