import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Placement } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import { onPath } from './executable.ts';

const TASKSET = 'taskset';
const execute = promisify(execFile);
/**
 * Number of attempts to pin this process. `taskset -a` fails if a thread of this process ends while taskset
 * is running.
 */
const MOVE_ATTEMPTS = 5;

/**
 * Whether processes can be pinned to CPUs. `missing`: taskset is not installed. `refused`: the system forbids
 * pinning.
 */
export type Pinning = 'possible' | 'missing' | 'refused';

let known: Pinning | null = null;

function pinning(): Pinning {
  known ??= tryPinning(process.env);
  return known;
}

/** Whether processes can be pinned to CPUs; tested once. */
export function canPin(): boolean {
  return pinning() === 'possible';
}

/**
 * Tests pinning by pinning a new process to the CPUs that this process may use anyway. Pinning to these CPUs
 * fails only on a system that forbids sched_setaffinity(2).
 */
export function tryPinning(env: NodeJS.ProcessEnv): Pinning {
  const list = process.platform === 'linux' ? allowed() : null;
  if (list === null || onPath(TASKSET, env) === null) return 'missing';
  const { status } = spawnSync(TASKSET, ['-c', list, 'true'], { env, stdio: 'ignore' });
  return status === 0 ? 'possible' : 'refused';
}

/** Returns a warning if a run was supposed to be pinned but cannot be. */
export function affinityNotices(placement: Placement | null, found: Pinning = pinning()): Notice[] {
  if (placement === null || found === 'possible') return [];
  return [notice('warning', `affinity-${found}`, {})];
}

/**
 * Returns the command line that starts a command pinned to these CPUs; null leaves the choice to the kernel.
 * taskset runs the command with execve, which preserves the pid and the IPC descriptor.
 */
export function placed(
  command: readonly [string, ...string[]],
  cpus: readonly number[] | null,
): readonly [string, ...string[]] {
  if (cpus === null || cpus.length === 0 || !canPin()) return command;
  return [TASKSET, '-c', cpus.join(','), ...command];
}

/** The CPUs that this process could use before it was first pinned. */
let home: string | null = null;

/**
 * Pins this process, all its threads, and every child started from now on to these CPUs; null leaves
 * everything as it is. Has no effect if {@link canPin} is false.
 *
 * @returns a function that restores the original CPUs
 * @throws Problem('environment') if this process cannot be pinned although a new process could be
 */
export async function keepTo(cpus: readonly number[] | null): Promise<() => Promise<void>> {
  if (cpus === null || cpus.length === 0 || !canPin()) return async () => {};
  home ??= allowed();
  const back = home;
  await move(cpus.join(','));
  return async () => {
    if (back !== null) await move(back);
  };
}

async function move(list: string): Promise<void> {
  let refusal: unknown;
  for (let attempt = 0; attempt < MOVE_ATTEMPTS; attempt++) {
    try {
      await execute(TASKSET, ['-a', '-c', '-p', list, `${process.pid}`]);
      return;
    } catch (error) {
      refusal = error;
    }
  }
  const words = refusal instanceof Error ? refusal.message.trim() : String(refusal);
  throw new Problem(
    'environment',
    `The bench could not be pinned to CPUs ${list}: ${words}. Leave --pin out, or use --no-pin.`,
    { cause: refusal },
  );
}

/** CPUs that the main thread may use, in taskset's notation; null if the system does not report them. */
function allowed(): string | null {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? null;
  } catch {
    return null;
  }
}
