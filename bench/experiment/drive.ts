import { hostname } from 'node:os';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Clock, clockSince } from '../load/clock.ts';
import { type Fleet, makeFleet } from '../load/fleet.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from '../load/protocol.ts';
import { sourcePorts } from '../load/source.ts';
import { makeMerger } from '../measure/merge.ts';
import type { PhaseTimes } from '../measure/recorder.ts';
import type { Span } from '../measure/span.ts';
import { PHASES } from '../model/load.ts';
import type { Notice } from '../model/notice.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Outcome, Run, WorkerTotals } from '../model/run.ts';
import { readWildcardPorts } from '../observe/environment.ts';
import { type Sampler, startSampler } from '../observe/sampler.ts';
import { startGenerators } from '../topology/generators.ts';
import { workerPids } from '../topology/nginx.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { EchoServer, ServerStats } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import { startCheckpoints } from './checkpoint.ts';
import type { NamedProcess, RunContext } from './context.ts';
import { watchKernel } from './kernel.ts';
import { type Live, watchLive } from './live.ts';
import { spreadOf } from './spread.ts';

/** From the last handshake to the first message: the word has to reach every worker in between. */
const HEAD_START_US = 100_000;
const EPOCH_AHEAD_MS = 150;
/** Added to what a worker's own timeouts allow it; after that it counts as hung. */
const HUNG_AFTER_MS = 15_000;
const RESPONSE_TIMEOUT_MS = 5_000;
/** Handshakes under way over all workers: well below any backlog. */
const PENDING_HANDSHAKES = 256;

/** What a run came to that is only known from a checkpoint. */
const CUT_OFF: Outcome = { state: 'aborted', reason: 'the bench was killed in the middle of it.' };

/** What came of the load. */
export type LoadOutcome = Pick<
  Run,
  'outcome' | 'phases' | 'slices' | 'workers' | 'processes' | 'machine' | 'spread' | 'notices'
> & {
  /** ALPN that the WebSockets negotiated. */
  alpn: string | null;
};

/**
 * Connect, warm-up, steady phase and drain; cut short where the person or a dying process says so.
 * `saveSoFar` is called while they go on with what there is.
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
    cpus,
  );
  const merger = makeMerger(plan.workers);
  const live = watchLive(context, merger.latest);
  const members = generators.map(({ launched, send, onReport }) => ({
    name: launched.name,
    exited: launched.exited,
    send,
    onReport,
  }));
  const launched = generators.map((generator) => generator.launched);
  const processes = await listProcesses(target, servers, launched);
  const ports = sourcePorts(context.portRange, await readWildcardPorts());
  // A moment ahead, so that the first sample is taken before it: memory per connection is counted from there.
  const epochNs = process.hrtime.bigint() + BigInt(EPOCH_AHEAD_MS * 1e6);
  const clock = clockSince(epochNs);
  const sampler = startSampler({ nowUs: clock });
  onSampler(sampler);
  const fleet = makeFleet(members, (recording) => {
    merger.add(recording);
    live.note(recording);
    const pid = generators[recording.worker]?.launched.pid ?? 0;
    if (recording.loop !== null) sampler.noteLoop(pid, recording.loop);
  });
  sampler.watch(processes);
  sampler.sampleNow();
  context.onProcesses?.(processes);
  await sleep(Math.max(0, -clock() / 1e3) + 1);
  const kernelNotices = await watchKernel();
  const phaseContext: PhaseContext = {
    context,
    fleet,
    clock,
    sampler,
    processSet,
    live,
    handshakes: { startUs: 0, endUs: 0 },
    times: null,
  };
  const driven = (outcome: Outcome, endUs: number, stats: (ServerStats | null)[]): LoadOutcome => ({
    outcome,
    phases: phasesOf(phaseContext, endUs),
    slices: merger.slices(),
    workers: fleet.totals(),
    processes: sampler.series(),
    machine: sampler.machine(),
    spread: spreadOf(fleet, processes, stats),
    notices: sampler.notices(),
    alpn: fleet.routes().find((route) => route.alpn !== null)?.alpn ?? null,
  });
  const stopCheckpoints = startCheckpoints(() => saveSoFar(driven(CUT_OFF, Math.round(clock()), [])));
  const outcome = await goThroughPhases(phaseContext, workerPlans(plan, target, epochNs, ports));
  const endUs = Math.round(clock());
  live.close();
  sampler.sampleNow();
  sampler.stop();
  const notices = await kernelNotices();
  const stats = await Promise.all(servers.map((server) => server.stats().catch(() => null)));
  processSet.dismiss();
  fleet.leave();
  await Promise.race([Promise.all(launched.map(({ exited }) => exited)), responseTimeout()]);
  await stopCheckpoints();
  const whole = driven(outcome, endUs, stats);
  const faults = merger.check(fleet.ends()).map((fault): Notice => ({ level: 'warning', ...fault }));
  return { ...whole, notices: [...whole.notices, ...notices, ...faults] };
}

interface PhaseContext {
  context: RunContext;
  fleet: Fleet;
  clock: Clock;
  sampler: Sampler;
  processSet: ProcessSet;
  live: Live;
  /** From the first handshake to the last; without length while the connections open. */
  handshakes: Span;
  /** Null while the connections open. */
  times: PhaseTimes | null;
}

