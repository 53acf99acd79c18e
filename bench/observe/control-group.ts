import { readFile } from 'node:fs/promises';
import { join } from 'node:path/posix';
import type { Notice } from '../model/finding.ts';
import { notice } from '../wording/finding.ts';
import { parseNumber } from './proc.ts';

/** This process's control group folders for one controller: its own folder first, then each parent's. */
export interface ControlGroup {
  version: 1 | 2;
  folders: string[];
}

export type Controller = 'cpu' | 'memory';

/**
 * Finds where a controller keeps its files for this process (cgroups(7)). The parents are included because
 * their limits apply as well.
 *
 * @param cgroup content of /proc/self/cgroup
 * @param mountinfo content of /proc/self/mountinfo (proc_pid_mountinfo(5))
 * @returns null if the controller is not mounted
 */
export function findControlGroup(
  controller: Controller,
  cgroup: string,
  mountinfo: string,
): ControlGroup | null {
  const mounts = mountsOf(mountinfo);
  const paths = [...cgroup.matchAll(/^\d+:([^:]*):(\/.*)$/gm)];
  const ofVersion1 = paths.find(([, controllers]) => controllers?.split(',').includes(controller));
  const version = ofVersion1 === undefined ? 2 : 1;
  const [, , path] = ofVersion1 ?? paths.find(([, controllers]) => controllers === '') ?? [];
  const mount = mounts.find(({ type, options }) =>
    version === 1 ? type === 'cgroup' && options.includes(controller) : type === 'cgroup2',
  );
  if (path === undefined || mount === undefined) return null;
  return { version, folders: foldersUp(mount.point, below(mount.root, path)) };
}

interface Mount {
  /** The part of the hierarchy that is mounted: `/`, or the container's group. */
  root: string;
  point: string;
  type: string;
  options: string[];
}

function mountsOf(mountinfo: string): Mount[] {
  const lines = mountinfo.matchAll(/^\d+ \d+ \S+ (\S+) (\S+) .*? - (cgroup2?) \S+ (\S+)$/gm);
  return [...lines].map(([, root = '', point = '', type = '', options = '']) => ({
    root,
    point,
    type,
    options: options.split(','),
  }));
}

/** Makes a group's path relative to the mount point. In a container, `path` may be a path on the host. */
function below(root: string, path: string): string {
  if (root === '/') return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : '/';
}

function foldersUp(point: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, up) =>
    [point, ...parts.slice(0, parts.length - up)].join('/'),
  );
}

/**
 * @param text content of cpu.max: quota and period in µs
 * @returns the number of CPUs; null if there is no limit
 */
export function parseCpuMax(text: string): number | null {
  const [quota = '', period = ''] = text.split(' ');
  return quotient(parseNumber(quota), parseNumber(period));
}

/**
 * @param quota cpu.cfs_quota_us, -1 for no limit
 * @param period cpu.cfs_period_us
 * @returns like parseCpuMax
 */
export function parseCfsQuota(quota: string, period: string): number | null {
  return quotient(parseNumber(quota), parseNumber(period));
}

function quotient(quota: number | null, period: number | null): number | null {
  return quota === null || period === null || quota === 0 || period === 0 ? null : quota / period;
}

/**
 * Returns the page cache that the kernel can reclaim before it runs out of memory. It is included in the
 * usage figure, although it is not really in use.
 *
 * @param text content of memory.stat; in version 1, total_inactive_file includes the groups below
 */
export function parseInactiveFile(text: string, version: 1 | 2): number {
  const name = version === 1 ? 'total_inactive_file' : 'inactive_file';
  return parseNumber(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? '') ?? 0;
}

/**
 * @param text content of cpu.stat
 * @returns time in µs during which the group's tasks were throttled because it had exhausted its quota
 */
