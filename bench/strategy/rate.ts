import { type ByComponent, figuresOf } from '../measure/figures.ts';
import type { EngineName, RunPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';

/** The highest utilisation, in the latency step, of the CPUs that proxy and servers use. */
const BUSY_SHARE = 0.5;

/**
 * CPU per message of the `ws` echo server in the open loop ÷ that of the lean one in the closed loop, by the engine
 * of the lean one. Used if only the lean one was measured. At 64 bytes on Node 20; see docs/method.md.
 */
const WS_COST: Record<EngineName, number> = { node: 1.7, bun: 2 };

/** A chosen rate and the run that bounds it. */
export interface ChosenRate {
  /** Messages per second over all connections. */
  perSecond: number;
  /** One or two sentences with the figures behind it. */
  reason: string;
}

/** CPU time in µs that the busiest CPU spends on one message. */
interface Demand {
  cpuUs: number;
  /** The work of that CPU, as in `Nginx 21.4 µs and the echo servers 18.3 µs`. */
  what: string;
  variant: string;
}

/**
 * The highest rate at which no CPU that the proxy or the echo servers use is more than half busy in any of the
 * variants, rounded down to two digits.
 *
 * @param measured runs of the throughput step
 * @param planOf the plan of the latency step for a variant; its rate does not matter
 * @returns null if CPU per message is not known for any variant
 */
export function chooseRate(
  measured: readonly Run[],
  planOf: (variant: string) => RunPlan,
): ChosenRate | null {
  const demands = measured.flatMap((run) => demandOf(run, planOf(run.plan.variant)) ?? []);
  const [first, ...others] = demands;
  if (first === undefined) return null;
  const most = others.reduce((highest, each) => (each.cpuUs > highest.cpuUs ? each : highest), first);
  const perSecond = roundDown((BUSY_SHARE * 1e6) / most.cpuUs);
  return {
    perSecond,
    reason:
      `${count(perSecond)} messages a second: by the CPU per message that the step throughput measured, this is the ` +
      `highest rate, rounded down, at which no CPU that Nginx or the echo servers use is more than half busy. ` +
      `${most.variant} asks most of one: ${most.what} a message.${reckoned(measured, planOf)}`,
  };
}

/** Rounds down to two significant digits. */
export function roundDown(figure: number): number {
  const step = 10 ** (Math.floor(Math.log10(figure)) - 1);
  // Divides first and adds a margin, because 0.3 / 0.1 is slightly below 3.
  return Number((Math.floor(figure / step + 1e-9) * step).toPrecision(2));
}

function demandOf(run: Run, plan: RunPlan): Demand | null {
  const cost = costs(run, plan);
  if (cost === null) return null;
  const { placement, servers, proxy } = plan;
  const demand = (cpuUs: number, what: string): Demand => ({ cpuUs, what, variant: plan.variant });
  const proxyUs = `Nginx ${us(cost.proxy)}`;
  const serverUs = `the echo servers ${us(cost.server)}`;
  if (placement === null) {
    // Each process has one thread, wherever the kernel places it.
    const perProcess = [
      demand(cost.proxy / Math.max(1, proxy?.workers ?? 1), proxyUs),
      demand(cost.server / servers, serverUs),
    ];
    return perProcess.reduce((a, b) => (b.cpuUs > a.cpuUs ? b : a));
  }
  const proxyCpus = placement.proxy;
  const shared = proxyCpus.some((cpu) => placement.server.includes(cpu));
  if (shared && cost.proxy > 0)
    return demand((cost.proxy + cost.server) / placement.server.length, `${proxyUs} and ${serverUs}`);
  const most = (cpus: readonly number[], processes: number) => Math.max(1, Math.min(cpus.length, processes));
  const apart = [
    demand(cost.proxy / most(proxyCpus, proxy?.workers ?? 1), proxyUs),
    demand(cost.server / most(placement.server, servers), serverUs),
  ];
  return apart.reduce((a, b) => (b.cpuUs > a.cpuUs ? b : a));
}

/** CPU time in µs per message of proxy and servers in the latency step; null if they were not measured. */
function costs(run: Run, plan: RunPlan): { proxy: number; server: number } | null {
  const { proxy, server }: ByComponent = figuresOf(run).cpuUsPerMessage;
  if (server === null || (proxy === null && plan.proxy !== null)) return null;
  return { proxy: proxy ?? 0, server: server * serverRatio(run, plan) };
}

function serverRatio(run: Run, plan: RunPlan): number {
  return run.plan.server === 'lean' && plan.server === 'ws' ? WS_COST[run.plan.engine] : 1;
}

function reckoned(measured: readonly Run[], planOf: (variant: string) => RunPlan): string {
  const ratio = Math.max(...measured.map((run) => serverRatio(run, planOf(run.plan.variant))));
  return ratio > 1
    ? ` The echo server on ws is reckoned at ${ratio} times the lean one that was measured.`
    : '';
}

function us(cpuUs: number): string {
  return `${cpuUs.toFixed(1)} µs`;
}

function count(figure: number): string {
  return figure.toLocaleString('en-US');
}
