import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import type { Role } from '../model/run.ts';
import { accepts } from '../topology/ports.ts';
import { exitWords, type Launched, type LaunchOptions, launch } from '../topology/process.ts';
import type { NamedProcess } from '../topology/process-set.ts';
import { pidsOfChildren } from '../topology/proxy-processes.ts';
import { type NginxBinary, nginxCommand } from './binary.ts';
import { errorLogPath, readErrorLog } from './error-log.ts';
import { isUpgradable, UPGRADABLE_ENVIRONMENT, upgradableCommand } from './exchangeable.ts';
import type { Listener } from './listen.ts';
import { type Printed, print } from './print.ts';
import type { Node, Origin } from './tree.ts';
import { atLeast } from './version.ts';

/** Problem code used if `nginx -t` rejects the configuration; the data contains its `complaint`. */
export const REJECTED_BY_NGINX = 'rejected-by-nginx';

const CHECK_TIMEOUT_MS = 30_000;
const READY_MS = 15_000;
const POLL_MS = 20;
const STOP_MS = 2_000;

/** The configuration on disk, with the origin of each line. */
export interface WrittenConfiguration extends Printed {
  confPath: string;
}

/** Writes `nginx.conf` to the given folder, from a configuration tree that was moved into the sandbox. */
export async function writeConfiguration(
  folder: string,
  tree: readonly Node[],
): Promise<WrittenConfiguration> {
  const printed = print(tree);
  const confPath = join(folder, 'nginx.conf');
  await writeFile(confPath, printed.text, { mode: 0o600 });
  return { ...printed, confPath };
}

/**
 * Checks the configuration with `nginx -t`.
 *
 * @param origins origins of the printed lines, so that error messages refer to the user's own file and line
 * @param launchTask default: `launch` of process.ts; a caller that tracks its processes passes its own
 * function
 * @returns the warnings
 * @throws Problem('configuration') in Nginx's own words
 */
export async function checkNginx(
  binary: NginxBinary,
  confPath: string,
  folder: string,
  origins: readonly (Origin | null)[] = [],
  launchTask = launch,
): Promise<string[]> {
  const [command, ...args] = nginxCommand(binary, ['-t', ...pathArguments(binary, confPath, folder)]);
  const env = nginxEnvironment();
  const test = launchTask({
    name: 'nginx -t',
    component: 'proxy',
    command,
    args,
    env,
    cpus: null,
    ipc: false,
  });
  const timer = setTimeout(() => void test.stop('SIGTERM', STOP_MS), CHECK_TIMEOUT_MS);
  const exit = await test.exited;
  clearTimeout(timer);
  const lines = ownWords(test.stderrTail(), confPath, origins);
  if (exit.code === 0) return lines;
  if (exit.signal !== null) throw new Problem('died', `${exitWords(test, exit)}.`);
  const fatal = lines.filter((line) => /^\[(emerg|alert|crit)\]/.test(line));
  const words = (fatal.length > 0 ? fatal : lines).map((line) => line.replace(/^\[\w+\] /, '')).join('; ');
  if (/\(28: /.test(words))
    throw new Problem(
      'environment',
      `The disk of the temporary folder is full: ${words}. Free some space, or set TMPDIR to another folder.`,
    );
  // A tuning starts at the top level of nginx.conf, where few directives are allowed.
  const remedy = /is not allowed here in the tuning /.test(words) ? ' Write http { … } around it.' : '';
  throw rejection(words, remedy);
}

/**
 * The error for a configuration that Nginx rejects.
 *
 * @param complaint Nginx's own words, without a period
 * @param remedy begins with a space unless it is empty
 */
export function rejection(complaint: string, remedy = ''): Problem {
  const words = complaint === '' ? 'nginx -t failed without a message' : complaint;
  return new Problem('configuration', `Nginx rejects the configuration: ${words}.${remedy}`, {
    code: REJECTED_BY_NGINX,
    data: { complaint },
  });
}

/**
 * The messages of `nginx -t` without Nginx's name and the test summary, with locations in the user's files.
 */
function ownWords(stderr: string, confPath: string, origins: readonly (Origin | null)[]): string[] {
  return stderr
    .split('\n')
    .map((line) => line.replace(/^nginx: /, '').trim())
    .filter(
      (line) =>
        line !== '' &&
        !/^(the )?configuration file .* (syntax is ok|test (failed|is successful))$/.test(line),
    )
    .map((line) =>
      line.replaceAll(new RegExp(`${escapeExpression(confPath)}:(\\d+)`, 'g'), (place, number: string) => {
        const origin = origins[Number(number) - 1] ?? null;
        return origin === null ? place : `${origin.file}:${origin.line}`;
      }),
    );
}

/**
 * Environment variables passed to Nginx: those that locate programs and libraries, and the time zone. Other
 * variables could pass listening sockets to Nginx, or change OpenSSL settings.
 */
const ENVIRONMENT = /^(HOME|LANG|LC_\w+|LD_\w+|DYLD_\w+|PATH|TMPDIR|TZ)$/;

function nginxEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name)));
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/**
 * Path arguments of Nginx. Without `-e`, which was added in 1.19.5, Nginx opens its compiled-in error log
 * before it reads the path in the configuration.
 */
function pathArguments(binary: NginxBinary, confPath: string, folder: string): string[] {
  const log = atLeast(binary.version, '1.19.5') ? ['-e', errorLogPath(folder)] : [];
  return ['-p', `${folder}/`, '-c', confPath, ...log];
}

