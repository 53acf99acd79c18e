import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import { exitWords, type Launched, launchOn } from './process.ts';
import type { LoopSample, ServerStats, ServersOptions } from './servers.ts';

/** Where one echo server listens. */
export interface ServerPlace {
  /** 0 lets the system choose a free port. */
  port: number;
  /** Path of the server's Unix-domain socket; null if it has none. */
  socket: string | null;
}

/** One process of an echo server, from its launch to its end. */
export interface ServerProcess {
  readonly launched: Launched;
  /**
   * Waits until the server listens.
   *
   * @param over ends the wait when aborted, as if the time limit had been reached
   * @returns the server's port
   * @throws {Problem} kind `environment` if the server exits first, or is not ready in time
   */
  ready(over: AbortSignal): Promise<number>;
  /**
   * Returns the server's counters; null if the server keeps none.
   *
   * @throws {Problem} kind `died` if the server no longer responds
   */
  stats(): Promise<ServerStats | null>;
  loop(): LoopSample | null;
}

/** Messages from a server over its channel; the server's side is server/channel.ts. */
type ServerMessage =
  | { type: 'ready'; port: number }
  | ({ type: 'stats' } & ServerStats)
  | ({ type: 'loop' } & LoopSample);

type EchoOptions = ServersOptions & { kind: 'ws' | 'lean' };

const ENTRY = new URL('../../server/main.js', import.meta.url);
const STATS_TIMEOUT_MS = 5000;

/** Launches a process of an echo server, and calls `onLaunch` with the process before returning. */
export function launchServer(name: string, place: ServerPlace, options: EchoOptions): ServerProcess {
  const { onLoop, onLine, onLaunch, timeoutMs = 15_000 } = options;
  const launched = launchAt(name, place, options);
  onLaunch?.(launched);
  if (onLine !== undefined) passLines(launched, options.count > 1, onLine);
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

  async function ready(over: AbortSignal): Promise<number> {
    const late = sleep(timeoutMs, 'late' as const, { signal: over }).catch(() => 'late' as const);
    const outcome = await Promise.race([port, late, launched.exited]);
    if (typeof outcome !== 'number') throw notReady(launched, outcome === 'late' ? timeoutMs : null);
    return outcome;
  }

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

  return { launched, ready, stats, loop: () => latest };
}

function launchAt(
  name: string,
  { port, socket }: ServerPlace,
  {
    kind,
    engine,
    host,
    carrier = 'sockets',
    cpus,
    args = [],
    certificate = null,
    maxPayloadBytes,
    onLine,
  }: EchoOptions,
): Launched {
  const address = host === undefined ? [] : ['--host', host];
  const local = socket === null ? [] : ['--socket', socket];
  const tls = certificate === null ? [] : ['--cert', certificate.certPath, '--key', certificate.keyPath];
  const how = kind === 'lean' && carrier !== 'sockets' ? ['--carrier', carrier] : [];
  const limit = maxPayloadBytes === undefined ? [] : ['--max-payload', String(maxPayloadBytes)];
  return launchOn(kind === 'lean' ? engine : 'node', ENTRY, {
    name,
    component: 'server',
    args: ['--port', String(port), '--kind', kind, ...address, ...how, ...local, ...tls, ...limit, ...args],
    cpus,
    ipc: true,
    stdout: onLine === undefined ? 'ignore' : 'pipe',
  });
}

/** Passes on a server's log lines except its ready line, which is meant for callers that have no channel. */
function passLines({ name, child }: Launched, isNamed: boolean, onLine: (line: string) => void): void {
  if (child.stdout === null) return;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('listening on ')) onLine(isNamed ? `${name}: ${line}` : line);
  });
}

function notReady(launched: Launched, timeoutMs: number | null): Problem {
  const what =
    timeoutMs === null ? 'exited before it was ready' : `was not ready within ${timeoutMs / 1000} s`;
  return new Problem('environment', `${launched.name} ${what}. ${lastWords(launched)}`);
}

function lastWords(launched: Launched): string {
  const words = launched.stderrTail().trim();
  return words === '' ? 'It printed nothing to stderr.' : `Its last output: ${words}`;
}