async function goThroughPhases(phaseContext: PhaseContext, plans: WorkerPlan[]): Promise<Outcome> {
  const { context, fleet, clock, sampler, processSet, live } = phaseContext;
  const { plan, signal } = context;
  const over = new AbortController();
  const cutShort = interruption(signal, processSet, over.signal);
  const within = async (work: Promise<void>, ms: number, what: string): Promise<Outcome | null> => {
    const late: Outcome = {
      state: 'failed',
      reason: `${what} did not end within ${Math.round(ms / 1000)} s.`,
    };
    const limit = sleep(ms, late, { signal: over.signal }).catch(() => late);
    return Promise.race([work.then(() => null), cutShort, limit]);
  };
  let sampled = Promise.resolve();
  live.enter('connect');
  const connected = fleet.connect(plans).then((handshakes) => {
    phaseContext.handshakes = handshakes;
  });
  let ended = await within(connected, connectLimitMs(plan), 'Opening the connections');
  if (ended === null) {
    sampler.sampleNow();
    const times = phaseTimes(plan, phaseContext.handshakes.endUs, clock());
    phaseContext.times = times;
    sampled = sampleAtBounds(times, clock, sampler, live, over.signal);
    const ms = (times.drainUs - clock()) / 1e3 + plan.echoTimeoutMs + HUNG_AFTER_MS;
    ended = await within(fleet.run(times), ms, 'The generator');
  }
  // If a process died, the workers may finish first: give its exit a turn to be reported.
  await setImmediate();
  if (ended === null && processSet.hasUnexpectedExit()) ended = await cutShort;
  ended ??= allFailed(fleet.totals());
  if (ended !== null) await Promise.race([fleet.stop(), responseTimeout()]);
  over.abort();
  await sampled;
  return ended ?? { state: 'completed' };
}

/** A load without a single connection left has ended before its time. */
function allFailed(workers: readonly WorkerTotals[]): Outcome | null {
  const sum = (of: 'asked' | 'opened' | 'failed') => workers.reduce((total, each) => total + each[of], 0);
  const asked = sum('asked');
  if (asked === 0 || sum('failed') < asked) return null;
  const reason =
    sum('opened') === 0
      ? `none of its ${asked} connections opened.`
      : `all of its ${asked} connections failed.`;
  return { state: 'failed', reason };
}

/** Upper bound for workers that do not respond; it does not keep this process alive. */
function responseTimeout(): Promise<void> {
  return sleep(RESPONSE_TIMEOUT_MS, undefined, { ref: false });
}

/** Resolves when the person says stop, or when a process dies that should not. */
function interruption(signal: AbortSignal, processSet: ProcessSet, over: AbortSignal): Promise<Outcome> {
  const stopped = new Promise<Outcome>((resolve) => {
    const stop = () => resolve({ state: 'aborted', reason: 'it was interrupted.' });
    if (signal.aborted) stop();
    else AbortSignal.any([signal, over]).addEventListener('abort', stop, { once: true });
  });
  return Promise.race([
    stopped,
    processSet.unexpectedExit.then((reason): Outcome => ({ state: 'failed', reason })),
  ]);
}