export interface StartOptions {
  binary: NginxBinary;
  confPath: string;
  /** The run's private folder, used as Nginx's prefix; contains its log and pid file. */
  folder: string;
  listeners: readonly Listener[];
  /** Number of worker processes that must exist before Nginx counts as ready. */
  workers: number;
  cpus: readonly number[] | null;
  /**
   * Whether Nginx's binary can be upgraded while Nginx runs. If so, the launched process is not the master;
   * the master's pid is in the pid file.
   */
  upgradable?: boolean;
  /** Time limit in ms for Nginx to become ready; default 15 s. */
  readyMs?: number;
  /** Default: `launch` of process.ts. A caller that tracks its processes passes its own function. */
  launch?: (options: LaunchOptions) => Launched;
}

/**
 * Starts Nginx and waits until it accepts connections on every listener and all workers exist.
 *
 * @throws Problem('environment') with Nginx's last output, after all its processes have ended
 */
export async function startNginx(options: StartOptions): Promise<Launched> {
  const { binary, confPath, folder, upgradable = false, readyMs = READY_MS } = options;
  const direct = nginxCommand(binary, pathArguments(binary, confPath, folder));
  const [command, ...args] = upgradable ? upgradableCommand(pidPath(folder), direct) : direct;
  const nginx = (options.launch ?? launch)({
    name: 'nginx',
    component: 'proxy',
    command,
    args,
    cpus: options.cpus,
    ipc: false,
    env: { ...nginxEnvironment(), ...(upgradable ? UPGRADABLE_ENVIRONMENT : {}) },
  });
  try {
    await ready(nginx, options, performance.now() + readyMs);
    return nginx;
  } catch (error) {
    await nginx.stop('SIGTERM', STOP_MS);
    throw error;
  }
}

async function ready(nginx: Launched, options: StartOptions, deadline: number): Promise<void> {
  const gone = nginx.exited.then(() => 'gone' as const);
  while (performance.now() < deadline) {
    if (await isUp(nginx.pid, options)) return;
    if ((await Promise.race([gone, sleep(POLL_MS)])) === 'gone')
      throw await startFailure(nginx, options, 'exited at once');
  }
  throw await startFailure(nginx, options, 'was not ready in time');
}

/**
 * Whether Nginx is ready. Nginx binds all sockets, writes the pid file, and then forks the workers. If the
 * pid file exists, a connection that succeeds cannot have reached another program on the same port.
 */
async function isUp(
  pid: number,
  { folder, listeners, workers, upgradable = false }: StartOptions,
): Promise<boolean> {
  const written = await readPid(folder);
  if (written === 0 || (upgradable ? !isUpgradable(pidPath(folder)) : written !== pid)) return false;
  if (existsSync('/proc/self/task') && (await workerPids(written)).length < workers) return false;
  return (await Promise.all(listeners.map(({ host, port }) => accepts(host, port)))).every(Boolean);
}

/** The pid in the pid file of the Nginx that uses this private folder; 0 if there is none. */
export async function readPid(folder: string): Promise<number> {
  return Number(await readFile(pidPath(folder), 'utf8').catch(() => ''));
}

function pidPath(folder: string): string {
  return join(folder, 'nginx.pid');
}

async function startFailure(nginx: Launched, { folder }: StartOptions, what: string): Promise<Problem> {
  const words = [...(await readErrorLog(folder)), ...nginx.stderrTail().split('\n')].filter(
    (line) => line !== '',
  );
  const busy = words.map((line) => /bind\(\) to (\S+) failed \(\d+: Address/.exec(line)?.[1]).find(Boolean);
  if (busy !== undefined) {
    return new Problem(
      'environment',
      `Nginx cannot listen on ${busy}: another program uses that port. Stop that program, or run the command again to get another port.`,
    );
  }
  const denied = words.map((line) => /bind\(\) to (\S+) failed \(13:/.exec(line)?.[1]).find(Boolean);
  if (denied !== undefined) {
    return new Problem(
      'environment',
      `Nginx cannot listen on ${denied}: this user is not allowed to use that port.`,
    );
  }
  const last = words.filter((line) => /\[(emerg|alert|crit|error)\]/.test(line)).at(-1) ?? words.at(-1);
  return new Problem(
    'environment',
    `Nginx ${what}${last === undefined ? ' without a message' : `: ${last}`}.`,
  );
}

/** Role of an Nginx process, according to its process title; null for cache processes. */
export function roleOf(title: string): Role | null {
  return (/^nginx: (worker|master) process/.exec(title)?.[1] as Role | undefined) ?? null;
}

/**
 * Pids of a master's worker processes in ascending order, without the cache manager and loader. Empty if
 * there is no /proc or no such process.
 */
export async function workerPids(masterPid: number): Promise<number[]> {
  return pidsOfChildren(masterPid, roleOf, 'worker');
}

/**
 * Makes the master reload its configuration. New workers then replace the old ones, which exit when their
 * last connection has closed.
 *
 * @throws Problem('died') if the master no longer exists
 */
export function reload({ pid }: NamedProcess): void {
  try {
    process.kill(pid, 'SIGHUP');
  } catch (cause) {
    throw new Problem('died', 'Nginx has exited, so it cannot be reloaded.', { cause });
  }
}
