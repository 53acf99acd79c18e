import { Problem } from '../model/failure.ts';
import type { Load } from '../model/load.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { RunSpec } from '../model/strategy.ts';
import type { RunRequest } from '../request/request.ts';
import { engineOf } from './engine.ts';
import { pacingOf, placementOf } from './placement.ts';
import { echoServers, generatorWorkers, nginxWorkers } from './processes.ts';
import {
  connectionsPerAddress,
  type Demand,
  maxWorkerConnections,
  memoryOf,
  OTHER_FILES,
  type Processes,
  webSocketsPerWorker,
  workerConnectionsFor,
} from './reckoning.ts';
import { RAISE_PORTS } from './remedies.ts';

export interface Preflight {
  plan: RunPlan;
  /** What was set to something other than the default, and why. */
  notices: Notice[];
}

/** One run among those of an invocation. */
export interface RunContext {
  spec: RunSpec;
  profile: Profile;
  /** All profiles of the invocation: everything that is compared has the same placement. */
  profiles: readonly Profile[];
  machine: Machine;
  seed: number;
  /** The number of the run, from 1. */
  number: number;
}

/** Within 127.0.0.0/8, 200 in each of 250 networks, so that no address ends in .0 or .255. */
const ADDRESSES = 200 * 250;
const MOST_ADDRESSES = 200;

/** The default of nginx on Linux, and of Node. */
const LEAST_BACKLOG = 511;
const MOST_BACKLOG = 4096;
const LEAST_WORKER_CONNECTIONS = 512;

/** From this share of the available memory on, the user is warned. */
const MEMORY_TOLD = 0.9;

/**
 * Calculates descriptors, ports, backlog and memory of every process of a run, and sets processes and addresses to
 * match.
 *
 * @throws Problem('environment') that names the limit to raise, if the machine cannot handle the request
 */
export function preflight(asked: RunRequest, context: RunContext): Preflight {
  const request = { ...asked, connections: context.spec.connections ?? asked.connections };
  const { spec, profile, profiles, machine, seed, number } = context;
  const notices: Notice[] = [];
  const processes = processesOf(request, profile, machine, notices);
  const demand = demandOf(request, spec);
  checkMemory(demand, machine, processes, notices);
  const all = profiles.map((each) => processesOf(request, each, machine, []));
  const placement = placementOf(request.pin, spec.load, machine, all);
  if (spec.round !== null && profiles.length > 1 && spec.turns === undefined) notices.push(APART);
  const first = spec.step === request.steps[0];
  const plan: RunPlan = {
    variant: spec.variant,
    step: spec.step,
    round: spec.round,
    profile: profile.name,
    workload: { scenario: 'echo', load: spec.load, payload: request.payload },
    connections: request.connections,
    rampPerSecond: request.rampPerSecond,
    warmupMs: request.warmupMs,
    durationMs: request.durationMs,
    turns: spec.turns ?? null,
    echoTimeoutMs: request.echoTimeoutMs,
    connectTimeoutMs: request.connectTimeoutMs,
    client: demand.client,
    server: demand.server,
    engine: engineOf(request.engine, demand, machine, notices),
    workers: processes.workers,
    servers: processes.servers,
    proxy: processes.nginxWorkers > 0 ? nginxPlan(request, machine, processes.nginxWorkers, notices) : null,
    sourceAddresses: sourceAddresses(request, machine, seed, number, notices),
    placement,
    pacing: pacingOf(spec.load, placement, machine, all),
    // The HTTP leg is the same in every step, so once is enough.
    http: request.http && first ? { connections: 10, durationMs: Math.min(2000, request.durationMs) } : null,
    seed,
  };
  return { plan, notices };
}

const APART: Notice = {
  level: 'info',
  code: 'preflight-apart',
  text:
    'The variants do not fit into memory together, so they did not take turns but ran one after the other: figures ' +
    'scatter more. Fewer connections (--connections) or fewer variants would do.',
};

/** Whether the available memory can hold the topologies of all these profiles at once, with TLS. */
export function fitTogether(request: RunRequest, profiles: readonly Profile[], machine: Machine): boolean {
  const load: Load = { kind: 'closed', inFlight: request.inFlight };
  const needed = profiles.map((profile) =>
    memoryOf(demandOf(request, { step: 'throughput', load }), processesOf(request, profile, machine, [])),
  );
  return needed.reduce((sum, { tls }) => sum + tls, 0) <= machine.memoryBytes * MEMORY_TOLD;
}

