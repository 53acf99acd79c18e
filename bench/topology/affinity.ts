import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onPath } from './executable.ts';

const TASKSET = 'taskset';
const execute = promisify(execFile);

/** True where processes can be placed on CPUs: Linux with `taskset` (util-linux) on PATH. */
export function canPin(): boolean {
  return process.platform === 'linux' && onPath(TASKSET, process.env) !== null;
}

/**
 * A command line that starts this one on these CPUs; null: wherever the kernel likes. taskset sets the
 * affinity and becomes the command (execve keeps the pid and the IPC descriptor).
 */
export function placed(
  command: readonly [string, ...string[]],
  cpus: readonly number[] | null,
): readonly [string, ...string[]] {
  if (cpus === null || cpus.length === 0 || !canPin()) return command;
  return [TASKSET, '-c', cpus.join(','), ...command];
}

/** Where this process was allowed to run before it was first kept anywhere. */
let home: string | null = null;

/**
 * Keeps this process, with all its threads and the children it starts from now on, to these CPUs; null:
 * leaves it alone. Without effect where {@link canPin} is false.
 *
 * @returns what lets it run again where it could at first
 */
export async function keepTo(cpus: readonly number[] | null): Promise<() => Promise<void>> {
  if (cpus === null || cpus.length === 0 || !canPin()) return async () => {};
  home ??= await allowed();
  const back = home;
  await move(cpus.join(','));
  return () => move(back);
}

async function move(list: string): Promise<void> {
  await execute(TASKSET, ['-a', '-c', '-p', list, `${process.pid}`]);
}

async function allowed(): Promise<string> {
  const { stdout } = await execute(TASKSET, ['-c', '-p', `${process.pid}`]);
  return stdout.slice(stdout.lastIndexOf(':') + 1).trim();
}
