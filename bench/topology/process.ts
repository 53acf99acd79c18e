import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Problem } from '../model/failure.ts';
import type { EngineName } from '../model/plan.ts';
import type { Component } from '../model/run.ts';
import { placed } from './affinity.ts';
import { bunHere } from './engine.ts';
import { findExecutable } from './executable.ts';
import { groupGone, killGroup } from './process-group.ts';

/** Number of characters to keep from the end of a child's stderr. */
const STDERR_TAIL = 8192;
/** Maximum time to wait for a child's last output after its exit. A grandchild may keep the pipe open. */
const LAST_WORDS_MS = 250;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  /** Name used in messages: `nginx`, `echo server 2`. */
  name: string;
  component: Component;
  /** A path, or a name to look up on PATH. */
  command: string;
  args: readonly string[];
  /**
   * CPUs to which the process is pinned; null leaves the choice to the kernel. Has no effect if `canPin` is
   * false.
   */
  cpus: readonly number[] | null;
  /**
   * Whether to open a message channel. `true` sends structured clones; `json` sends JSON, the only format
   * that engines other than Node can read.
   */
  ipc: boolean | 'json';
  /** With `pipe`, the child reads what the caller writes to `child.stdin`. Default: `ignore`. */
  stdin?: 'ignore' | 'pipe';
  /** With `pipe`, the caller has to read all of `child.stdout`, or the child blocks. Default: `ignore`. */
  stdout?: 'ignore' | 'pipe';
  cwd?: string;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv;
}

/** A child process that leads its own process group. */
export interface Launched {
  readonly name: string;
  readonly component: Component;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves when the process has exited and the rest of its group has been killed; never rejects. */
  readonly exited: Promise<Exit>;
  /** The last 8 KB of the child's stderr. */
  stderrTail(): string;
  /**
   * Sends the signal and, after the grace period, SIGKILL to the whole group. Resolves when every process of
   * the group is gone.
   */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<Exit>;
}

/**
 * Starts a child in its own process group. Ctrl-C in the terminal therefore reaches only the bench, which
 * then stops its children in the right order.
 *
 * @throws {Problem} kind `environment` if the command is missing, not executable, or does not start
 */
export function launch(options: LaunchOptions): Launched {
  const { name, component } = options;
  const executable = findExecutable(options.command, options.name, options.env ?? process.env, options.cwd);
  const [command, ...args] = placed([executable, ...options.args], options.cpus);
  const child = spawn(command, args, spawnOptions(options));
  // Without a listener, an asynchronous spawn error would crash the bench. A missing pid, checked below,
  // reveals the error.
  child.on('error', () => {});
  const pid = pidOf(child, name, executable);
  const stderrTail = tailOf(child);
  const exited = exitOf(child, pid);

  async function stop(signal: NodeJS.Signals, graceMs: number): Promise<Exit> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      const timer = new AbortController();
      const late = sleep(graceMs, undefined, { signal: timer.signal }).then(
        () => killGroup(pid),
        () => {},
      );
      await Promise.race([exited, late]);
      timer.abort();
    }
    return exited;
  }

  return { name, component, pid, child, exited, stderrTail, stop };
}

export type NodeLaunchOptions = Omit<LaunchOptions, 'command'> & {
  /** Arguments for Node itself, for example `--max-semi-space-size=16`. */
  nodeArguments?: readonly string[];
};

/**
 * Starts a child on the Node executable of this process. `entry` is a compiled file: `new URL('./x.js',
 * import.meta.url)`.
 */
export function launchNode(entry: string | URL, options: NodeLaunchOptions): Launched {
  const { nodeArguments = [], ...rest } = options;
  const path = entry instanceof URL ? fileURLToPath(entry) : entry;
  return launch({ ...rest, command: process.execPath, args: [...nodeArguments, path, ...options.args] });
}

/**
 * Without these arguments, Bun would read settings and `.env` from the folder in which the bench was started,
 * and download packages that it does not find. `--expose-gc` provides the same `gc` as in Node.
 */
export const BUN_ARGUMENTS = ['--config=/dev/null', '--no-env-file', '--no-install', '--expose-gc'];

/**
 * Like `launchNode`, but on the engine named in the plan. `nodeArguments` apply to Node only.
 *
 * @throws {Problem} kind `environment` if the engine is Bun and Bun is not installed
 */
export function launchOn(engine: EngineName, entry: URL, options: NodeLaunchOptions): Launched {
  if (engine === 'node') return launchNode(entry, options);
  const bun = bunHere();
  if (bun === null)
    throw new Problem(
      'environment',
      `${options.name}: this machine has no Bun. Use --engine node, or put Bun on PATH.`,
    );
  const { nodeArguments, ...rest } = options;
  return launch({
    ...rest,
    command: bun.command,
    args: [...BUN_ARGUMENTS, fileURLToPath(entry), ...options.args],
    ipc: options.ipc === false ? false : 'json',
    env: { ...(options.env ?? process.env), BUN_OPTIONS: undefined, DO_NOT_TRACK: '1' },
  });
}

/** Describes how a process ended, without a final period, so that the caller can continue the sentence. */
export function exitWords({ name, pid }: Pick<Launched, 'name' | 'pid'>, { code, signal }: Exit): string {
  return `${name} (process ${pid}) ${signal !== null ? `was killed by ${signal}` : `exited with code ${code}`}`;
}

function spawnOptions({ cwd, env, ipc, stdin = 'ignore', stdout = 'ignore' }: LaunchOptions): SpawnOptions {
  return {
    detached: true,
    stdio: ipc === false ? [stdin, stdout, 'pipe'] : [stdin, stdout, 'pipe', 'ipc'],
    serialization: ipc === 'json' ? 'json' : 'advanced',
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  };
}

function pidOf(child: ChildProcess, name: string, executable: string): number {
  if (child.pid !== undefined) return child.pid;
  throw new Problem(
    'environment',
    `${name}: the system could not start ${executable}. Check the limits on processes (ulimit -u) and open files (ulimit -n).`,
  );
}

function tailOf(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL);
  });
  return () => tail;
}

/**
 * Resolves when the process has exited and its group is gone. The rest of the group is killed at once,
 * because the children of the process (such as the workers of a proxy) must not outlive it.
 */
function exitOf(child: ChildProcess, pid: number): Promise<Exit> {
  // The child's own 'close' event cannot be used: it never fires if this side has closed the channel.
  const spoken = new Promise<void>((done) => child.stderr?.once('close', () => done()));
  return new Promise((done) => {
    child.once('exit', async (code, signal) => {
      if (killGroup(pid)) await groupGone(pid);
      await Promise.race([spoken, sleep(LAST_WORDS_MS)]);
      done({ code, signal });
    });
  });
}
