import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import type { NamedProcess, ProcessSet } from '../topology/process-set.ts';
import type { NginxBinary } from './binary.ts';
import { readErrorLog } from './error-log.ts';
import { exchangeBinary } from './exchangeable.ts';
import { readPid, workerPids } from './start.ts';

/** Time limit for the new binary to start its workers. */
const READY_MS = 15_000;
/** Time limit for the old workers to begin to shut down. */
const RETIRE_MS = 2_000;
const POLL_MS = 20;

/** An Nginx whose binary can be upgraded. */
export interface Upgradable {
  /** The run's private folder, which contains its pid file and the links to its binary. */
  folder: string;
  binary: NginxBinary;
  /** Masters in the order in which they were started. An upgrade adds one. */
  masters: NamedProcess[];
  /** Number of workers that each master starts. */
  workers: number;
  processSet: Pick<ProcessSet, 'watch' | 'expectExit'>;
  /** Redacts a line of Nginx's log for a report. */
  redactLine(line: string): string;
}

/**
 * Upgrades the binary as described in Nginx's documentation. SIGUSR2 starts a master with the new binary,
 * which inherits the listening sockets. When its workers run, SIGWINCH makes the old workers shut down
 * gracefully, and SIGQUIT makes the old master exit after these workers. If the new binary does not start,
 * the old one keeps serving.
 *
 * @throws Problem('configuration') in Nginx's own words if the new binary does not start
 */
export async function upgradeBinary(nginx: Upgradable, to: NginxBinary, over: AbortSignal): Promise<void> {
  const { folder, binary, masters, processSet } = nginx;
  const old = masters.at(-1);
  if (old === undefined) throw new TypeError('there is no master');
  const known = (await readErrorLog(folder)).length;
  const changedMs = changedAt(folder);
  await exchangeBinary(folder, to);
  signal(old, 'SIGUSR2');
  const master = await newMaster(nginx, old, changedMs, over);
  if (master === null) {
    await exchangeBinary(folder, binary);
    over.throwIfAborted();
    throw await startFailure(nginx, to, known);
  }
  masters.push(master);
  processSet.watch(master);
  processSet.expectExit(old);
  signal(old, 'SIGWINCH');
  await untilRetired(old, over);
  signal(old, 'SIGQUIT');
}

function signal({ pid }: NamedProcess, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    throw new Problem('died', 'Nginx has exited, so its binary cannot be upgraded.', { cause });
  }
}

/** Waits until the new master has all of its workers; null if it exits or takes too long, or the run ends. */
async function newMaster(
  { folder, masters, workers }: Upgradable,
  old: NamedProcess,
  changedMs: number | undefined,
  over: AbortSignal,
): Promise<NamedProcess | null> {
  for (
    const end = performance.now() + READY_MS;
    performance.now() < end && !over.aborted;
    await sleep(POLL_MS)
  ) {
    const pid = await readPid(folder);
    // While the new binary starts, the old master's pid file has another name. If the new master exits, the
    // file is renamed back.
    if (pid === old.pid && !existsSync(oldPidPath(folder)) && changedAt(folder) !== changedMs) return null;
    if (pid === 0 || pid === old.pid) continue;
    if ((await workerPids(pid)).length >= workers) return { name: `nginx master ${masters.length + 1}`, pid };
  }
  return null;
}

async function untilRetired({ pid }: NamedProcess, over: AbortSignal): Promise<void> {
  for (
    const end = performance.now() + RETIRE_MS;
    performance.now() < end && !over.aborted;
    await sleep(POLL_MS)
  ) {
    const titles = await Promise.all((await workerPids(pid)).map(titleOf));
    if (titles.every((title) => title === '' || title.includes('shutting down'))) return;
  }
}

async function titleOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
}

async function startFailure(
  { folder, redactLine }: Upgradable,
  { version }: NginxBinary,
  known: number,
): Promise<Problem> {
  const lines = (await readErrorLog(folder)).slice(known);
  const line = lines.findLast((each) => /\[(emerg|alert|crit)\]/.test(each));
  const words = line?.replace(/^.*?\[\w+\] (\d+#\d+: )?/, '').replaceAll(`${folder}/`, '');
  const why = words === undefined ? 'it left no message' : redactLine(words);
  return new Problem('configuration', `Nginx ${version} did not start (${why}), so the old one kept running`);
}

function oldPidPath(folder: string): string {
  return join(folder, 'nginx.pid.oldbin');
}

/** When the pid file was last written or renamed; undefined if it currently has another name. */
function changedAt(folder: string): number | undefined {
  return statSync(join(folder, 'nginx.pid'), { throwIfNoEntry: false })?.ctimeMs;
}
