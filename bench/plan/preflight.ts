import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import { pacingOf, placementOf } from './placement.ts';
import { echoServers, generatorWorkers, nginxWorkers } from './processes.ts';
import {
  connectionsPerAddress,
  maxWorkerConnections,
  memoryOf,
  OTHER_FILES,
  type Processes,
  webSocketsPerWorker,
  workerConnectionsFor,
} from './reckoning.ts';
import { RAISE_PORTS } from './remedies.ts';
import type { RunRequest } from './request.ts';

export interface Preflight {
  plan: RunPlan;
  /** What was set otherwise than by default, and why. */
  notices: Notice[];
}

/** What tells the runs of one plan apart, beside their profile. */
export interface RunIdentity {
  seed: number;
  /** Source addresses are numbered from here on; runs that take different ones share no ports. */
  firstAddress: number;
}

/** Of 127.0.0.0/8, 200 in each of 250 networks, so that no address ends in .0 or .255. */
const ADDRESSES = 200 * 250;
const MOST_ADDRESSES = 200;

/** nginx's default on Linux, and Node's. */
const LEAST_BACKLOG = 511;
const MOST_BACKLOG = 4096;
const LEAST_WORKER_CONNECTIONS = 512;

/**
 * Reckons descriptors, ports, backlog and memory of every process of a run, and sets processes and
 * addresses to match. Throws a Problem of kind `environment` that names the limit to raise where the
 * machine cannot do what was asked.
 */
export function preflight(
  request: RunRequest,
  profile: Profile,
  machine: Machine,
  { seed, firstAddress }: RunIdentity,
): Preflight {
  const notices: Notice[] = [];
  const proxied = profile.configurationPath !== null;
  const processes: Processes = {
    workers: generatorWorkers(request, machine, notices),
    servers: echoServers(request, profile, machine, notices),
    nginxWorkers: proxied ? nginxWorkers(request, machine, notices) : 0,
  };
  checkMemory(request, machine, processes, notices);
  const placement = placementOf(request.pin, request.load, machine, processes);
  const plan: RunPlan = {
    profile: profile.name,
    workload: { scenario: 'echo', load: request.load, payload: request.payload },
    connections: request.connections,
    rampPerSecond: request.rampPerSecond,
    warmupMs: request.warmupMs,
    durationMs: request.durationMs,
    echoTimeoutMs: request.echoTimeoutMs,
    connectTimeoutMs: request.connectTimeoutMs,
    client: request.client,
    server: request.server,
    workers: processes.workers,
    servers: processes.servers,
    proxy: proxied ? nginxPlan(request, machine, processes.nginxWorkers, notices) : null,
    sourceAddresses: sourceAddresses(request, machine, firstAddress, notices),
    placement,
    pacing: pacingOf(request.load, placement, machine, processes),
    http: request.http ? { connections: 10, durationMs: Math.min(2000, request.durationMs) } : null,
    seed,
  };
  return { plan, notices };
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
  // Left to itself the kernel may hand every connection to one and the same worker.
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

function sourceAddresses(request: RunRequest, machine: Machine, first: number, notices: Notice[]): string[] {
  const each = connectionsPerAddress(machine);
  const needed = Math.ceil(request.connections / each);
  if (needed > MOST_ADDRESSES) {
    throw new Problem(
      'environment',
      `${request.connections} connections would take ${needed} source addresses, at ${each} ports for each. ${RAISE_PORTS}`,
    );
  }
  if (needed > 1) {
    notices.push({
      level: 'info',
      code: 'preflight-addresses',
      text: `The generator connects from ${needed} loopback addresses: each has ports for ${each} connections (ip_local_port_range).`,
    });
  }
  return Array.from({ length: needed }, (_, index) => loopbackAddress(first + index));
}

/** 127.0.0.2 is number 0; 127.0.0.1, where everything listens, is none of them. */
function loopbackAddress(number: number): string {
  const wrapped = number % ADDRESSES;
  return `127.0.${Math.floor(wrapped / 200)}.${(wrapped % 200) + 2}`;
}

function checkMemory(request: RunRequest, machine: Machine, processes: Processes, notices: Notice[]): void {
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
  if (tls > available * 0.9) {
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
