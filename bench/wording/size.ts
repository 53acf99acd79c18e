import { PROXY } from '../model/proxy.ts';
import type { CheckedName, CostName, NeedName } from '../model/size.ts';
import {
  type Amount,
  formatBytes,
  formatCount,
  formatRate,
  formatRough,
  formatShare,
  formatTime,
  leastOf,
  mostOf,
} from './format.ts';
import type { EstimateFacts } from './ladder.ts';
import { capital, counted, listed, paragraph, sentence } from './words.ts';

/** Titles of the costs, used as row headings. */
export const COST_TITLES: Record<CostName, string> = {
  'memory-connection': `${PROXY} memory per connection`,
  'memory-slot': `${PROXY} memory per unit of worker_connections`,
  'memory-process': `${PROXY} memory per process`,
  'memory-kernel': 'kernel memory per connection',
  'files-connection': 'descriptors per connection',
  'cpu-message': `${PROXY} CPU per message`,
  'cpu-handshake': `${PROXY} CPU per handshake`,
};

export const NEED_TITLES: Record<NeedName, string> = {
  cores: `CPU of ${PROXY}`,
  memory: `memory of ${PROXY}`,
  'kernel-memory': 'memory of the kernel',
  workers: 'worker_processes',
  'worker-connections': 'worker_connections',
  'worker-files': 'worker_rlimit_nofile',
  backlog: 'listen … backlog',
  'upstream-ports': 'source ports for connections to the servers',
  'upstream-addresses': 'upstream servers or source addresses',
  somaxconn: 'net.core.somaxconn',
  'syn-backlog': 'net.ipv4.tcp_max_syn_backlog',
  'port-range': 'ports in net.ipv4.ip_local_port_range',
  'nr-open': 'fs.nr_open',
  'file-max': 'fs.file-max',
  conntrack: 'net.netfilter.nf_conntrack_max',
};

export const CHECKED_TITLES: Record<CheckedName, string> = {
  memory: `memory of ${PROXY}`,
  files: `open descriptors of ${PROXY}`,
  cores: `CPU of ${PROXY} for messages`,
};

/** Formats a value of the plan or of its check. */
export function formatNeed(name: NeedName | CheckedName, value: Amount): string {
  if (name === 'cores') return formatCores(value);
  return name === 'memory' || name === 'kernel-memory' ? formatBytes(value) : formatCount(value);
}

/** Formats the cost of one connection, process, message or handshake. */
export function formatCost(name: CostName, value: Amount): string {
  if (name === 'files-connection') return formatDecimal(value);
  return name.startsWith('cpu-') ? formatTime(value) : formatBytes(value);
}

/** Formats an interval, as in `95 % CI 1.2 to 1.4 GiB`. */
export function intervalText({ low, high }: EstimateFacts, format: (value: Amount) => string): string {
  return `95 % CI ${format({ least: leastOf(low), most: mostOf(high) })}`;
}

export interface AnswerFacts {
  variant: string;
  connections: Amount;
  ratePerSecond: Amount;
  churnPerSecond: Amount;
  workers: EstimateFacts | null;
  cores: EstimateFacts | null;
  memory: EstimateFacts | null;
  slots: Amount | null;
  addresses: Amount | null;
}

