import type { HostFigures } from '../../measure/hosts.ts';
import { formatBytes, formatCount, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

/** The hosts whose agents took part: those that generated the load, and those that ran Nginx or the echo servers. */
export function hosts({ runs }: View): FoldedSection {
  const all = runs.flatMap(({ figures }) => figures.hosts);
  const namesOf = (role: HostFigures['role']) => [
    ...new Set(all.filter((each) => each.role === role).map(({ name }) => name)),
  ];
  const [generators, proxies, servers] = [namesOf('generator'), namesOf('proxy'), namesOf('server')];
  const finding = [
    ...(generators.length === 0
      ? []
      : [`The load came from ${counted(generators.length, 'host')}: ${generators.join(', ')}.`]),
    ...(proxies.length === 0
      ? []
      : [`Nginx was observed on its own host by the agent ${proxies.join(', ')}.`]),
    ...(servers.length === 0 ? [] : [`The echo servers were on ${servers.join(', ')}.`]),
  ];
  return {
    id: 'hosts',
    title: 'Hosts',
    finding: finding.join(' '),
    charts: [],
    body: html`${
      generators.length > 0 &&
      table('What each generator host contributed', LOAD_COLUMNS, runs.flatMap(loadRows))
    }
${table('The machines', MACHINE_COLUMNS, runs.flatMap(machineRows))}
<p class="how">Response and service times are measured with the clock of one host, so differences between clocks do not affect them. The clock error is half of the shortest round trip between runner and host: phases begin and end at most that far apart on different hosts, plus the drift. CPUs used: by the processes of the run. Total CPU use: by all processes on the host, as a share of the time of these CPUs.</p>`,
  };
}

/** Whether agents took part in any run. */
export function hasHosts(runs: readonly Pick<RunView['run'], 'hosts'>[]): boolean {
  return runs.some((run) => (run.hosts ?? []).length > 0);
}

const OF_RUN = [{ title: 'Variant' }, { title: 'Step', text: true }, { title: 'Host', text: true }];

const LOAD_COLUMNS = [
  ...OF_RUN,
  { title: 'Processes' },
  { title: 'Connections' },
  { title: 'Share of messages' },
  { title: 'Send lag p50' },
  { title: 'Send lag p99' },
];

function loadRows({ name, step, figures }: RunView): string[][] {
  return figures.hosts
    .filter(({ role }) => role === 'generator')
    .map((host) => [
      name,
      step,
      host.name,
      formatCount(host.workers),
      formatCount(host.connections),
      formatShare(host.share.messages),
      formatTime(host.sendLag?.p50),
      formatTime(host.sendLag?.p99),
    ]);
}

const MACHINE_COLUMNS = [
  ...OF_RUN,
  { title: 'Role', text: true },
  { title: 'CPUs used' },
  { title: 'Total CPU use' },
  { title: 'CPU', text: true },
  { title: 'Memory' },
  { title: 'System', text: true },
  { title: 'Clock error' },
  { title: 'Clock drift' },
];

const ROLES: Record<HostFigures['role'], string> = {
  generator: 'generator',
  proxy: 'Nginx',
  server: 'echo servers',
};

function machineRows({ name, step, figures }: RunView): string[][] {
  return figures.hosts.map(({ role, cpus, machine, cpu, used, clock, ...host }) => [
    name,
    step,
    host.name,
    ROLES[role],
    cpu === null ? NOTHING : `${cpu.toFixed(2)} of ${cpus}`,
    formatShare(used),
    machine?.cpuModel ?? NOTHING,
    machine === null ? NOTHING : formatBytes(machine.memoryBytes),
    machine === null ? NOTHING : `${machine.os}, kernel ${machine.kernel}, ${machine.arch}`,
    `±${formatTime(clock.errorUs)}`,
    clock.driftUs === null ? NOTHING : formatTime(Math.abs(clock.driftUs)),
  ]);
}
