import type { ListenDrops } from '../model/run.ts';

/**
 * Pure parsers for files in /proc (man 5 proc). They never throw: missing or unexpected content becomes null
 * or an empty list, or is omitted.
 */

/**
 * @param text content of /proc/<pid>/task/<tid>/schedstat
 * @returns time on a CPU since the thread started, in ns
 */
export function parseSchedstat(text: string): number | null {
  return wholeNumber(/^(\d+) \d+ \d+\s*$/.exec(text)?.[1]);
}

/**
 * @param text as for `parseSchedstat`
 * @returns time on a CPU or waiting for one, in ns: the time during which the thread had work
 */
export function parseBusyTime(text: string): number | null {
  const [, onCpu, waiting] = /^(\d+) (\d+) \d+\s*$/.exec(text) ?? [];
  const [onCpuNs, waitingNs] = [wholeNumber(onCpu), wholeNumber(waiting)];
  return onCpuNs === null || waitingNs === null ? null : onCpuNs + waitingNs;
}

export interface Status {
  /** Resident set size; null for zombies and kernel threads, which have none. */
  residentBytes: number | null;
  /** Of this thread only. */
  voluntarySwitches: number | null;
  involuntarySwitches: number | null;
  /** Numbers of the CPUs on which the process or thread may run, in ascending order. */
  cpus: number[];
}

/** @param text content of /proc/<pid>/status or /proc/<pid>/task/<tid>/status */
export function parseStatus(text: string): Status {
  return {
    residentBytes: kibibytes(text, 'VmRSS'),
    voluntarySwitches: wholeNumber(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(text)?.[1]),
    involuntarySwitches: wholeNumber(/^nonvoluntary_ctxt_switches:\s+(\d+)$/m.exec(text)?.[1]),
    cpus: parseCpuList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(text)?.[1] ?? ''),
  };
}

/**
 * @param text such as `0-3,8`
 * @returns CPU numbers in ascending order without duplicates; empty if the text is not such a list
 */
