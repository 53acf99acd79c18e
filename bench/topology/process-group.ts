import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long to wait after SIGKILL, which cannot be ignored. A process that is still listed after that time is
 * a zombie that process 1 has to reap.
 */
const KILLED_MS = 300;

/**
 * Sends SIGKILL to a process group.
 *
 * @returns whether the group still contained any process
 */
export function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch {
    return false; // ESRCH: no process left; EPERM: no longer ours, so none of ours is left
  }
}

/** Resolves when no process of the killed process group remains, except zombies. */
export async function groupGone(pid: number): Promise<void> {
  for (const end = performance.now() + KILLED_MS; performance.now() < end; await sleep(5)) {
    if (!killGroup(pid)) return;
  }
}
