import { type ByComponent, MEASURED, type ProcessFigures } from '../../measure/processes.ts';
import { chartFigure } from '../figure.ts';
import { type Content, html } from '../markup.ts';
import { formatBytes, formatCount, formatShare, formatShort, formatTime } from '../page/format.ts';
import type { BarSpec, Unit } from '../page/spec.ts';
import { table, withBar } from '../table.ts';
import type { RunView, Section, View } from '../view.ts';

const NAMES: Record<keyof ByComponent, string> = {
  nginx: 'Nginx',
  server: 'Echo server',
  generator: 'Generator',
};

/** CPU and memory, by component and process by process. */
export function cost({ runs }: View): Section {
  const cpu = componentChart(
    runs,
    'chart-cpu',
    'CPU per message',
    'time',
    ({ figures }) => figures.cpuUsPerMessage,
  );
  const memory = componentChart(
    runs,
    'chart-memory',
    'resident memory per connection',
    'bytes',
    ({ figures }) => figures.memoryPerConnectionBytes,
  );
  return {
    id: 'cost',
    title: 'CPU and memory',
    charts: [cpu, memory],
    body: html`<div class="pair">
${chartFigure(
  cpu,
  'CPU per message, by component',
  words(runs, formatTime, ({ figures }) => figures.cpuUsPerMessage),
  html`CPU that a component used in the steady phase ÷ messages echoed in it. Steadier than any latency on a noisy machine: the figure to compare configurations by.`,
)}
${chartFigure(
  memory,
  'Memory per connection, by component',
  words(runs, formatBytes, ({ figures }) => figures.memoryPerConnectionBytes),
  html`Growth of resident memory while the connections opened ÷ connections opened. Buffers of the kernel are not in it.`,
)}
</div>
${table('CPU per message and memory per connection', COMPONENT_COLUMNS, runs.map(componentRow))}
${table('Process by process, in the steady phase', PROCESS_COLUMNS, runs.flatMap(processRows))}
<p class="how">A CPU share of 100 % is one core. An event loop that is busy more than about 85 % of the time answers late by itself; a generator like that makes the run suspect.</p>`,
  };
}

function componentChart(
  runs: readonly RunView[],
  id: string,
  title: string,
  unit: Unit,
  figures: (view: RunView) => ByComponent,
): BarSpec {
  return {
    kind: 'bar',
    id,
    x: { title, unit, min: 0 },
    y: { title: '', unit: 'name' },
    names: runs.map(({ name }) => name),
    stacked: true,
    series: MEASURED.map((component) => ({
      label: NAMES[component],
      colour: `component-${component}`,
      values: runs.map((view) => figures(view)[component]),
    })),
  };
}

function words(
  runs: readonly RunView[],
  format: (figure: number | null) => string,
  figures: (view: RunView) => ByComponent,
): string {
  return runs
    .map((view) => {
      const told = MEASURED.map((component) => `${NAMES[component]} ${format(figures(view)[component])}`);
      return `${view.name}: ${told.join(', ')}.`;
    })
    .join(' ');
}

const COMPONENT_COLUMNS = [
  { title: 'Profile' },
  { title: 'Nginx CPU per message' },
  { title: 'Echo server CPU per message' },
  { title: 'Generator CPU per message' },
  { title: 'Nginx memory per connection' },
  { title: 'Echo server memory per connection' },
  { title: 'Generator memory per connection' },
];

function componentRow({ name, figures }: RunView): string[] {
  return [
    name,
    ...MEASURED.map((component) => formatTime(figures.cpuUsPerMessage[component])),
    ...MEASURED.map((component) => formatBytes(figures.memoryPerConnectionBytes[component])),
  ];
}

const PROCESS_COLUMNS = [
  { title: 'Process' },
  { title: 'Profile', text: true },
  { title: 'CPU share of a core' },
  { title: 'Resident memory' },
  { title: 'Voluntary switches per second' },
  { title: 'Involuntary switches per second' },
  { title: 'Event loop busy' },
  { title: 'Longest loop delay' },
];

function processRows({ name, figures }: RunView): Content[][] {
  return figures.processes.map((process: ProcessFigures) => [
    process.name,
    name,
    withBar(formatShare(process.cpuShare), process.cpuShare),
    formatBytes(process.residentBytes),
    formatShort(process.voluntarySwitchesPerSecond),
    formatShort(process.involuntarySwitchesPerSecond),
    formatShare(process.loopUtilisation),
    process.loopDelayMaxUs === null ? formatCount(null) : formatTime(process.loopDelayMaxUs),
  ]);
}
