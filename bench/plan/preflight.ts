import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { EngineName, RunPlan, Step, StepPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { StepOfVariant } from '../model/strategy.ts';
import type { RunRequest } from '../request/request.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { notice } from '../wording/finding.ts';
import { formatBytes, formatCount } from '../wording/format.ts';
import { carrierOf } from './carrier.ts';
import { engineOf } from './engine.ts';
import { pacingOf, placementOf } from './placement.ts';
import { echoServers, generatorWorkers, proxyMachine, proxyWorkers } from './processes.ts';
import {
  type Demand,
  maxWorkerConnections,
  memoryOf,
  OTHER_FILES,
  type Processes,
  webSocketsPerWorker,
  workerConnectionsFor,
} from './reckoning.ts';
import { checkAddresses, checkAgentPorts, portsNeeded } from './source-ports.ts';

export interface Preflight {
  plan: StepPlan;
  /** Number of source ports that the connections of a run need. */
  ports: number;
  /** Settings that differ from their defaults, with the reasons. */
  notices: Notice[];
}

/** One step of one variant. */
export interface StepContext extends StepOfVariant {
  profile: Profile;
  /** All profiles in the invocation, because all runs that are compared have the same placement. */
  profiles: readonly Profile[];
  machine: Machine;
  seed: number;
}

/** Default listen backlog of Nginx on Linux, and of Node. */
const LEAST_BACKLOG = 511;
const MOST_BACKLOG = 4096;
const LEAST_WORKER_CONNECTIONS = 512;

/** Error code for runs that need more memory than is available. */
export const TOO_LITTLE_MEMORY = 'preflight-memory';

/** The user is warned if a run needs more than this share of the available memory. */
const MEMORY_TOLD = 0.9;

/**
 * Calculates the file descriptors, ports, backlog and memory that every process of a step's runs needs, and
 * sets the numbers of processes accordingly.
 *
 * @throws Problem('environment') that names the limit to raise, if the machine cannot handle the request
 */
export function preflight(
  asked: RunRequest,
  { variant, step, connections = asked.connections, profile, profiles, machine, seed, ...of }: StepContext,
): Preflight {
  const { payload = asked.payload, proxyWorkers: asNeeded = asked.proxyWorkers } = of;
  const { durationMs = asked.durationMs } = of;
  const request: RunRequest = { ...asked, connections, payload, durationMs, proxyWorkers: asNeeded };
  const largest: RunRequest = { ...request, ...of.largest };
  const notices: Notice[] = [];
  checkBackend(request, profile);
  checkServerHosts(machine, profile);
  const sized = processesOf({ ...largest, proxyWorkers: asNeeded }, profile, machine, notices);
  // Each generator process needs a connection.
  const processes = { ...sized, workers: Math.min(sized.workers, connections) };
  const demand = demandOf(request, step);
  checkMemory(demand, machine, processes, notices);
  const all = profiles.map((each) => processesOf(largest, each, machine, []));
  const { target } = request;
  // A server that is already running needs some of the CPUs, but the bench cannot assign them to it.
  const isExternal = target.kind === 'external';
  const { generators, serverHosts } = machine;
  const placement =
    isExternal || generators || serverHosts ? null : placementOf(request.pin, demand.loop, machine, all);
  const engine = engineOf(engineFor(request, machine), demand, withSharedBun(machine), notices);
  const first = step === request.steps[0];
  const { scenario } = request;
  const carrierDemand = {
    ...demandOf(largest, step),
    isMessages: scenario.work === undefined,
    isPlainSandbox: !isExternal && request.agents === null && !profile.upstreamTls,
  };
  // A spinning generator would block other work on its CPUs, such as an external server or the HTTP requests.
  // Nothing is known about what else runs on the hosts of agents.
  const sharesCpus = isExternal || scenario.httpLoad !== undefined || generators !== undefined;
  const lengths = scenario.lengths(step, request.scenarioOptions) ?? request;
  const plan: StepPlan = {
    variant,
    step,
    profile: profile.name,
    connections,
    rampPerSecond: request.rampPerSecond,
    openingStages: scenario.openingStages,
    warmupMs: lengths.warmupMs,
    durationMs: lengths.durationMs,
    timeline: [...scenario.timeline(step, request.scenarioOptions, processes.servers)],
    echoTimeoutMs: request.echoTimeoutMs,
    connectTimeoutMs: request.connectTimeoutMs,
    client: demand.client,
    target,
    server: isExternal ? null : demand.server,
    backend: request.backend,
    engine,
    carrier: carrierOf(request.carrier, engine, carrierDemand, machine, notices),
    workers: processes.workers,
    ...(generators === undefined ? {} : { agents: [...generators.agents] }),
    ...(request.agents?.proxy == null || (profile.configurationPath === null && !isExternal)
      ? {}
      : { proxyAgent: request.agents.proxy }),
    ...(serverHosts === undefined ? {} : { serverAgents: serverHosts.map(({ agent }) => agent) }),
    ...(request.agents?.listen == null ? {} : { listen: request.agents.listen }),
    servers: processes.servers,
    proxy:
      processes.proxyWorkers > 0
        ? proxyPlan(largest, proxyMachine(machine), processes.proxyWorkers, notices)
        : null,
    placement,
    pacing: sharesCpus && demand.loop === 'open' ? 'sleep' : pacingOf(demand.loop, placement, machine, all),
    // The HTTP leg would be the same in every step, so it runs only once.
    http:
      scenario.httpLoad?.(request.scenarioOptions) ??
      (request.http && scenario.hasHttpLeg && first
        ? { connections: 10, durationMs: Math.min(2000, request.durationMs), ratePerSecond: null }
        : null),
    seed,
  };
  if (request.backend !== null) notices.push(notice('info', 'own-backend', {}));
  const needed = portsNeeded(request, demand.loop, lengths);
  if (generators === undefined) checkAddresses(needed, machine, notices);
  else checkAgentPorts(needed, request, generators, notices);
  return { plan, ports: needed.ports, notices };
}

/**
 * Returns the engine that the user names, or that the carrier or the target requires; null if either engine
 * is suitable. Verifying a certificate with the system's authorities requires Node: for each connection, Bun
 * would read all of these authorities again, and there are usually more than a hundred.
 */
function engineFor(
  { engine, carrier, target }: RunRequest,
  { bun }: Pick<Machine, 'bun'>,
): EngineName | null {
  if (engine !== null) return engine;
  if (carrier === 'io_uring' && bun !== null) return 'bun';
  return target.kind === 'external' && target.certificate?.by === 'system' ? 'node' : null;
}

/** A run has one engine, so Bun is only available if the hosts of generators and servers have it too. */
function withSharedBun({ bun, generators, serverHosts = [] }: Machine): Pick<Machine, 'bun'> {
  const isShared = generators?.bun !== false && serverHosts.every((host) => host.bun);
  return { bun: isShared ? bun : null };
}

/**
 * Reports whether the available memory can hold the topologies of all these profiles at the same time, with
 * TLS.
 */
export function fitTogether(request: RunRequest, profiles: readonly Profile[], machine: Machine): boolean {
  const needed = profiles.map((profile) =>
    memoryOf(demandOf(request, request.steps[0] ?? ''), processesOf(request, profile, machine, [])),
  );
  return needed.reduce((sum, { tls }) => sum + tls, 0) <= machine.memoryBytes * MEMORY_TOLD;
}

function processesOf(request: RunRequest, profile: Profile, machine: Machine, notices: Notice[]): Processes {
  return {
    workers: generatorWorkers(request, machine, notices),
    servers: request.target.kind === 'external' ? 0 : echoServers(request, profile, machine, notices),
    proxyWorkers: profile.configurationPath === null ? 0 : proxyWorkers(request, machine, notices),
  };
}

/**
 * @throws Problem('usage') if the profile needs servers with a certificate, which a --backend command does
 * not get
 */
function checkBackend({ backend }: RunRequest, { name, upstreamTls }: Profile): void {
  if (backend === null || !upstreamTls) return;
  throw new Problem(
    'usage',
    `${name} connects to its servers over TLS, but a --backend command is not given a certificate. Leave --backend out, or use a configuration with proxy_pass http://.`,
  );
}

/** @throws Problem('usage') if the profile needs its servers on the same host as Nginx */
function checkServerHosts({ serverHosts }: Machine, { name, upstreamTls }: Profile): void {
  if (serverHosts === undefined || !(upstreamTls || name === 'unix-socket')) return;
  throw new Problem(
    'usage',
    `${name} connects to its servers ${upstreamTls ? 'over TLS with a certificate of this host' : 'through a Unix-domain socket'}, so they cannot run on other hosts. Leave --server-agents out, or use another profile.`,
  );
}

/** Returns the values that determine how much memory a run needs. */
function demandOf({ client, server, backend, connections, payload, load }: RunRequest, step: Step): Demand {
  const { load: loop, server: usual } = stepNamed(step);
  const inFlight = loop === 'closed' ? load.inFlight : 1;
  return {
    connections,
    payload,
    loop,
    inFlight,
    client,
    server: backend === null ? (server ?? usual) : 'own',
  };
}

function proxyPlan(
  request: RunRequest,
  machine: Machine,
  workers: number,
  notices: Notice[],
): NonNullable<RunPlan['proxy']> {
  const most = maxWorkerConnections(machine);
  const wanted = Math.max(LEAST_WORKER_CONNECTIONS, workerConnectionsFor(request.connections) + OTHER_FILES);
  const workerConnections = Math.min(most, wanted);
  // By default, the kernel may assign every connection to the same worker.
  const reuseport = workers > 1 && webSocketsPerWorker(workerConnections) < request.connections;
  if (reuseport) {
    notices.push(
      notice('info', 'preflight-reuseport', { workerConnections, connections: request.connections }),
    );
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
  const level = somaxconn < LEAST_BACKLOG ? 'warning' : 'info';
  notices.push(notice(level, 'preflight-backlog', { backlog: somaxconn, wanted }));
  return Math.max(1, somaxconn);
}

function checkMemory(request: Demand, machine: Machine, processes: Processes, notices: Notice[]): void {
  const { plain, tls } = memoryOf(request, processes);
  const available = machine.memoryBytes;
  if (plain > available) {
    throw new Problem(
      'environment',
      `${formatCount(request.connections)} connections need about ${formatBytes(plain)} of memory, but only ${formatBytes(available)} is available. ` +
        'Reduce --connections, --payload or --in-flight.',
      { code: TOO_LITTLE_MEMORY },
    );
  }
  if (tls > available * MEMORY_TOLD) {
    const { connections } = request;
    const facts = { connections, plainBytes: plain, tlsBytes: tls, availableBytes: available };
    notices.push(notice('warning', TOO_LITTLE_MEMORY, facts));
  }
}
