import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import type { EngineName } from '../model/plan.ts';
import type { Certificate } from './certificate.ts';
import { exitWords, type Launched, launchOn } from './process.ts';
import { openToWorkers } from './worker-user.ts';

/** Counters of one echo server since its start. */
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

/** One echo server process, which listens on 127.0.0.1 and on a Unix-domain socket. */
export interface EchoServer {
  readonly launched: Launched;
  readonly port: number;
  /** Path of its Unix-domain socket; null if no folder was given for it. */
  readonly socket: string | null;
  /** Certificate used on both; null if the server does not use TLS. */
  readonly certPath: string | null;
  /** @throws {Problem} kind `died` if the server no longer responds */
  stats(): Promise<ServerStats>;
  /** The latest sample; null during the first second. */
  loop(): LoopSample | null;
}

export interface ServersOptions {
  count: number;
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
  /** Called right after each launch, so that every running process is known. */
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

/** Messages from a server over its channel; the server's side is server/channel.ts. */
type ServerMessage =
  | { type: 'ready'; port: number }
  | ({ type: 'stats' } & ServerStats)
  | ({ type: 'loop' } & LoopSample);

const ENTRY = new URL('../../server/main.js', import.meta.url);
const STATS_TIMEOUT_MS = 5000;

/**
 * Starts echo servers, each on a free port. If one does not become ready, all are stopped again.
 *
 * @throws {Problem} kind `environment`
 */
export async function startServers(options: ServersOptions): Promise<EchoServer[]> {
  const launched: Launched[] = [];
  const deadline = new AbortController();
  // Every server that is not ready yet adds a listener to the signal.
  setMaxListeners(0, deadline.signal);
  try {
    const ready = Array.from({ length: options.count }, (_, i) => {
      const socket =
        options.socketFolder === undefined ? null : join(options.socketFolder, `echo-${i + 1}.sock`);
      const server = launchServer(`echo server ${i + 1}`, socket, options);
      launched.push(server);
      options.onLaunch?.(server);
      if (options.onLine !== undefined) passLines(server, options.count > 1, options.onLine);
      return whenReady(server, socket, options, deadline.signal);
    });
    return await Promise.all(ready);
  } catch (error) {
    await Promise.all(launched.map((server) => server.stop('SIGKILL', 0)));
    throw error;
  } finally {
    deadline.abort();
  }
}

function launchServer(
  name: string,
  socket: string | null,
  { kind, engine, cpus, args = [], certificate = null, maxPayloadBytes, onLine }: ServersOptions,
): Launched {
  const local = socket === null ? [] : ['--socket', socket];
  const tls = certificate === null ? [] : ['--cert', certificate.certPath, '--key', certificate.keyPath];
  const limit = maxPayloadBytes === undefined ? [] : ['--max-payload', String(maxPayloadBytes)];
  return launchOn(kind === 'lean' ? engine : 'node', ENTRY, {
    name,
    component: 'server',
    args: ['--port', '0', '--kind', kind, ...local, ...tls, ...limit, ...args],
    cpus,
    ipc: true,
    stdout: onLine === undefined ? 'ignore' : 'pipe',
  });
}

/**
 * Passes a server's log lines on, without its ready line, which is meant for callers that have no channel.
 */
function passLines({ name, child }: Launched, isNamed: boolean, onLine: (line: string) => void): void {
  if (child.stdout === null) return;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('listening on ')) onLine(isNamed ? `${name}: ${line}` : line);
  });
}

async function whenReady(
  launched: Launched,
  socket: string | null,
  { certificate, onLoop, timeoutMs = 15_000 }: ServersOptions,
  signal: AbortSignal,
): Promise<EchoServer> {
  let latest: LoopSample | null = null;
  const waiting: ((stats: ServerStats | null) => void)[] = [];
  const port = new Promise<number>((done) => {
    launched.child.on('message', (message: ServerMessage) => {
      if (message.type === 'ready') done(message.port);
      else if (message.type === 'loop') {
        latest = { utilisation: message.utilisation, delayMaxUs: message.delayMaxUs };
        onLoop?.(launched.pid, latest);
      } else {
        const { connections, messages, bytes, httpRequests } = message;
        waiting.shift()?.({ connections, messages, bytes, httpRequests });
      }
    });
  });
  const late = sleep(timeoutMs, 'late' as const, { signal }).catch(() => 'late' as const);
  const outcome = await Promise.race([port, late, launched.exited]);
  if (typeof outcome !== 'number') throw notReady(launched, outcome === 'late' ? timeoutMs : null);

  async function stats(): Promise<ServerStats> {
    const answer = new Promise<ServerStats | null>((done) => waiting.push(done));
    if (launched.child.connected) launched.child.send({ type: 'stats' }, () => {});
    const timer = new AbortController();
    const none = sleep(STATS_TIMEOUT_MS, null, { signal: timer.signal }).catch(() => null);
    const gone = launched.exited.then((exit) => exitWords(launched, exit));
    const read = await Promise.race([answer, none, gone]);
    timer.abort();
    if (typeof read === 'string') throw new Problem('died', `${read}. ${lastWords(launched)}`);
    if (read !== null) return read;
    throw new Problem(
      'died',
      `${launched.name} (process ${launched.pid}) no longer answers. ${lastWords(launched)}`,
    );
  }

  if (socket !== null) await openToWorkers(socket, 0o660);
  const certPath = certificate?.certPath ?? null;
  return { launched, port: outcome, socket, certPath, stats, loop: () => latest };
}

function notReady(launched: Launched, timeoutMs: number | null): Problem {
  const what =
    timeoutMs === null ? 'exited before it was ready' : `was not ready within ${timeoutMs / 1000} s`;
  return new Problem('environment', `${launched.name} ${what}. ${lastWords(launched)}`);
}

function lastWords(launched: Launched): string {
  const words = launched.stderrTail().trim();
  return words === '' ? 'It printed nothing on stderr.' : `Its last output: ${words}`;
}
