import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that no other can be taken for while this system runs: numbers are given again, moments are not. */
export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since the system started, as /proc/PID/stat has it. */
  start: string;
}

/** A process, and the system whose numbers these are: a temporary folder may be shared with other containers. */
export interface Owner extends ProcessIdentity {
  host: string;
  boot: string;
  /** Its namespace of pids. */
  namespace: string;
}

/** This process; null where the system has no /proc to tell. */
export function thisOwner(): Owner | null {
  const identity = identityOf(process.pid);
  const system = thisSystem();
  return identity === null || system === null ? null : { ...identity, ...system };
}

/** Null where there is no such process, or only its zombie. */
export function identityOf(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before the parenthesis may hold spaces and parentheses of its own.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const start = fields[18];
    return state === 'Z' || start === undefined ? null : { pid, start };
  } catch {
    return null;
  }
}

/** Whether a process that was written down is the one that has its number now. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  return identityOf(pid)?.start === start;
}

/** True only where it is certain: the process was of this system, which knows it no more. */
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