function processesOf(request: RunRequest, profile: Profile, machine: Machine, notices: Notice[]): Processes {
  return {
    workers: generatorWorkers(request, machine, notices),
    servers: echoServers(request, profile, machine, notices),
    nginxWorkers: profile.configurationPath === null ? 0 : nginxWorkers(request, machine, notices),
  };
}

/**
 * What determines the memory of a run. The throughput step uses the lean echo server, so that it is not what is
 * measured. The latency step uses `ws`, which is as close to an application's server as an echo server can be.
 */
function demandOf(
  { client, server, connections, payload }: RunRequest,
  { step, load }: Pick<RunSpec, 'step' | 'load'>,
): Demand {
  return { connections, payload, load, client, server: server ?? (step === 'throughput' ? 'lean' : 'ws') };
}

function nginxPlan(
  request: RunRequest,
  machine: Machine,
  workers: number,
  notices: Notice[],
): NonNullable<RunPlan['proxy']> {
  const most = maxWorkerConnections(machine);
  const wanted = Math.max(LEAST_WORKER_CONNECTIONS, workerConnectionsFor(request.connections) + OTHER_FILES);
  const workerConnections = Math.min(most, wanted);
  // By default, the kernel may give every connection to the same worker.
  const reuseport = workers > 1 && webSocketsPerWorker(workerConnections) < request.connections;
  if (reuseport) {
    notices.push({
      level: 'info',
      code: 'preflight-reuseport',
      text:
        `reuseport is added to listen: a worker has ${workerConnections} connections and cannot hold all ` +
        `${request.connections} WebSockets alone, and only by the hash of reuseport are they spread evenly over the workers.`,
    });
  }
  return {
    workers,
    workerConnections,
    workerFiles: workerConnections + OTHER_FILES,
    reuseport,
    backlog: backlogOf(request, machine, notices),
  };
}

function backlogOf(request: RunRequest, { somaxconn }: Machine, notices: Notice[]): number {
  const wanted = Math.min(MOST_BACKLOG, Math.max(LEAST_BACKLOG, request.connections));
  if (somaxconn === null || somaxconn >= wanted) return wanted;
  notices.push({
    level: somaxconn < LEAST_BACKLOG ? 'warning' : 'info',
    code: 'preflight-backlog',
    text:
      `The listen backlog is ${somaxconn} in place of ${wanted}, for net.core.somaxconn allows no more: where it overflows, ` +
      `handshakes take 1 s or 3 s. \`sudo sysctl -w net.core.somaxconn=${wanted}\` raises it.`,
  });
  return Math.max(1, somaxconn);
}

/**
 * Ports that a run has bound stay in TIME_WAIT for a minute. Each run therefore has its own block of addresses, of
 * a fixed size, and a new invocation begins somewhere else (200 addresses share three octets).
 */
function sourceAddresses(
  { connections }: RunRequest,
  machine: Machine,
  seed: number,
  number: number,
  notices: Notice[],
): string[] {
  const each = connectionsPerAddress(machine);
  const needed = Math.ceil(connections / each);
  if (needed > MOST_ADDRESSES) {
    throw new Problem(
      'environment',
      `${connections} connections would take ${needed} source addresses, at ${each} ports for each. ${RAISE_PORTS}`,
    );
  }
  if (needed > 1) {
    notices.push({
      level: 'info',
      code: 'preflight-addresses',
      text: `The generator connects from ${needed} loopback addresses: each has ports for ${each} connections (ip_local_port_range).`,
    });
  }
  const first = ((seed + number - 1) % 250) * 200;
  return Array.from({ length: needed }, (_, index) => loopbackAddress(first + index));
}

/** Number 0 is 127.0.0.2; 127.0.0.1, on which everything listens, is excluded. */
function loopbackAddress(number: number): string {
  const wrapped = number % ADDRESSES;
  return `127.0.${Math.floor(wrapped / 200)}.${(wrapped % 200) + 2}`;
}

function checkMemory(request: Demand, machine: Machine, processes: Processes, notices: Notice[]): void {
  const { plain, tls } = memoryOf(request, processes);
  const available = machine.memoryBytes;
  const left = `${gibibytes(available)} are available`;
  if (plain > available) {
    throw new Problem(
      'environment',
      `${request.connections} connections would take about ${gibibytes(plain)} of memory, and ${left}: ` +
        'ask for fewer (--connections), for smaller messages (--payload) or for fewer at once (--in-flight).',
    );
  }
  if (tls > available * MEMORY_TOLD) {
    notices.push({
      level: 'warning',
      code: 'preflight-memory',
      text: `${request.connections} connections take about ${gibibytes(plain)} of memory, with TLS ${gibibytes(tls)}, and ${left}.`,
    });
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
