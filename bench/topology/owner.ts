import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Uniquely identifies a process while this system is up: pids are reused, start times are not. */
export interface ProcessIdentity {
  pid: number;
  /** Start time of the process, in clock ticks since system boot, as in /proc/PID/stat. */
  start: string;
}

/** A process and the system on which its pid is valid. Several containers may share the temporary folder. */
export interface Owner extends ProcessIdentity {
  host: string;
  boot: string;
  /** Pid namespace of the process. */
  namespace: string;
}

/** Identifies this process; null if the system has no /proc. */
export function thisOwner(): Owner | null {
  const identity = identityOf(process.pid);
  const system = thisSystem();
  return identity === null || system === null ? null : { ...identity, ...system };
}

/** Returns the identity of a process; null if there is no process with this pid, or if it is a zombie. */
export function identityOf(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The process name in parentheses may itself contain spaces and parentheses.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const start = fields[18];
    return state === 'Z' || start === undefined ? null : { pid, start };
  } catch {
    return null;
  }
}

/** Whether the recorded process is still running; its pid may have been reused by another process. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  return identityOf(pid)?.start === start;
}

/** True only if it is certain that the process belonged to this system and no longer exists. */
export function isGone({ host, boot, namespace, ...identity }: Owner): boolean {
  const system = thisSystem();
  if (system === null || system.host !== host) return false;
  if (system.boot !== boot) return true;
  return system.namespace === namespace && !isRunning(identity);
}

function thisSystem(): Omit<Owner, keyof ProcessIdentity> | null {
  try {
    return {
      host: hostname(),
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      namespace: readlinkSync('/proc/self/ns/pid'),
    };
  } catch {
    return null;
  }
}
