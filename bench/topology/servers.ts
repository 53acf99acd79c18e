import { setMaxListeners } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import type { CarrierName, EngineName } from '../model/plan.ts';
import { type Backend, launchBackend } from './backend.ts';
import type { Certificate } from './certificate.ts';
import { LOOPBACK } from './ports.ts';
import type { Launched } from './process.ts';
import { launchServer, type ServerPlace, type ServerProcess } from './server-process.ts';
import { openToWorkers } from './worker-user.ts';

/** Counters of one echo server since its first start. */
export interface ServerStats {
  connections: { open: number; total: number };
  /** Number of echoed messages, and their payload bytes. */
  messages: number;
  bytes: number;
  /** Number of ordinary HTTP requests. */
  httpRequests: number;
}

/**
 * Event loop load of one process over the last second: the share of time (0..1) in which the loop was not
 * idle, and the longest delay.
 */
export interface LoopSample {
  utilisation: number;
  delayMaxUs: number;
}

/** An echo server on any host. */
export interface ReachableServer {
  readonly host: string;
  readonly port: number;
  /** Path of the server's Unix-domain socket; null if it has none. */
  readonly socket: string | null;
  /** Certificate used on both the port and the socket; null if the server does not use TLS. */
  readonly certPath: string | null;
  /**
   * Returns the server's counters, summed over all of its processes; null if it keeps none.
   *
   * @throws {Problem} kind `died` if the server's process no longer responds, unless `kill` ended it
   */
  stats(): Promise<ServerStats | null>;
}

/**
 * One echo server on this host, which may also listen on a Unix-domain socket. Its process may be killed and
 * replaced by another one during a run.
 */
export interface EchoServer extends ReachableServer {
  /** The server's current process, or the last one if none is running. */
  readonly launched: Launched;
  /** Returns the latest sample of the event loop; null during the first second. */
  loop(): LoopSample | null;
  /**
   * Asks the server's process for its counters, which `kill` would lose. Gives up if the process takes too
   * long.
   */
  noteCounters(): Promise<void>;
  /** Sends SIGKILL to the server's process. Afterwards, `stats` returns the counters that were noted last. */
  kill(): void;
  /**
   * Starts the server again on the same port and socket. Resolves when the server is ready.
   *
   * @throws {Problem} kind `environment` if the server is still running, or does not become ready
   */
  start(): Promise<void>;
}

export interface ServersOptions {
  count: number;
  /** Address to listen on. Default: 127.0.0.1. */
  host?: string;
  /** Number of the first server, as used in the servers' names. Default: 1. */
  firstNumber?: number;
  /** Port of each server. By default, the system chooses free ports. A `Backend` requires explicit ports. */
  ports?: readonly number[];
  kind: 'ws' | 'lean' | Backend;
  /** Engine of the lean server; the `ws` server always runs on Node. */
  engine: EngineName;
  /** Carrier of the lean server's connections that do not use TLS. Default: the engine's sockets. */
  carrier?: CarrierName;
  /** CPUs that all servers share; null leaves the choice to the kernel. */
  cpus: readonly number[] | null;
  /** Folder for the servers' Unix-domain sockets; if missing, the servers only listen on TCP ports. */
  socketFolder?: string;
  /** Certificate for both port and socket; if null or missing, the servers do not use TLS. */
  certificate?: Pick<Certificate, 'certPath' | 'keyPath'> | null;
  /** Additional command-line options of the server, for example `--delay 20`. */
  args?: readonly string[];
  /** Largest message in bytes; needed only if larger than the server's default. */
  maxPayloadBytes?: number;
  /** Called right after each launch, including restarts, so that every process is known. */
  onLaunch?: (launched: Launched) => void;
  onLoop?: (pid: number, sample: LoopSample) => void;
  /**
   * Called with each line that a server logs if it has the option `--log`; by default, the servers' stdout is
   * ignored.
   */
  onLine?: (line: string) => void;
  /** Time limit for all servers to become ready. Default: 15 s. */
  timeoutMs?: number;
}