export function parseThrottledUs(text: string): number | null {
  const us = parseNumber(/^throttled_usec (\d+)$/m.exec(text)?.[1] ?? '');
  const ns = parseNumber(/^throttled_time (\d+)$/m.exec(text)?.[1] ?? ''); // version 1
  return us ?? (ns === null ? null : Math.floor(ns / 1000));
}

/** Resources that a container may use; null for those that are not limited. */
export interface ContainerLimits {
  /** Number of CPUs in the smallest quota of the group and its parents; often fractional. */
  cpuQuota: number | null;
  /** Memory still available, in bytes, before the group or one of its parents reaches its limit. */
  memoryLeftBytes: number | null;
}

/**
 * Reads the limits set by the control groups.
 *
 * @param root folder that contains `proc` and `sys`
 */
export async function readContainerLimits(root = '/'): Promise<ContainerLimits> {
  const [cpu, memory] = await Promise.all([ownGroup('cpu', root), ownGroup('memory', root)]);
  const quotas = cpu?.folders.map((folder) => readCpuQuota(join(root, folder), cpu.version)) ?? [];
  const left = memory?.folders.map((folder) => readMemoryLeft(join(root, folder), memory.version)) ?? [];
  return { cpuQuota: least(await Promise.all(quotas)), memoryLeftBytes: least(await Promise.all(left)) };
}

/** Like `parseThrottledUs`, but summed over the group and its parents; null if none of them reports it. */
export async function readThrottledUs(root = '/'): Promise<number | null> {
  const group = await ownGroup('cpu', root);
  const texts = (group?.folders ?? []).map((folder) => readText(join(root, folder, 'cpu.stat')));
  const times = (await Promise.all(texts)).map(parseThrottledUs).filter((us) => us !== null);
  return times.length === 0 ? null : times.reduce((sum, us) => sum + us, 0);
}

/** Returns a notice if a CPU quota reduces the number of CPUs that the bench plans with. */
export function quotaNotices({ cpuQuota }: ContainerLimits, allowedCpus: number): Notice[] {
  if (cpuQuota === null || cpuQuota >= allowedCpus) return [];
  const facts = { quota: cpuQuota, shown: allowedCpus, planned: plannedCpus(cpuQuota) };
  return [notice('warning', 'cpu-quota', facts)];
}

/** Returns the number of whole CPUs within a quota. A process cannot be pinned to a fraction of a CPU. */
export function plannedCpus(cpuQuota: number): number {
  return Math.max(1, Math.floor(cpuQuota));
}

async function ownGroup(controller: Controller, root: string): Promise<ControlGroup | null> {
  const [cgroup, mountinfo] = await Promise.all([
    readText(join(root, 'proc/self/cgroup')),
    readText(join(root, 'proc/self/mountinfo')),
  ]);
  return findControlGroup(controller, cgroup, mountinfo);
}

async function readCpuQuota(folder: string, version: 1 | 2): Promise<number | null> {
  if (version === 2) return parseCpuMax(await readText(join(folder, 'cpu.max')));
  const [quota, period] = await Promise.all([
    readText(join(folder, 'cpu.cfs_quota_us')),
    readText(join(folder, 'cpu.cfs_period_us')),
  ]);
  return parseCfsQuota(quota, period);
}

async function readMemoryLeft(folder: string, version: 1 | 2): Promise<number | null> {
  const [limitFile, usageFile] =
    version === 1 ? ['memory.limit_in_bytes', 'memory.usage_in_bytes'] : ['memory.max', 'memory.current'];
  const [limitText, usageText, stat] = await Promise.all([
    readText(join(folder, limitFile)),
    readText(join(folder, usageFile)),
    readText(join(folder, 'memory.stat')),
  ]);
  // Without a limit, `limitText` is `max` or, in version 1, a value that exceeds any machine's memory.
  const limit = parseNumber(limitText);
  if (limit === null) return null;
  const used = (parseNumber(usageText) ?? 0) - parseInactiveFile(stat, version);
  return Math.max(0, limit - Math.max(0, used));
}

function least(limits: readonly (number | null)[]): number | null {
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
