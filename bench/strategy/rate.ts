import { type ByComponent, knownFigures } from '../measure/figures.ts';
import { workOf } from '../measure/work.ts';
import type { Finding } from '../model/finding.ts';
import type { EngineName, StepPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { DemandFacts } from '../wording/conclusions.ts';
import { finding } from '../wording/finding.ts';

/** Target utilisation, in the latency step, of the CPUs used by the proxy and the echo servers. */
const BUSY_SHARE = 0.5;

/**
 * CPU per message in the open loop ÷ CPU per message in the closed loop: for the proxy, and for an echo server that is
 * `ws` in the open loop but lean in the closed loop. Both ratios depend on whether the closed loop uses the sockets of
 * Node, those of Bun, or io_uring. Measured with 64-byte messages on Node.js 20; see docs/method.md.
 */
const OPEN_COST: Record<EngineName | 'io_uring', { proxy: number; ws: number }> = {
  node: { proxy: 1.1, ws: 2.6 },
  bun: { proxy: 1.5, ws: 2.2 },
  io_uring: { proxy: 1.6, ws: 2.7 },
};

/** A chosen rate and the measured CPU demand that limits it. */
export interface ChosenRate {
  /** Messages per second over all connections. */
  perSecond: number;
  /** The CPU demand from which the rate was derived. */
  demand: DemandFacts;
  reason: Finding;
}

/** CPU time, in µs, that the busiest CPU spends per message. */
interface Demand {
  cpuUs: number;
  proxyUs: number | null;
  serverUs: number | null;
  /** Set only if the work is handshakes, not messages. */
  generatorUs: number | null;
  variant: string;
}

/**
 * Chooses the highest rate at which, for all variants, no CPU used by the proxy or the echo servers (and, for
 * handshakes, by the generator) is more than half busy. The rate is rounded down to two digits.
 *
 * @param measured runs of the throughput step
 * @param planOf returns a variant's plan for the open-loop step
 * @returns null if CPU per message is unknown for every variant
 */
export function chooseRate(
  measured: readonly Run[],
  planOf: (variant: string) => StepPlan,
): ChosenRate | null {
  const demands = measured.flatMap((run) => demandOf(run, planOf(run.plan.variant)) ?? []);
  const [first, ...others] = demands;
  if (first === undefined) return null;
  const most = others.reduce((highest, each) => (each.cpuUs > highest.cpuUs ? each : highest), first);
  const { variant, proxyUs, serverUs, generatorUs } = most;
  const ratios = measured.map((run) => ratiosOf(run, planOf(run.plan.variant)));
  const demand = {
    ...{ variant, proxyUs, serverUs },
    proxyRatio: Math.max(...ratios.map(({ proxy }) => proxy)),
    wsRatio: Math.max(...ratios.map(({ ws }) => ws)),
    ...(generatorUs === null ? {} : { generatorUs }),
    ...stepFacts(measured[0]),
  };
  const perSecond = roundDown((BUSY_SHARE * 1e6) / most.cpuUs);
  return { perSecond, demand, reason: finding('rate-chosen', demand) };
}

/** Returns the step of a run and its kind of work, such as handshakes; empty if the work is messages. */
export function stepFacts(run: Run | undefined): Pick<DemandFacts, 'step' | 'work'> {
  if (run === undefined || workOf(run) === 'messages') return {};
  return { step: run.plan.step, work: workOf(run) };
}

/** Rounds down to two significant digits. */
export function roundDown(figure: number): number {
  const step = 10 ** (Math.floor(Math.log10(figure)) - 1);
  // Adds a small margin after the division, because 0.3 / 0.1 is slightly below 3.
  return Number((Math.floor(figure / step + 1e-9) * step).toPrecision(2));
}

/**
 * Returns the demand of the busiest CPU. The generator counts only for handshakes: a message costs it little CPU time,
 * but it does half of the cryptography of a TLS handshake.
 */
function demandOf(run: Run, plan: StepPlan): Demand | null {
  const others = demandOfOthers(run, plan);
  const generator = knownFigures(run).work.cpuUs.generator;
  if (others === null || generator === null || workOf(run) === 'messages') return others;
  const cpus = Math.max(1, Math.min(plan.placement?.generator.length ?? plan.workers, plan.workers));
  const nothing = { proxyUs: null, serverUs: null };
  return busier(others, {
    ...nothing,
    cpuUs: generator / cpus,
    generatorUs: generator,
    variant: plan.variant,
  });
}

function demandOfOthers(run: Run, plan: StepPlan): Demand | null {
  const cost = costs(run, plan);
  if (cost === null) return null;
  const { placement, servers, proxy } = plan;
  const most = (cpus: readonly number[], processes: number) => Math.max(1, Math.min(cpus.length, processes));
  const workers = proxy?.workers ?? 1;
  const { variant } = plan;
  const ofProxy = (cpus: number): Demand => ({
    cpuUs: cost.proxy / cpus,
    proxyUs: cost.proxy,
    serverUs: null,
    generatorUs: null,
    variant,
  });
  const ofServers = (cpus: number): Demand => ({
    cpuUs: cost.server / cpus,
    proxyUs: null,
    serverUs: cost.server,
    generatorUs: null,
    variant,
  });
  // The processes are single-threaded, so each uses at most one CPU wherever the kernel schedules it.
  if (placement === null) return busier(ofProxy(Math.max(1, workers)), ofServers(servers));
  const shared = placement.proxy.some((cpu) => placement.server.includes(cpu));
  if (shared && cost.proxy > 0)
    return {
      cpuUs: (cost.proxy + cost.server) / placement.server.length,
      proxyUs: cost.proxy,
      serverUs: cost.server,
      generatorUs: null,
      variant,
    };
  return busier(ofProxy(most(placement.proxy, workers)), ofServers(most(placement.server, servers)));
}

function busier(a: Demand, b: Demand): Demand {
  return b.cpuUs > a.cpuUs ? b : a;
}

/**
 * Returns the CPU time, in µs, that the proxy and the servers spend per message in the latency step; null if
 * it was not measured.
 */
function costs(run: Run, plan: StepPlan): { proxy: number; server: number } | null {
  const { proxy, server }: ByComponent = knownFigures(run).work.cpuUs;
  if (server === null || (proxy === null && plan.proxy !== null)) return null;
  const ratios = ratiosOf(run, plan);
  return { proxy: (proxy ?? 0) * ratios.proxy, server: server * ratios.ws };
}

/** Returns the expected CPU per message in the latency step ÷ the CPU per message in this run. */
function ratiosOf(run: Run, plan: StepPlan): { proxy: number; ws: number } {
  const { server, carrier, engine, workload } = run.plan;
  if (workload.load?.kind !== 'closed' || workOf(run) !== 'messages') return { proxy: 1, ws: 1 };
  const { proxy, ws } = OPEN_COST[carrier === 'io_uring' ? carrier : engine];
  return {
    proxy: run.plan.proxy === null ? 1 : proxy,
    ws: server === 'lean' && plan.server === 'ws' ? ws : 1,
  };
}