/** How long a server that is about to be killed may take to report its counters. */
const LAST_STATS_MS = 250;

/**
 * Starts echo servers. If one of them does not become ready, all are stopped.
 *
 * @throws {Problem} kind `environment`
 */
export async function startServers(options: ServersOptions): Promise<EchoServer[]> {
  const launched: Launched[] = [];
  const over = new AbortController();
  // Every server that is not ready yet adds a listener to the signal.
  setMaxListeners(0, over.signal);
  try {
    const ready = Array.from({ length: options.count }, (_, index) => {
      const { socketFolder, ports } = options;
      const isOwn = typeof options.kind === 'object';
      const socket =
        socketFolder === undefined || isOwn ? null : join(socketFolder, `echo-${index + 1}.sock`);
      const name = `${isOwn ? 'backend' : 'echo server'} ${index + (options.firstNumber ?? 1)}`;
      const process = launchOne(name, { port: ports?.[index] ?? 0, socket }, options);
      launched.push(process.launched);
      return whenReady(process, socket, options, over.signal);
    });
    return await Promise.all(ready);
  } catch (error) {
    await Promise.all(launched.map((server) => server.stop('SIGKILL', 0)));
    throw error;
  } finally {
    over.abort();
  }
}

function launchOne(name: string, place: ServerPlace, options: ServersOptions): ServerProcess {
  const { kind } = options;
  return typeof kind === 'object'
    ? launchBackend(name, place.port, kind, options)
    : launchServer(name, place, { ...options, kind });
}

async function whenReady(
  first: ServerProcess,
  socket: string | null,
  options: ServersOptions,
  over: AbortSignal,
): Promise<EchoServer> {
  const port = await first.ready(over);
  const { name } = first.launched;
  let current = first;
  const hasCounters = typeof options.kind === 'string';
  /** Counters of the processes that were killed, and the counters last noted for the current process. */
  let past = NONE;
  let noted = NONE;
  let isKilled = false;
  await openSocket(socket);
  return {
    get launched() {
      return current.launched;
    },
    host: options.host ?? LOOPBACK,
    port,
    socket,
    certPath: options.certificate?.certPath ?? null,
    async stats() {
      if (isKilled) return hasCounters ? past : null;
      const now = await current.stats();
      return now === null ? null : sumOf(past, now);
    },
    loop: () => current.loop(),
    async noteCounters() {
      if (!hasCounters) return;
      const timer = new AbortController();
      const late = sleep(LAST_STATS_MS, noted, { signal: timer.signal }).catch(() => noted);
      noted = (await Promise.race([current.stats().catch(() => noted), late])) ?? noted;
      timer.abort();
    },
    kill() {
      if (isKilled) return;
      const all = sumOf(past, noted);
      past = { ...all, connections: { open: 0, total: all.connections.total } };
      noted = NONE;
      isKilled = true;
      void current.launched.stop('SIGKILL', 0);
    },
    async start() {
      if (!isKilled) throw new Problem('environment', `${name} is still running.`);
      await current.launched.exited;
      // Until the socket file of the killed process is removed, no other process can listen on its path.
      if (socket !== null) await rm(socket, { force: true });
      current = launchOne(`${name}, restarted`, { port, socket }, options);
      isKilled = false;
      const ended = new AbortController();
      await current.ready(ended.signal).finally(() => ended.abort());
      await openSocket(socket);
    },
  };
}

const NONE: ServerStats = { connections: { open: 0, total: 0 }, messages: 0, bytes: 0, httpRequests: 0 };

function sumOf(a: ServerStats, b: ServerStats): ServerStats {
  return {
    connections: {
      open: a.connections.open + b.connections.open,
      total: a.connections.total + b.connections.total,
    },
    messages: a.messages + b.messages,
    bytes: a.bytes + b.bytes,
    httpRequests: a.httpRequests + b.httpRequests,
  };
}

/** Lets the proxy's workers, which may run as another user, connect to the socket. */
async function openSocket(socket: string | null): Promise<void> {
  if (socket !== null) await openToWorkers(socket, 0o660);
}