/** Findings of a sizing: what the load needs, and how the needs were derived from the measured costs. */
export const SIZE = {
  'size-answer': ({ variant, connections, ratePerSecond, churnPerSecond, ...needs }: AnswerFacts) => {
    const { workers, cores, memory, slots, addresses } = needs;
    const load = `${formatCount(connections)} connections with ${formatRough(ratePerSecond)} messages and ${formatRough(churnPerSecond)} new connections per second`;
    const parts = [
      ...(workers === null || cores === null
        ? []
        : [
            `${counted(workers.value, `${PROXY} worker`)} (${formatCores(cores.value)}, ${intervalText(cores, formatCores)})`,
          ]),
      ...(memory === null
        ? []
        : [`${formatBytes(memory.value)} of memory for ${PROXY} (${intervalText(memory, formatBytes)})`]),
      ...(slots === null ? [] : [`worker_connections ${formatCount(slots)}`]),
      ...(addresses === null ? [] : [counted(addresses, 'upstream address', 'upstream addresses')]),
    ];
    return workers === null && memory === null
      ? `${variant}: too few costs were measured to estimate the needs of ${load}.`
      : `${variant}: ${load} need ${listed(parts)}.`;
  },
  'size-assumed': ({
    ratePerSecond,
    churnPerSecond,
  }: {
    ratePerSecond: Amount | null;
    churnPerSecond: Amount | null;
  }) =>
    `Assumed: ${listed([
      ...(ratePerSecond === null
        ? []
        : [
            `one message per connection every ten seconds (--rate ${formatRough(ratePerSecond).replaceAll(',', '')})`,
          ]),
      ...(churnPerSecond === null
        ? []
        : [`connections that last ten minutes (--churn ${formatRough(churnPerSecond).replaceAll(',', '')})`]),
    ])}.`,
  'size-checked': ({
    name,
    connections,
    predicted,
    measured,
    error,
  }: {
    name: string;
    connections: Amount;
    predicted: EstimateFacts;
    measured: Amount;
    error: Amount;
  }) => {
    const checked = name as CheckedName;
    const format = (value: Amount) => formatNeed(checked, value);
    return `Check with ${formatCount(connections)} connections: ${CHECKED_TITLES[checked]} was ${format(measured)}. The prediction was ${format(predicted.value)} (${intervalText(predicted, format)}), which is ${errorText(error)}.`;
  },
  'size-not-checked': ({ name, reason }: { name: string; reason: string }) =>
    `${capital(CHECKED_TITLES[name as CheckedName])} could not be checked. ${sentence(reason)}`,
  'size-other-load': ({ of, here, planned }: { of: string; here: Amount; planned: Amount }) =>
    paragraph([
      `${capital(COST_TITLES[of as CostName])} was measured while each ${PROXY} worker handled ${formatRate(here)}, but the plan assumes ${formatRate(planned)} per worker.`,
      leastOf(planned) > mostOf(here)
        ? 'A busier worker handles several events at a time, so each event costs less.'
        : 'A less busy worker handles fewer events at a time, so each event costs more.',
    ]),
  'size-excluded': ({ of, runs, all, reason }: { of: string; runs: Amount; all: Amount; reason: string }) =>
    `${capital(COST_TITLES[of as CostName])}: ${formatCount(runs)} of ${counted(all, 'run')} could not be used. ${sentence(reason)}`,
  'size-unfinished': ({ done, of }: { done: Amount; of: Amount }) =>
    `The sizing did not finish: it stopped after ${formatCount(done)} of ${counted(of, 'run')}.`,
  'size-unknown': ({ steps }: { steps: readonly string[] }) =>
    `Not known, because too few runs of the ${listed(steps)} ${steps.length === 1 ? 'step' : 'steps'} can be used.`,
  'size-cores': ({
    ratePerSecond,
    messageUs,
    churnPerSecond,
    handshakeUs,
  }: {
    ratePerSecond: Amount;
    messageUs: EstimateFacts | null;
    churnPerSecond: Amount;
    handshakeUs: EstimateFacts | null;
  }) =>
    sentence(
      listed([
        ...(messageUs === null
          ? []
          : [
              `${formatRough(ratePerSecond)} messages per second × ${formatTime(messageUs.value)} (${intervalText(messageUs, formatTime)})`,
            ]),
        ...(handshakeUs === null
          ? []
          : [
              `${formatRough(churnPerSecond)} handshakes per second × ${formatTime(handshakeUs.value)} (${intervalText(handshakeUs, formatTime)})`,
            ]),
      ]) || 'No messages and no new connections',
    ),
  'size-memory': ({
    connections,
    connectionBytes,
    slots,
    slotBytes,
    processes,
    processBytes,
  }: Record<
    'connections' | 'connectionBytes' | 'slots' | 'slotBytes' | 'processes' | 'processBytes',
    Amount
  >) =>
    `${formatCount(connections)} connections × ${formatBytes(connectionBytes)} + ${formatCount(slots)} units of worker_connections × ${formatBytes(slotBytes)} + ${formatCount(processes)} processes × ${formatBytes(processBytes)}.`,
  'size-kernel-memory': ({
    connections,
    bytes,
    isUncertain,
  }: {
    connections: Amount;
    bytes: Amount;
    isUncertain: boolean;
  }) =>
    paragraph([
      `${formatCount(connections)} connections × ${formatBytes(bytes)}, for all four sockets of a connection. ${PROXY}’s host has only two of them if clients and servers are elsewhere.`,
      isUncertain ? 'The interval includes 0, because other programs used memory at the same time.' : '',
    ]),
  'size-workers': ({ cores, utilisation }: { cores: Amount; utilisation: Amount }) =>
    `${formatCores(cores)} ÷ ${formatShare(utilisation)} (the highest permitted utilisation of a worker, --utilisation), rounded up. Each worker needs a CPU.`,
  'size-worker-connections': ({ workers, busiest }: { workers: Amount; busiest: Amount }) =>
    `2 per WebSocket. ${mostOf(workers) === 1 ? 'The only worker' : 'If a hash distributes the connections (listen … reuseport), the busiest worker'} has at most ${counted(busiest, 'WebSocket')}. An eighth stays free, because ${PROXY} closes connections when less than a sixteenth is left.`,
  'size-worker-files': ({ slots, others }: { slots: Amount; others: Amount }) =>
    `worker_connections (${formatCount(slots)}) + ${formatCount(others)} for listeners, logs and epoll.`,
  'size-backlog': ({ churnPerSecond, least }: { churnPerSecond: Amount; least: Amount }) =>
    `The new connections of one second (${formatCount(churnPerSecond)}), but at least ${PROXY}’s default of ${formatCount(least)}. If all clients may reconnect at once, measure this case with --scenario storm.`,
  'size-upstream-ports': ({
    connections,
    waiting,
    seconds,
  }: Record<'connections' | 'waiting' | 'seconds', Amount>) =>
    `One per open connection (${formatCount(connections)}), and one for each of the ${formatCount(waiting)} connections that closed in the last ${formatCount(seconds)} s and are in TIME_WAIT.`,
  'size-upstream-addresses': ({
    ports,
    each,
    widest,
    withWidest,
  }: Record<'ports' | 'each' | 'widest' | 'withWidest', Amount>) =>
    `${formatCount(ports)} ports ÷ ${formatCount(each)}, the size of this machine’s net.ipv4.ip_local_port_range. With the widest range (1024 to 65535, ${formatCount(widest)} ports): ${formatCount(withWidest)}. Count each upstream server that has its own address or port, and each source address (proxy_bind).`,
  'size-somaxconn': () =>
    'At least the backlog, because the kernel silently lowers a larger backlog to this value.',
  'size-syn-backlog': () => 'At least the backlog. Handshakes wait in this queue until they are complete.',
  'size-port-range': ({ ports, widest }: { ports: Amount; widest: Amount }) =>
    `With a single upstream address, the range must contain ${formatCount(ports)} ports. The widest range contains ${formatCount(widest)}.`,
  'size-nr-open': () => 'At least worker_rlimit_nofile. The kernel’s default is 1,048,576.',
  'size-file-max': ({ connections, each }: { connections: Amount; each: Amount }) =>
    `${formatCount(connections)} connections × ${formatCount(each)} descriptors, in addition to those of other programs.`,
  'size-conntrack': ({ ports }: { ports: Amount }) =>
    `Only with a stateful firewall: one entry for each connection from a client, and one for each connection to a server (${formatCount(ports)} open or in TIME_WAIT).`,
};

