import { setMaxListeners } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import type { EngineName } from '../model/plan.ts';
import type { Certificate } from './certificate.ts';
import type { Launched } from './process.ts';
import { launchServer, type ServerProcess } from './server-process.ts';
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
 * Event loop load of one process over the last second: the share of time not idle (0..1), and the longest
 * delay.
 */
export interface LoopSample {
  utilisation: number;
  delayMaxUs: number;
}

/**
 * One echo server, which listens on 127.0.0.1 and on a Unix-domain socket. Its process may be killed and
 * replaced by another one during a run.
 */
export interface EchoServer {
  /** Its current process, or the last one if none is running. */
  readonly launched: Launched;
  readonly port: number;
  /** Path of its Unix-domain socket; null if no folder was given for it. */
  readonly socket: string | null;
  /** Certificate used on both; null if the server does not use TLS. */
  readonly certPath: string | null;
  /**
   * Its counters, summed over all of its processes.
   *
   * @throws {Problem} kind `died` if its process no longer responds, unless `kill` ended it
   */
  stats(): Promise<ServerStats>;
  /** The latest sample; null during the first second. */
  loop(): LoopSample | null;
  /** Asks its process for the counters that `kill` would lose. Gives up if the process takes too long. */
  noteCounters(): Promise<void>;
  /** Sends SIGKILL to its process. Afterwards, `stats` returns the counters that were noted last. */
  kill(): void;
  /**
   * Starts it again where it listened before. Resolves when it is ready.
   *
   * @throws {Problem} kind `environment` if it is still running, or does not become ready
   */
  start(): Promise<void>;
}

export interface ServersOptions {
  count: number;
  /** Port of each server; by default, the system chooses free ones. */
  ports?: readonly number[];
  kind: 'ws' | 'lean';
  /** Engine of the lean server; the `ws` server always runs on Node. */
  engine: EngineName;
  /** CPUs that all servers share; null leaves the choice to the kernel. */
  cpus: readonly number[] | null;
  /** Folder in which each server creates a Unix-domain socket; without it, there are no such sockets. */
  socketFolder?: string;
  /** Certificate for port and socket; without it, the servers do not use TLS. */
  certificate?: Pick<Certificate, 'certPath' | 'keyPath'> | null;
  /** Additional command-line options of the server, for example `--delay 20`. */
  args?: readonly string[];
  /** Largest message in bytes; needed only if larger than the server's default. */
  maxPayloadBytes?: number;
  /** Called right after each launch, also of a server that starts again, so that every process is known. */
  onLaunch?: (launched: Launched) => void;
  onLoop?: (pid: number, sample: LoopSample) => void;
  /**
   * Called with each line logged by a server (its option `--log`); by default, the servers' stdout is
   * ignored.
   */
  onLine?: (line: string) => void;
  /** Time limit until all servers are ready. Default: 15 s. */
  timeoutMs?: number;
}

/** How long a server that is about to be killed may take to report its counters. */
const LAST_STATS_MS = 250;

/**
 * Starts echo servers. If one does not become ready, all are stopped again.
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
      const socket = socketFolder === undefined ? null : join(socketFolder, `echo-${index + 1}.sock`);
      const process = launchServer(
        `echo server ${index + 1}`,
        { port: ports?.[index] ?? 0, socket },
        options,
      );
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

async function whenReady(
  first: ServerProcess,
  socket: string | null,
  options: ServersOptions,
  over: AbortSignal,
): Promise<EchoServer> {
  const port = await first.ready(over);
  const { name } = first.launched;
  let current = first;
  /** Counters of the processes that were killed, and those of the current one as noted last. */
  let past = NONE;
  let noted = NONE;
  let isKilled = false;
  await openSocket(socket);
  return {
    get launched() {
      return current.launched;
    },
    port,
    socket,
    certPath: options.certificate?.certPath ?? null,
    stats: async () => (isKilled ? past : sumOf(past, await current.stats())),
    loop: () => current.loop(),
    async noteCounters() {
      const timer = new AbortController();
      const late = sleep(LAST_STATS_MS, noted, { signal: timer.signal }).catch(() => noted);
      noted = await Promise.race([current.stats().catch(() => noted), late]);
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
      // A process that was killed leaves its socket behind, and nobody can listen there while it exists.
      if (socket !== null) await rm(socket, { force: true });
      current = launchServer(`${name}, restarted`, { port, socket }, options);
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

/** Lets Nginx's workers, which may run as another user, connect to the socket. */
async function openSocket(socket: string | null): Promise<void> {
  if (socket !== null) await openToWorkers(socket, 0o660);
}
