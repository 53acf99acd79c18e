import { PROXY } from '../model/proxy.ts';
import { type Amount, formatBytes, formatCount, formatShare, formatTime, mostOf } from './format.ts';
import { counted } from './words.ts';

/** Reasons why a single process cannot hold all connections. */
export type HoldFacts =
  | { bound: 'open-files'; each: Amount; openFiles: Amount }
  | { bound: 'nginx-files'; each: Amount; openFiles: Amount }
  | { bound: 'ports'; each: Amount };

export interface CountFacts {
  needed: Amount;
  byDefault: Amount;
  connections: Amount;
  hold: HoldFacts;
}

/** Notices about the machine's state, and about changes to the plan that the machine requires. */
export const PLANNING = {
  'preflight-apart': () =>
    'The variants do not fit into memory together, so they ran one after the other instead of interleaved, and their metrics vary more. Use fewer --connections or fewer variants.',
  'agents-apart': () =>
    'An agent carries out one run at a time, so the variants ran one after the other instead of interleaved, and their metrics vary more.',
  'preflight-agent-ports': ({ ports }: { ports: Amount }) =>
    `Each agent can start about ${formatCount(ports)} handshakes per minute, because its kernel reuses a source port only after a minute. Further handshakes fail. Use more agents or a shorter --duration, or set net.ipv4.tcp_tw_reuse=1 on their hosts.`,
  'own-backend': () =>
    'Your own servers (--backend) do not report any counts, so the connections and messages that the generator counted cannot be compared with theirs.',
  'preflight-generators': (facts: CountFacts) => processes('generator processes', facts),
  'preflight-servers': (facts: CountFacts) => processes('echo servers', facts),
  'preflight-nginx-workers': (facts: CountFacts) => processes(`${PROXY} workers`, facts),
  'preflight-reuseport': ({
    workerConnections,
    connections,
  }: {
    workerConnections: Amount;
    connections: Amount;
  }) =>
    `reuseport was added to the listen directive: one worker is limited to ${formatCount(workerConnections)} connections and cannot hold all ${counted(connections, 'WebSocket')}, and only the hash of reuseport spreads them evenly over the workers.`,
  'preflight-backlog': ({ backlog, wanted }: { backlog: Amount; wanted: Amount }) =>
    `The listen backlog is ${formatCount(backlog)} instead of ${formatCount(wanted)}, because net.core.somaxconn allows no more. If the backlog overflows, some handshakes take 1 s or 3 s longer. Raise the limit with sudo sysctl -w net.core.somaxconn=${mostOf(wanted)}.`,
  'preflight-addresses': ({ addresses, each }: { addresses: Amount; each: Amount }) =>
    `The generator connects from ${formatCount(addresses)} loopback addresses, because each address has ports for only ${counted(each, 'connection')} (ip_local_port_range).`,
  'preflight-handshake-ports': ({ addresses, ports }: { addresses: Amount; ports: Amount }) =>
    `The generator connects from ${addresses === 1 ? 'one loopback address' : `${formatCount(addresses)} loopback addresses`} with ${formatCount(ports)} ports, because a port that was used remains in TIME_WAIT for a minute.`,
  'preflight-memory': ({
    connections,
    plainBytes,
    tlsBytes,
    availableBytes,
  }: Record<'connections' | 'plainBytes' | 'tlsBytes' | 'availableBytes', Amount>) =>
    `${counted(connections, 'connection')} take an estimated ${formatBytes(plainBytes)} of memory, or ${formatBytes(tlsBytes)} with TLS; ${formatBytes(availableBytes)} is available.`,
  'engine-schedule': ({ bun }: { bun: string }) =>
    `The generator runs on Node, which keeps to a schedule more precisely than Bun ${bun}: the threads of Bun's compiler take CPU time from the generator. Use --engine bun to run it on Bun.`,
  'engine-large-messages': ({ bun, mostBytes }: { bun: string; mostBytes: Amount }) =>
    `The lean client and the lean echo server run on Node, because Bun ${bun} uses more CPU than Node for messages larger than ${formatBytes(mostBytes)} without TLS. Use --engine bun to run them on Bun.`,
  'engine-node': ({ remedy }: { remedy: string }) =>
    `The lean client and the lean echo server run on Node, because this machine has no Bun. On Bun they use less CPU and leave more of it to ${PROXY}. ${remedy}.`,
  'carrier-mixed': () =>
    'The lean client and the lean echo server use sockets instead of io_uring for all variants, because some variants have TLS, which io_uring does not support.',
  'carrier-needs-bun': () =>
    'The lean client and the lean echo server use sockets instead of io_uring, which needs Bun.',
  'carrier-refused': ({ error }: { error: string }) =>
    `The lean client and the lean echo server use sockets instead of io_uring, because the system refused it (io_uring_setup: ${error}). ${ioUringRemedy(error)}`,
  'cpu-quota': ({ quota, shown, planned }: Record<'quota' | 'shown' | 'planned', Amount>) =>
    `The control group allows ${formatCpus(quota)} of the ${formatCount(shown)} CPUs that this system shows, so processes are planned for ${counted(planned, 'CPU')}. Once the quota is used up, all processes pause until its next period, for up to 0.1 s, and latencies include these pauses.`,
  'cpu-throttled': ({ us }: { us: Amount }) =>
    `The control group used up its CPU quota during the load, and its processes could not run for ${formatTime(us)} in total (cpu.stat). Latencies include that time. Raise the quota, or run fewer processes.`,
  'listen-overflow': ({ count }: { count: Amount }) =>
    `The backlog of a listening socket overflowed ${counted(count, 'time')} (TcpExt: ListenOverflows), and the affected handshakes took 1 s or 3 s longer. Lower --ramp, or raise net.core.somaxconn.`,
  'machine-busy': ({ share }: { share: Amount }) =>
    `The machine was ${formatShare(share)} busy with other work before the first run. Other work makes metrics vary: compare only ratios that were measured in one session.`,
  'no-process-figures': () =>
    'This system does not report the CPU time of its processes (Linux does, in /proc/<pid>/task/*/schedstat), so CPU, memory and context switches are not recorded, and the component that was the limit is unknown.',
  'recordings-missing': ({
    missing,
    of,
    generator,
    host,
  }: {
    missing: Amount;
    of: Amount;
    generator: Amount;
    host: string;
  }) =>
    `${formatCount(missing)} of ${counted(of, 'recording')} of generator ${formatCount(generator)} on ${host} did not arrive: the seconds they cover are incomplete.`,
  'slices-differ': ({ counts }: { counts: readonly { name: string; slices: Amount; totals: Amount }[] }) =>
    `The slices of the run do not add up to what the generators counted (${counts.map(({ name, slices, totals }) => `${name} ${formatCount(slices)}, not ${formatCount(totals)}`).join(', ')}), so metrics and charts do not cover the whole run.`,
};

