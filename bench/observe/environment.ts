import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { Environment } from '../model/result.ts';
import type { ListenDrops } from '../model/run.ts';
import { plannedCpus, quotaNotices, readContainerLimits } from './control-group.ts';
import {
  type CpuTicks,
  parseAvailableMemory,
  parseCpuModel,
  parseCpuTicks,
  parseListenDrops,
  parseNumber,
  parseOpenFilesLimit,
  parsePortRange,
  parseStatus,
  parseWildcardPorts,
} from './proc.ts';

/** Facts about Bun. */
export type Runtime = Pick<Machine, 'bun' | 'ioUring'>;

/**
 * Reads facts about the machine that affect the results of a measurement.
 *
 * @param runtime version of Bun, if found, and whether io_uring is available. Determining them would require
 * starting Bun, which this function does not do.
 */
export async function readEnvironment(runtime: Runtime): Promise<Environment> {
  const [machine, container, release, cpuinfo] = await Promise.all([
    readMachine(runtime),
    readContainerLimits(),
    readText('/etc/os-release'),
    readText('/proc/cpuinfo'),
  ]);
  return {
    os: /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(release)?.[1] ?? `${os.type()} ${os.release()}`,
    kernel: os.release(),
    arch: os.arch(),
    cpuModel: parseCpuModel(cpuinfo) ?? os.cpus()[0]?.model ?? 'unknown',
    cpus: machine.cpus.length,
    cpuQuota: container.cpuQuota,
    memoryBytes: os.totalmem(),
    node: process.version,
    ...runtime,
    openFilesLimit: machine.openFilesLimit,
    somaxconn: machine.somaxconn,
    portRange: machine.portRange === null ? null : [...machine.portRange],
    loadAverage1m: os.loadavg()[0] ?? 0,
  };
}

/**
 * Reads the limits that apply to a run's processes. The list of CPUs is truncated to the quota. `runtime` has
 * the same meaning as for `readEnvironment`.
 */
export async function readMachine(runtime: Runtime): Promise<Machine> {
  const [status, limits, meminfo, somaxconn, ports, container] = await Promise.all([
    readText('/proc/self/status'),
    readText('/proc/self/limits'),
    readText('/proc/meminfo'),
    readText('/proc/sys/net/core/somaxconn'),
    readText('/proc/sys/net/ipv4/ip_local_port_range'),
    readContainerLimits(),
  ]);
  const allowed = allowedCpus(status);
  const openFiles = parseOpenFilesLimit(limits) ?? openFilesFromReport();
  return {
    cpus: container.cpuQuota === null ? allowed : allowed.slice(0, plannedCpus(container.cpuQuota)),
    openFilesLimit: Math.min(openFiles, Number.MAX_SAFE_INTEGER),
    memoryBytes: Math.min(
      parseAvailableMemory(meminfo) ?? os.freemem(),
      container.memoryLeftBytes ?? Number.POSITIVE_INFINITY,
    ),
    somaxconn: parseNumber(somaxconn),
    portRange: parsePortRange(ports),
    isRoot: process.getuid?.() === 0,
    ...runtime,
  };
}

/** Notices about the limits of this container, if the benchmark runs in one. */
export async function readLimitNotices(): Promise<Notice[]> {
  const [limits, status] = await Promise.all([readContainerLimits(), readText('/proc/self/status')]);
  return quotaNotices(limits, allowedCpus(status).length);
}

/** Reports whether this system has the /proc files that are needed to judge a run. */
export function canObserve(procfs = '/proc'): boolean {
  return existsSync(`${procfs}/self/status`) && existsSync(`${procfs}/stat`);
}

function allowedCpus(status: string): number[] {
  const { cpus } = parseStatus(status);
  return cpus.length > 0 ? cpus : os.cpus().map((_, i) => i);
}

/** Reads how many connections the listeners on this machine have dropped; null if this cannot be read. */
export async function readListenDrops(): Promise<ListenDrops | null> {
  return parseListenDrops(await readText('/proc/net/netstat'));
}

/** The hard limit on open files from Node's own diagnostic report, for systems without /proc. */
function openFilesFromReport(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { hard?: unknown } } };
  const hard = report.userLimits?.open_files?.hard;
  return typeof hard === 'number' ? hard : Number.POSITIVE_INFINITY;
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/**
 * Measures the share of all CPU time (0 to 1) in use while no process of the benchmark is running; null if it
 * cannot be read.
 */
export async function readBusyShare(duringMs: number): Promise<number | null> {
  const before = await readCpuTicks();
  await sleep(duringMs);
  const after = await readCpuTicks();
  if (before === null || after === null || after.total <= before.total) return null;
  return 1 - (after.idle - before.idle) / (after.total - before.total);
}

/** Reads the ticks of all CPUs; null if the system does not report them. */
export async function readCpuTicks(): Promise<CpuTicks | null> {
  return parseCpuTicks(await readText('/proc/stat'), null);
}

/**
 * Returns the ports that are unavailable on every address, because a socket bound to all addresses occupies
 * them.
 */
export async function readWildcardPorts(): Promise<ReadonlySet<number>> {
  const tables = await Promise.all([readText('/proc/net/tcp'), readText('/proc/net/tcp6')]);
  return new Set(tables.flatMap(parseWildcardPorts));
}