/** Formats CPU in cores, as in `0.35 cores`. */
function formatCores(cores: Amount): string {
  const text = formatDecimal(cores);
  return `${text} ${text === '1' ? 'core' : 'cores'}`;
}

/** Formats a number or a range with three significant digits. A range that looks like one number is written as one. */
function formatDecimal(value: Amount): string {
  const [least, most] = [leastOf(value), mostOf(value)].map((each) => String(Number(each.toPrecision(3))));
  return least === most ? `${most}` : `${least} to ${most}`;
}

/**
 * A prediction is called exact if its error is smaller than this, because the error would be shown as 0 %.
 */
const NEGLIGIBLE = 5e-5;

/** Formats the error of a prediction, as in `3.1 % too high`. */
export function errorText(error: Amount): string {
  if (Math.abs(mostOf(error)) < NEGLIGIBLE && Math.abs(leastOf(error)) < NEGLIGIBLE) return 'exact';
  return `${formatShare(sizeOf(error))} too ${mostOf(error) > 0 ? 'high' : 'low'}`;
}

/** Returns the absolute value of an error. */
function sizeOf(error: Amount): Amount {
  if (typeof error === 'number') return Math.abs(error);
  const [a, b] = [Math.abs(error.least), Math.abs(error.most)];
  return { least: Math.min(a, b), most: Math.max(a, b) };
}
