import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import type { RunProcess } from '../model/run.ts';
import { readNow } from './read-now.ts';

/**
 * What to watch on a host: all processes with a given name, or one process. The processes that they have
 * started are also watched.
 */
export type Watch = { name: string } | { pid: number };

/** The processes found on a host at one moment, or a clause that says why they cannot be watched. */
export type Found = { processes: readonly RunProcess[] } | { lack: string };

interface Process {
  pid: number;
  parent: number;
  /** Name of the program that the process runs, truncated to 15 characters (comm in proc_pid_comm(5)). */
  name: string;
}

/**
 * Number of bytes to read of a process title: enough to show the kind of process, as in
 * `nginx: worker process`, but too few to include command-line arguments.
 */
const TITLE_BYTES = 21;

/**
 * Creates a function that finds the processes to watch. The bench did not start these processes, so the
 * function only reads their names, their parents and children, and the part of an Nginx title that
 * distinguishes masters from workers.
 *
 * @param watches at least one
 * @param procfs mount point of procfs
 */
export function makeWatcher(watches: readonly Watch[], procfs = '/proc'): () => Found {
  /**
   * Processes whose descendants are watched: those selected at the start, and every master found since,
   * because the new master of a binary upgrade outlives its parent.
   */
  const roots = new Set<number>();
  const numbers = new Map<number, number>();

  function lackOf(all: readonly Process[]): string | null {
    for (const watch of watches) {
      const found = all.filter((each) => isWatched(each, watch));
      const [first] = found;
      if ('pid' in watch) {
        if (first === undefined) return `there is no process ${watch.pid}.`;
        continue;
      }
      if (first === undefined) return `no process is called ${watch.name}.`;
      const pids = new Set(found.map(({ pid }) => pid));
      const eldest = found.filter(({ parent }) => !pids.has(parent));
      if (eldest.length > 1)
        return `${eldest.length} independent processes are called ${watch.name}: ${eldest.map(({ pid }) => pid).join(', ')}. Start the agent with the ID of the process to watch, for example --watch ${first.pid}.`;
    }
    return null;
  }

  function family(): RunProcess[] {
    const found = new Map<number, Process & { children: number }>();
    const visit = (pid: number) => {
      if (found.has(pid)) return;
      const process = readProcess(pid, procfs);
      if (process === null) return;
      const entry = { ...process, children: 0 };
      found.set(pid, entry);
      for (const child of childrenOf(pid, procfs)) {
        entry.children++;
        visit(child);
      }
    };
    for (const pid of roots) visit(pid);
    return [...found.values()].flatMap((each): RunProcess[] => {
      const role = roleOf(each, procfs);
      if (role === null) return [];
      if (role === 'master') roots.add(each.pid);
      const number = numbers.get(each.pid) ?? numberOf(role);
      numbers.set(each.pid, number);
      const name = role === 'master' && number === 1 ? 'nginx master' : `nginx ${role} ${number}`;
      return [{ component: 'proxy', role, name, pid: each.pid }];
    });
  }

  const counts = { master: 0, worker: 0 };
  function numberOf(role: 'master' | 'worker'): number {
    counts[role]++;
    return counts[role];
  }

  return () => {
    if (roots.size === 0) {
      const all = readAll(procfs);
      const lack = lackOf(all);
      if (lack !== null) return { lack };
      for (const each of all) if (watches.some((watch) => isWatched(each, watch))) roots.add(each.pid);
    }
    const processes = family();
    return processes.length === 0 ? { lack: 'the processes that it watches have exited.' } : { processes };
  };
}

function isWatched({ pid, name }: Process, watch: Watch): boolean {
  return 'pid' in watch ? pid === watch.pid : name === watch.name;
}

/**
 * Returns the role of a process, taken from the title that Nginx and Angie give to each of their processes.
 * Returns null for a process that carries no connections, such as the cache manager. A process without such a
 * title counts as a master if it has started other processes, and otherwise as a worker.
 */
function roleOf(
  { pid, children }: { pid: number; children: number },
  procfs: string,
): 'master' | 'worker' | null {
  const [, kind] = /^(?:nginx|angie): (\w+)/.exec(readTitle(pid, procfs)) ?? [];
  if (kind === undefined) return children > 0 ? 'master' : 'worker';
  return kind === 'master' || kind === 'worker' ? kind : null;
}

function readTitle(pid: number, procfs: string): string {
  const buffer = Buffer.alloc(TITLE_BYTES);
  try {
    const file = openSync(`${procfs}/${pid}/cmdline`, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(file, buffer, 0, TITLE_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function readAll(procfs: string): Process[] {
  return numbersIn(readdirSync(procfs)).flatMap((pid) => readProcess(pid, procfs) ?? []);
}

function childrenOf(pid: number, procfs: string): number[] {
  return numbersIn(readNow(`${procfs}/${pid}/task/${pid}/children`).split(' '));
}

function numbersIn(texts: readonly string[]): number[] {
  return texts.filter((text) => /^\d+$/.test(text)).map(Number);
}

/** Reads /proc/<pid>/stat: `pid (comm) state ppid …`. The name may contain anything, even parentheses. */
function readProcess(pid: number, procfs: string): Process | null {
  const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+) /s.exec(readNow(`${procfs}/${pid}/stat`)) ?? [];
  if (name === undefined || state === 'Z' || state === 'X') return null;
  return { pid, parent: Number(parent), name };
}