function connectLimitMs({ connections, rampPerSecond, connectTimeoutMs }: RunPlan): number {
  const ramp = rampPerSecond === 0 ? connections * 10 : (connections / rampPerSecond) * 2_000;
  return ramp + connectTimeoutMs + HUNG_AFTER_MS;
}

function phaseTimes({ warmupMs, durationMs }: RunPlan, connectedUs: number, nowUs: number): PhaseTimes {
  const warmUpUs = Math.ceil(nowUs) + HEAD_START_US;
  const steadyUs = warmUpUs + warmupMs * 1e3;
  return { connectedUs, warmUpUs, steadyUs, drainUs: steadyUs + durationMs * 1e3 };
}

/** The figures of a phase are only as sharp as the samples at its bounds; one that has passed is sampled late. */
async function sampleAtBounds(
  times: PhaseTimes,
  clock: Clock,
  sampler: Sampler,
  live: Live,
  over: AbortSignal,
): Promise<void> {
  const bounds = [
    [times.warmUpUs, 'warm-up'],
    [times.steadyUs, 'steady'],
    [times.drainUs, 'drain'],
  ] as const;
  for (const [atUs, phase] of bounds) {
    await sleep(Math.max(0, (atUs - clock()) / 1e3), undefined, { signal: over }).catch(() => {});
    if (over.aborted && clock() < atUs) return;
    live.enter(phase);
    sampler.sampleNow();
  }
}

function workerPlans(plan: RunPlan, target: StartedTarget, epochNs: bigint, ports: number[]): WorkerPlan[] {
  const { workers, connections } = plan;
  return Array.from({ length: workers }, (_, worker) => ({
    host: hostname(),
    worker,
    workers,
    epochNs: String(epochNs),
    connections: Math.floor(connections / workers) + (worker < connections % workers ? 1 : 0),
    target: {
      host: target.host,
      ports: target.ports,
      path: target.path,
      tls: target.tls === null ? null : { servername: target.tls.servername },
      ...(target.request === undefined ? {} : { request: target.request }),
    },
    sourceAddresses: plan.sourceAddresses,
    sourcePorts: ports,
    rampPerSecond: plan.rampPerSecond / workers,
    pendingHandshakes: Math.max(1, Math.floor(PENDING_HANDSHAKES / workers)),
    workload: plan.workload,
    echoTimeoutMs: plan.echoTimeoutMs,
    connectTimeoutMs: plan.connectTimeoutMs,
    client: plan.client,
    pacing: plan.pacing,
    seed: plan.seed,
  }));
}

async function listProcesses(
  { proxy }: StartedTarget,
  servers: readonly EchoServer[],
  generators: readonly Launched[],
): Promise<NamedProcess[]> {
  const master: NamedProcess[] =
    proxy === null ? [] : [{ component: 'proxy', name: 'nginx master', pid: proxy.launched.pid }];
  const pids = proxy === null ? [] : await workerPids(proxy.launched.pid);
  const workers = pids.map((pid, i) => ({ component: 'proxy' as const, name: `nginx worker ${i + 1}`, pid }));
  const named = (component: 'server' | 'generator') => (launched: Launched) => ({
    component,
    name: launched.name,
    pid: launched.pid,
  });
  return [
    ...master,
    ...workers,
    ...servers.map(({ launched }) => launched).map(named('server')),
    ...generators.map(named('generator')),
    { component: 'runner', name: 'runner', pid: process.pid },
  ];
}

function phasesOf({ times, handshakes }: PhaseContext, endUs: number): Run['phases'] {
  const starts = times === null ? [0] : [handshakes.startUs, times.warmUpUs, times.steadyUs, times.drainUs];
  const ends = times === null ? [] : [times.connectedUs, ...starts.slice(2)];
  return PHASES.flatMap((phase, i) => {
    const startUs = starts[i];
    if (startUs === undefined || startUs >= endUs) return [];
    return [{ phase, startUs, endUs: Math.min(ends[i] ?? endUs, endUs) }];
  });
}
