import { PROXY } from '../model/proxy.ts';
import { type Amount, formatShare, formatTime } from './format.ts';
import { counted, listed } from './words.ts';

/**
 * The contribution of one generator host. `share` is the host's share of the load, and `cpu` is the CPU usage of its
 * generator processes as a share of a core.
 */
export interface HostFacts {
  host: string;
  share: Amount | null;
  lagUs: Amount | null;
  cpu: Amount | null;
  errorUs: Amount;
}

/** Values in which a generator host differs from the others; a value that does not differ is null. */
export interface DifferingHost {
  host: string;
  /** CPU time per message of this host, and the median over the other hosts. */
  cpuUs: { own: Amount; others: Amount } | null;
  /** p99 of the send lag of this host, and the median over the other hosts. */
  lagUs: { own: Amount; others: Amount } | null;
  /** The host's share of the messages, and its share of the connections. */
  share: { own: Amount; planned: Amount } | null;
}

function hostText({ host, share, lagUs, cpu, errorUs }: HostFacts): string {
  const parts = [
    share === null ? 'no load' : `${formatShare(share)} of the load`,
    ...(lagUs === null ? [] : [`send lag p99 ${formatTime(lagUs)}`]),
    cpu === null ? 'CPU time unknown' : `generator CPU ${formatShare(cpu)} of a core`,
    `clock error ${formatTime(errorUs)}`,
  ];
  return `${host}: ${parts.join(', ')}`;
}

function differenceText({ host, cpuUs, lagUs, share }: DifferingHost): string {
  const parts = [
    ...(cpuUs === null
      ? []
      : [`used ${formatTime(cpuUs.own)} of CPU time per message (the others ${formatTime(cpuUs.others)})`]),
    ...(lagUs === null
      ? []
      : [`had a send lag p99 of ${formatTime(lagUs.own)} (the others ${formatTime(lagUs.others)})`]),
    ...(share === null
      ? []
      : [
          `sent ${formatShare(share.own)} of the messages on ${formatShare(share.planned)} of the connections`,
        ]),
  ];
  return `${host} ${listed(parts)}`;
}

/**
 * The host of a proxy that an agent observed. `cpu` is the CPU usage of the proxy as a share of a core, and
 * `used` is the share of the host's CPU time that all processes used.
 */
export interface ProxyHostFacts {
  host: string;
  cpus: Amount;
  cpuModel: string | null;
  kernel: string | null;
  workers: Amount;
  cpu: Amount | null;
  used: Amount | null;
  errorUs: Amount;
}

/** Notices about the hosts that took part in a run. */
export const HOSTS = {
  'proxy-host': ({ host, cpus, cpuModel, kernel, workers, cpu, used, errorUs }: ProxyHostFacts) => {
    const machine = [
      counted(cpus, 'CPU'),
      ...(cpuModel === null ? [] : [cpuModel]),
      ...(kernel === null ? [] : [`kernel ${kernel}`]),
    ];
    const use = [
      cpu === null
        ? 'its CPU time is unknown'
        : `${counted(workers, 'worker')} and the master used ${formatShare(cpu)} of a core`,
      ...(used === null ? [] : [`all CPUs together were ${formatShare(used)} used`]),
      `clock error ${formatTime(errorUs)}`,
    ];
    return `The agent ${host} observed ${PROXY} on the same host (${machine.join(', ')}): ${use.join(', ')}.`;
  },
  'generator-hosts': ({ hosts }: { hosts: readonly HostFacts[] }) =>
    `The load came from ${counted(hosts.length, 'host')}. ${hosts.map(hostText).join('; ')}.`,
  'hosts-differ': ({ hosts }: { hosts: readonly DifferingHost[] }) =>
    `${hosts.length === 1 ? 'A generator host differs' : 'Generator hosts differ'} from the others: ${hosts.map(differenceText).join('; ')}. The figures of this run combine all hosts, so ${hosts.length === 1 ? 'this host' : 'these hosts'} may distort them. Check what else runs there, or leave ${hosts.length === 1 ? 'it' : 'them'} out.`,
};
