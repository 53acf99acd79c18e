import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWords } from '../model/command.ts';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { RunProcess } from '../model/run.ts';
import { accepts, LOOPBACK } from './ports.ts';
import { type Launched, launch } from './process.ts';
import type { ServerProcess } from './server-process.ts';
import type { ServersOptions } from './servers.ts';

/** The user's own server in place of an echo server. */
export interface Backend {
  /** Command that starts the server, as the user typed it; `{port}` stands for the server's port. */
  command: string;
  /** Masks secrets in the server's stderr output. */
  mask(text: string): string;
  /** Aborts the wait for the server to become ready. */
  signal: AbortSignal;
}

const POLL_MS = 50;
const READY_MS = 30_000;
/** Maximum number of lines of the server's stderr that a message shows. */
const LAST_LINES = 5;

/**
 * Launches a process of the user's own server, without a shell, in the current folder and with the
 * environment of the benchmark. The server is ready when its port accepts a connection; it has no counters.
 *
 * @throws {Problem} kind `environment` if the command does not exist or does not start
 */
export function launchBackend(
  name: string,
  port: number,
  { command, mask, signal }: Backend,
  { cpus, onLaunch, timeoutMs = READY_MS }: ServersOptions,
): ServerProcess {
  const words = commandWords(command);
  if (typeof words === 'string') throw new TypeError('the command was not checked');
  const [program = '', ...args] = words.map((word) => word.replaceAll('{port}', String(port)));
  const raw = launch({ name, component: 'server', command: program, args, cpus, ipc: false });
  const launched: Launched = { ...raw, stderrTail: () => lastLines(mask(raw.stderrTail())) };
  onLaunch?.(launched);

  async function ready(over: AbortSignal): Promise<number> {
    const gone = launched.exited.then((exit) => exit.code ?? exit.signal);
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline && !over.aborted) {
      signal.throwIfAborted();
      if (await accepts(LOOPBACK, port)) return port;
      const end = await Promise.race([gone, sleep(POLL_MS, 'waiting' as const)]);
      if (end === 'waiting') continue;
      const how = typeof end === 'number' ? `exited with code ${end}` : `was killed by ${end}`;
      throw notReady(`${how} before it accepted a connection on ${LOOPBACK}:${port}`);
    }
    throw notReady(
      `accepted no connection on ${LOOPBACK}:${port} within ${timeoutMs / 1000} s. It must listen on the port that replaces {port}`,
    );
  }

  function notReady(what: string): Problem {
    const lines = launched.stderrTail();
    const last = lines === '' ? 'It wrote nothing to stderr.' : `Its last lines on stderr: ${lines}`;
    return new Problem('environment', `${name} (${mask(command)}) ${what}. ${last}`);
  }

  return { launched, ready, stats: async () => null, loop: () => null };
}

/**
 * Joins the last lines of a text into one line. Omits stack frames, because they would leave no room for the
 * error itself.
 */
function lastLines(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => printable(line).trim())
    .filter((line) => /[^{}[\]^~\s]/.test(line) && !/^at /.test(line));
  return lines.slice(-LAST_LINES).join(' | ');
}

/**
 * Returns the current descendants of a server's process: its children, their children, and so on. Returns an
 * empty list on systems without /proc.
 */
export async function backendChildren({ name, pid }: Pick<Launched, 'name' | 'pid'>): Promise<RunProcess[]> {
  const pids = await descendants(pid);
  return pids.map((child) => ({
    component: 'server',
    role: 'server',
    name: `${name}, process ${child}`,
    pid: child,
  }));
}

/** Lists all descendants of a process. Each of its threads has its own list of children. */
async function descendants(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.flatMap((list) => list.split(' ').map(Number)).filter((child) => child > 0);
  const further = await Promise.all(children.map(descendants));
  return [...children, ...further.flat()];
}
