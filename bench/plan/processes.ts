import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine, TopologyHost } from '../model/machine.ts';
import type { Profile } from '../model/profile.ts';
import { PROXIES, PROXY, USUAL_PROXY } from '../model/proxy.ts';
import type { RunRequest } from '../request/request.ts';
import { notice } from '../wording/finding.ts';
import { formatCount } from '../wording/format.ts';
import { type HoldFacts, holdClause } from '../wording/planning.ts';
import { counted } from '../wording/words.ts';
import {
  connectionsPerAddress,
  connectionsPerNodeProcess,
  maxWorkerConnections,
  webSocketsPerHashedWorker,
  webSocketsPerWorker,
} from './reckoning.ts';
import { RAISE_PORTS, raiseOpenFiles } from './remedies.ts';

/**
 * More processes than CPUs only cost memory and context switches. If even this many are not enough, the limit on
 * open files per process should be raised instead.
 */
const MOST_NODE_PROCESSES = 32;

/**
 * Number of generator processes of a run, on all hosts together. By default, each agent runs one.
 *
 * @throws Problem('usage') if an agent would have none
 */
export function generatorWorkers(request: RunRequest, machine: Machine, notices: Notice[]): number {
  const { generators } = machine;
  const agents = generators?.agents.length ?? 0;
  if (Math.min(request.workers ?? agents, request.connections) < agents) {
    const [option, each] =
      request.connections < agents ? ['connections', 'connection'] : ['workers', 'process'];
    throw new Problem(
      'usage',
      `Each of the ${agents} agents needs at least one ${each}. Use at least --${option} ${agents}, or reduce the number of agents.`,
    );
  }
  const { openFilesLimit } = generators ?? machine;
  const capacity = connectionsPerNodeProcess({ openFilesLimit });
  return processCount(
    {
      code: 'preflight-generators',
      what: 'generator processes',
      option: '--workers',
      asked: request.workers,
      byDefault: generators === undefined ? Math.min(shareOfCpus(machine), request.connections) : agents,
      most: Math.max(1, agents) * MOST_NODE_PROCESSES,
      capacity,
      hold: { bound: 'open-files', each: capacity, openFiles: openFilesLimit },
      remedy: raiseOpenFiles(machine),
    },
    request.connections,
    notices,
  );
}

/**
 * Number of echo server processes: at least as many as the profile requires.
 *
 * @throws Problem if the scenario needs more, or does not support that many
 */
export function echoServers(
  request: RunRequest,
  profile: Profile,
  machine: Machine,
  notices: Notice[],
): number {
  const { serverHosts } = machine;
  const agents = serverHosts?.length ?? 0;
  const host = serverMachine(machine);
  const files = connectionsPerNodeProcess(host);
  // Source ports limit the connections per echo server only with a proxy, which connects to each server's
  // port from a single address.
  const ports =
    profile.configurationPath === null ? Number.POSITIVE_INFINITY : connectionsPerAddress(machine);
  const bound = ports < files;
  const count = processCount(
    {
      code: 'preflight-servers',
      what: 'echo servers',
      option: '--servers',
      asked: request.servers,
      // A user's command may itself start several processes, and it is unknown how many are suitable.
      byDefault:
        request.backend !== null
          ? profile.servers
          : Math.max(
              profile.servers,
              agents,
              Math.min(shareOfCpus(host), request.scenario.servers?.most ?? host.cpus.length),
            ),
      most: MOST_NODE_PROCESSES,
      capacity: Math.min(files, ports),
      hold: bound
        ? { bound: 'ports', each: ports }
        : { bound: 'open-files', each: files, openFiles: host.openFilesLimit },
      remedy: bound ? RAISE_PORTS : raiseOpenFiles(machine),
    },
    request.connections,
    notices,
  );
  checkServers(request, profile, count);
  if (count < agents) {
    throw new Problem(
      'usage',
      `Each of the ${agents} server agents needs at least one echo server, but there would be only ${count}. Use at least --servers ${agents}, or reduce the number of agents.`,
    );
  }
  return count;
}