export function parseCpuList(text: string): number[] {
  const cpus = new Set<number>();
  for (const part of text.trim().split(',')) {
    const [, from, to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (from === undefined) return [];
    for (let cpu = Number(from); cpu <= Number(to); cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/**
 * @param text content of /proc/meminfo
 * @returns MemAvailable in bytes: memory available without swapping
 */
export function parseAvailableMemory(text: string): number | null {
  return kibibytes(text, 'MemAvailable');
}

/**
 * @param text content of /proc/uptime
 * @returns time since the system started, including suspension, in µs
 */
export function parseUptime(text: string): number | null {
  const seconds = /^(\d+\.\d+) /.exec(text)?.[1];
  return seconds === undefined ? null : Math.round(Number(seconds) * 1e6);
}

/**
 * @param text content of /proc/<pid>/limits
 * @returns the hard limit on open files; Infinity if there is none
 */
export function parseOpenFilesLimit(text: string): number | null {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(text)?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : wholeNumber(hard);
}

/**
 * @param text content of /proc/cpuinfo
 * @returns the first CPU's model name; not all architectures report it
 */
export function parseCpuModel(text: string): string | null {
  return /^(?:model name|cpu model|Model)[ \t]*:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trim() ?? null;
}

/**
 * @param text content of /proc/net/netstat: for each protocol, a line of names and a line of values
 * @returns counts since the system started
 */
export function parseListenDrops(text: string): ListenDrops | null {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt: '))
    .map((line) => line.trim().split(' '));
  const read = (name: string) => wholeNumber(values?.[names?.indexOf(name) ?? -1]);
  const overflows = read('ListenOverflows');
  const drops = read('ListenDrops');
  return overflows === null || drops === null ? null : { overflows, drops };
}

/**
 * @param text content of /proc/net/sockstat
 * @returns number of sockets in TIME_WAIT
 */
export function parseTimeWait(text: string): number | null {
  return wholeNumber(/^TCP: .*\btw (\d+)/m.exec(text)?.[1]);
}

/**
 * @param text content of /proc/sys/net/ipv4/ip_local_port_range
 * @returns lowest and highest port, inclusive
 */
export function parsePortRange(text: string): [number, number] | null {
  const [, low, high] = /^\s*(\d{1,5})\s+(\d{1,5})\s*$/.exec(text) ?? [];
  return low === undefined || high === undefined ? null : [Number(low), Number(high)];
}

/**
 * @param text content of a file with a single number, such as /proc/sys/net/core/somaxconn or a cgroup's
 *   memory.current
 */
export function parseNumber(text: string): number | null {
  return wholeNumber(text.trim());
}

/**
 * CPU ticks since the system started. A tick is 10 ms (USER_HZ is 100 on every system that Node supports).
 */
export interface CpuTicks {
  total: number;
  /** Ticks spent idle or waiting for a disk. */
  idle: number;
  /**
   * Ticks during which this virtual machine had work to do, but its host ran something else; 0 on a physical
   * machine.
   */
  stolen: number;
  /** Ticks spent in hardware interrupts and their softirqs. */
  interrupt: number;
}

/**
 * @param text content of /proc/stat (proc_stat(5))
 * @param cpus the CPUs to sum over; null for all
 * @returns null if any of these CPUs is missing
 */
export function parseCpuTicks(text: string, cpus: readonly number[] | null): CpuTicks | null {
  const sum = { total: 0, idle: 0, stolen: 0, interrupt: 0 };
  for (const name of cpus === null ? ['cpu'] : cpus.map((cpu) => `cpu${cpu}`)) {
    const line = new RegExp(`^${name} +([\\d ]+)$`, 'm').exec(text)?.[1];
    // Fields: user, nice, system, idle, iowait, irq, softirq, steal. The guest times that follow are omitted,
    // because user time already includes them.
    const ticks = line?.trim().split(/ +/).slice(0, 8).map(Number);
    if (ticks === undefined || ticks.length < 5) return null;
    const [, , , idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
    sum.total += ticks.reduce((a, b) => a + b, 0);
    sum.idle += idle + iowait;
    sum.stolen += steal;
    sum.interrupt += irq + softirq;
  }
  return sum;
}

/**
 * Returns the local ports of sockets that are bound to all addresses.
 *
 * @param text content of /proc/net/tcp or tcp6: `sl local_address rem_address …`, with addresses as
 *   hexadecimal words
 */
export function parseWildcardPorts(text: string): number[] {
  const ports = [...text.matchAll(/^ *\d+: 0+:([0-9A-F]{4}) /gm)].map(([, port]) =>
    Number.parseInt(port ?? '', 16),
  );
  return [...new Set(ports)];
}

function kibibytes(text: string, name: string): number | null {
  const value = wholeNumber(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
  return value === null ? null : value * 1024;
}

function wholeNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * Returns a process's proportional set size in bytes (smaps_rollup); null if the system does not provide it.
 */
export function parsePss(smapsRollup: string): number | null {
  return kilobytes(/^Pss:\s+(\d+) kB$/m.exec(smapsRollup)?.[1]);
}

/** Returns one value from meminfo, in bytes. */
export function parseMeminfo(meminfo: string, name: string): number | null {
  return kilobytes(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1]);
}

/** Returns the number of memory pages used for TCP buffers (sockstat). */
export function parseTcpMemory(sockstat: string): number | null {
  const pages = /^TCP: .*\bmem (\d+)/m.exec(sockstat)?.[1];
  return pages === undefined ? null : Number(pages);
}

function kilobytes(text: string | undefined): number | null {
  return text === undefined ? null : Number(text) * 1024;
}

/** An endpoint of a TCP connection. */
export interface TcpEnd {
  /** IPv4 address as in /proc/net/tcp: a hexadecimal word in the machine's byte order. */
  address: string;
  port: number;
}

/** One socket in /proc/net/tcp. Queues are in bytes. */
export interface TcpSocket {
  local: TcpEnd;
  remote: TcpEnd;
  /** Number of the TCP state (net/tcp_states.h). */
  state: number;
  unsent: number;
  unread: number;
}

const LISTEN = 10;

/**
 * @param text content of /proc/net/tcp: `sl local_address rem_address st tx_queue:rx_queue …`, in hexadecimal
 * @returns all sockets except listeners, whose queues are counted in connections
 */
export function parseTcpSockets(text: string): TcpSocket[] {
  const lines = text.matchAll(
    /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) ([0-9A-F]{8}):([0-9A-F]{8}) /gm,
  );
  const number = (digits = '') => Number.parseInt(digits, 16);
  return [...lines].flatMap(([, local = '', localPort, remote = '', remotePort, state, unsent, unread]) =>
    number(state) === LISTEN
      ? []
      : [
          {
            local: { address: local, port: number(localPort) },
            remote: { address: remote, port: number(remotePort) },
            state: number(state),
            unsent: number(unsent),
            unread: number(unread),
          },
        ],
  );
}
