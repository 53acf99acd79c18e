import type { HostFigures } from '../../measure/hosts.ts';
import { formatCount, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

/** The hosts that generated the load, if agents did. */
export function hosts({ runs }: View): FoldedSection {
  const names = new Set(runs.flatMap(({ figures }) => figures.hosts.map(({ name }) => name)));
  return {
    id: 'hosts',
    title: 'Generator hosts',
    finding: `The load came from ${counted(names.size, 'host')}: ${[...names].join(', ')}.`,
    charts: [],
    body: html`${table('What each host contributed', COLUMNS, runs.flatMap(rowsOf))}
<p class="how">Response and service times are measured with the clock of one host, so differences between clocks do not affect them. The clock error is half of the shortest round trip between runner and host: phases begin and end at most that far apart on different hosts, plus the drift.</p>`,
  };
}

/** Whether agents generated the load of any run. */
export function hasHosts(runs: readonly Pick<RunView['run'], 'hosts'>[]): boolean {
  return runs.some((run) => (run.hosts ?? []).length > 0);
}

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Host', text: true },
  { title: 'Processes' },
  { title: 'Connections' },
  { title: 'Share of messages' },
  { title: 'Send lag p50' },
  { title: 'Send lag p99' },
  { title: 'CPUs used' },
  { title: 'Clock error' },
  { title: 'Clock drift' },
];

function rowsOf({ name, step, figures }: RunView): string[][] {
  return figures.hosts.map((host) => [name, step, ...cellsOf(host)]);
}

function cellsOf({ name, cpus, workers, connections, share, sendLag, cpu, clock }: HostFigures): string[] {
  return [
    name,
    formatCount(workers),
    formatCount(connections),
    share.messages === null ? NOTHING : formatShare(share.messages),
    formatTime(sendLag?.p50 ?? null),
    formatTime(sendLag?.p99 ?? null),
    cpu === null ? NOTHING : `${cpu.toFixed(2)} of ${cpus}`,
    `±${formatTime(clock.errorUs)}`,
    clock.driftUs === null ? NOTHING : formatTime(Math.abs(clock.driftUs)),
  ];
}