/** @throws Problem('usage') if the scenario does not work with this number of echo servers */
function checkServers({ scenario: { name, servers } }: RunRequest, profile: Profile, count: number): void {
  if (servers === null) return;
  const { least, most } = servers;
  if (count < least) {
    throw new Problem(
      'usage',
      `The scenario ${name} needs at least ${least} echo servers, but ${profile.name} would have ${count}. Use --servers ${least}, or a profile with several servers, such as load-balanced.`,
    );
  }
  if (count > most) {
    throw new Problem(
      'usage',
      `The scenario ${name} supports at most ${counted(most, 'echo server')}, but ${profile.name} would have ${count}. Use --servers ${most}, or fewer connections.`,
    );
  }
}

/** Number of the proxy's worker processes. */
export function proxyWorkers(request: RunRequest, runners: Machine, notices: Notice[]): number {
  const machine = proxyMachine(runners);
  const most = maxWorkerConnections(machine);
  const alone = webSocketsPerWorker(most);
  const capacity = request.connections <= alone ? alone : webSocketsPerHashedWorker(most);
  return processCount(
    {
      code: 'preflight-nginx-workers',
      what: `${PROXY} workers`,
      option: '--nginx-workers',
      asked: request.proxyWorkers,
      byDefault: shareOfCpus(machine),
      most: PROXIES[USUAL_PROXY].mostWorkers,
      capacity,
      hold: { bound: 'nginx-files', each: capacity, openFiles: machine.openFilesLimit },
      remedy: raiseOpenFiles(machine),
    },
    request.connections,
    notices,
  );
}

/** The machine with the limits of the host on which the proxy runs. */
export function proxyMachine(machine: Machine): Machine {
  const { proxyHost } = machine;
  return proxyHost === undefined ? machine : elsewhere(machine, [proxyHost]);
}

/** The machines on which the echo servers run, as if they were one. */
function serverMachine(machine: Machine): Machine {
  const { serverHosts } = machine;
  return serverHosts === undefined ? machine : elsewhere(machine, serverHosts);
}

function elsewhere(machine: Machine, hosts: readonly TopologyHost[]): Machine {
  const cpus = hosts.reduce((sum, host) => sum + host.cpus, 0);
  const [{ somaxconn } = machine] = hosts;
  return {
    ...machine,
    // Each component normally gets a third of the CPUs. No other component runs on these hosts, so the number
    // of CPUs is tripled.
    cpus: Array.from({ length: cpus * 3 }, (_, cpu) => cpu),
    openFilesLimit: Math.min(...hosts.map(({ openFilesLimit }) => openFilesLimit)),
    somaxconn,
  };
}

/** A third of the CPUs: the proxy, the generators and the echo servers each get a third. */
function shareOfCpus({ cpus }: Machine): number {
  return Math.max(1, Math.floor(cpus.length / 3));
}

interface Need {
  code: 'preflight-generators' | 'preflight-servers' | 'preflight-nginx-workers';
  what: string;
  option: string;
  asked: number | null;
  byDefault: number;
  most: number;
  /** Number of connections that one process can hold. */
  capacity: number;
  hold: HoldFacts;
  remedy: string;
}

function processCount(need: Need, connections: number, notices: Notice[]): number {
  const { asked, byDefault, most, capacity, what, option, hold, remedy } = need;
  const reason = holdClause(hold);
  if (capacity < 1) {
    throw new Problem('environment', `No ${what} can run: ${reason}. ${remedy}`);
  }
  const needed = Math.ceil(connections / capacity);
  if (asked !== null && asked < needed) {
    throw new Problem(
      'environment',
      `${option} ${asked} is too few for ${formatCount(connections)} connections: ${reason}. ` +
        `Use ${option} ${needed}, or leave it out. ${remedy}`,
    );
  }
  if (asked !== null) return asked;
  if (needed > most) {
    throw new Problem(
      'environment',
      `${formatCount(connections)} connections need ${formatCount(needed)} ${what}, but at most ${most} are useful: ${reason}. ${remedy}`,
    );
  }
  if (needed > byDefault) notices.push(notice('info', need.code, { needed, byDefault, connections, hold }));
  return Math.max(needed, byDefault);
}