function processes(what: string, { needed, byDefault, connections, hold }: CountFacts): string {
  return `${formatCount(needed)} ${what} are used instead of ${formatCount(byDefault)}, because there are ${counted(connections, 'connection')} and ${holdClause(hold)}.`;
}

/** Returns a clause such as `one process can hold at most 20,000 under the open-files limit of 20,480`. */
export function holdClause(hold: HoldFacts): string {
  const each = formatCount(hold.each);
  if (hold.bound === 'ports')
    return `${PROXY} has ports for only ${each} connections to each server (ip_local_port_range)`;
  const room =
    hold.bound === 'open-files'
      ? ''
      : ', assuming 2 files per connection and leaving room for an uneven spread';
  return `one process can hold at most ${each} under the open-files limit of ${formatCount(hold.openFiles)}${room}`;
}

/** Formats a number of CPUs, which is often fractional, as in `2.5`. */
function formatCpus(cpus: Amount): string {
  return typeof cpus === 'number'
    ? String(Number(cpus.toFixed(2)))
    : `${formatCpus(cpus.least)} to ${formatCpus(cpus.most)}`;
}

/** Returns instructions for making io_uring available, given the error with which the system refused it. */
export function ioUringRemedy(error: string): string {
  if (error === 'EPERM' || error === 'EACCES')
    return 'Allow io_uring with sudo sysctl -w kernel.io_uring_disabled=0. A container also needs docker run --security-opt seccomp=unconfined.';
  if (error === 'ENOMEM') return 'Allow more locked memory with ulimit -l.';
  return 'io_uring needs Linux 6.1 or later.';
}
