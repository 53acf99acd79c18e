import type { Load, Workload } from '../model/load.ts';
import type { Machine } from '../model/machine.ts';
import type { RunPlan } from '../model/plan.ts';
import { PROXIES, USUAL_PROXY } from '../model/proxy.ts';

/**
 * Capacities and requirements of processes, addresses and connections, on which the preflight's decisions are
 * based. All functions are pure.
 */

/**
 * File descriptors that a process uses for purposes other than connections: listeners, logs, pipes, epoll,
 * the HTTP leg.
 */
export const OTHER_FILES = 64;

const { usableConnections, connectionsPerWebSocket, memory: PROXY_MEMORY } = PROXIES[USUAL_PROXY];

/** The kernel's default, used if net.ipv4.ip_local_port_range cannot be read. */
export const DEFAULT_PORTS: readonly [number, number] = [32_768, 60_999];

/**
 * A proxy cannot connect to its upstream from a port that the generator has bound on any address
 * (`__inet_hash_connect` in the kernel skips it), so proxy and generator each use less than half of the
 * range.
 */
const PORTS_USABLE = 0.45;

/**
 * Returns how many connections one generator or echo server process can hold; 0 if the limit on open files is
 * too low for even one.
 */
export function connectionsPerNodeProcess({ openFilesLimit }: Pick<Machine, 'openFilesLimit'>): number {
  return Math.max(0, openFilesLimit - OTHER_FILES);
}

/** Returns the maximum `worker_connections` that the limit on open files allows. */
export function maxWorkerConnections({ openFilesLimit }: Machine): number {
  return Math.max(0, openFilesLimit - OTHER_FILES);
}

/** Returns how many WebSockets one worker of the proxy can hold with the given `worker_connections`. */
export function webSocketsPerWorker(workerConnections: number): number {
  return Math.floor((workerConnections * usableConnections) / connectionsPerWebSocket);
}

/**
 * Like `webSocketsPerWorker`, but for workers that are selected by a hash of the addresses. The standard
 * deviation of the counts is the square root of their mean; five times this value is kept free. accept_mutex
 * does not help, because a worker that is 7/8 full still accepts connections, although less often
 * (`ngx_accept_disabled` in ngx_event.c).
 */
export function webSocketsPerHashedWorker(workerConnections: number): number {
  const most = Math.floor(workerConnections / connectionsPerWebSocket);
  const mean = ((Math.sqrt(25 + 4 * most) - 5) / 2) ** 2;
  return Math.min(webSocketsPerWorker(workerConnections), Math.floor(mean));
}

/**
 * Returns how many of the given WebSockets the busiest worker may get if a hash of the addresses selects
 * workers: the mean plus five times its square root, as in `webSocketsPerHashedWorker`.
 */
export function webSocketsOfBusiestWorker(webSockets: number, workers: number): number {
  const mean = webSockets / workers;
  return Math.min(webSockets, Math.ceil(mean + 5 * Math.sqrt(mean)));
}

/** Returns the `worker_connections` that a worker needs for the given number of WebSockets. */
export function workerConnectionsFor(webSockets: number): number {
  return Math.ceil((webSockets * connectionsPerWebSocket) / usableConnections);
}

/**
 * Returns the number of connections possible from one source address, and from the proxy to one upstream port.
 */
export function connectionsPerAddress({ portRange }: Machine): number {
  return Math.max(1, Math.floor(connectionPorts(portRange) * PORTS_USABLE));
}

/** Returns the number of source ports with which a system can connect to one address and port. */
export function connectionPorts(portRange: Machine['portRange']): number {
  const [low, high] = portRange ?? DEFAULT_PORTS;
  return high - low + 1;
}

/** Number of processes of each kind. */
export interface Processes {
  workers: number;
  servers: number;
  /** 0 if there is no proxy. */
  proxyWorkers: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Resident memory of an idle process. */
const NODE_PROCESS_BYTES = 60 * MIB;

/** Measured resident memory of one idle connection, and kernel memory of one socket. */
const GENERATOR_BYTES = { lean: 6 * KIB, ws: 12 * KIB };
const GENERATOR_TLS_BYTES = 34 * KIB;
const SERVER_BYTES = 12 * KIB;
const SOCKET_BYTES = 4 * KIB;

/** The properties that determine how much memory a run needs. */
export interface Demand extends Pick<RunPlan, 'connections' | 'client'>, Pick<Workload, 'payload'> {
  server: 'lean' | 'ws' | 'own';
  loop: Load['kind'] | null;
  /** Maximum number of unanswered messages per connection. */
  inFlight: number;
}

/** Returns the memory that a run needs, in bytes, without and with TLS. */
export function memoryOf(
  request: Demand,
  { workers, servers, proxyWorkers }: Processes,
): { plain: number; tls: number } {
  const proxied = proxyWorkers > 0;
  const perConnection =
    GENERATOR_BYTES[request.client] +
    SERVER_BYTES +
    (proxied ? PROXY_MEMORY.webSocket : 0) +
    SOCKET_BYTES * (proxied ? 4 : 2) +
    // In the worst case, each message is in the generator and in the server at the same time.
    2 * request.inFlight * request.payload.maxBytes;
  const processes = (workers + servers) * NODE_PROCESS_BYTES + proxyWorkers * PROXY_MEMORY.worker;
  const plain = processes + request.connections * perConnection;
  const tls = proxied ? plain + request.connections * (GENERATOR_TLS_BYTES + PROXY_MEMORY.tls) : plain;
  return { plain: Math.ceil(plain), tls: Math.ceil(tls) };
}
