import { type ByComponent, isProxyObserved, type ProcessFigures } from '../../measure/processes.ts';
import { PROXY } from '../../model/proxy.ts';
import { MEASURED } from '../../model/run.ts';
import { formatBytes, formatShare, formatShort, formatTime } from '../../wording/format.ts';
import { capital } from '../../wording/words.ts';
import { bytesAxis } from '../axis.ts';
import { chartFigure } from '../chart-figure.ts';
import { table, withBar } from '../elements.ts';
import { extremesSentence, type VariantFigure } from '../finding/extremes.ts';
import { type Content, html, type Markup } from '../markup.ts';
import type { AxisSpec, BarSpec } from '../page/spec.ts';
import type { FoldedSection, RunView, StepView, View } from '../view.ts';

const NAMES: Record<keyof ByComponent, string> = {
  proxy: PROXY,
  server: 'Echo server',
  generator: 'Generator',
};

/** CPU and memory, by component and by process. */
export function cost({ steps, runs }: View): FoldedSection {
  const parts = steps.map(stepCost);
  return {
    id: 'cost',
    title: 'CPU and memory',
    finding: cpuFinding(steps[0]?.runs ?? []),
    charts: parts.flatMap(({ charts }) => charts),
    body: html`<p>CPU per message is the CPU time that a component used in the steady phase ÷ the messages echoed in it. On a noisy machine it varies less than any latency, so it is the best metric for comparing configurations. It includes the CPU time for which a generator spins to keep its schedule. Memory per connection is the growth in resident memory while the connections were opened ÷ the number of connections; kernel buffers are not included.</p>
${parts.map(({ body }) => body)}
${table('CPU per message and memory per connection', COMPONENT_COLUMNS, runs.map(componentRow))}
${processDetails(runs)}`,
  };
}

/** The resource usage of every process, initially collapsed. */
export function processDetails(runs: readonly RunView[]): Markup {
  return html`<details><summary>Process by process</summary>
${table('Every process in the steady phase', PROCESS_COLUMNS, runs.flatMap(processRows))}
<p class="how">A CPU share of 100 % is one core. An event loop that is more than about 85 % busy delays its own answers; if it is the generator’s, the run is suspect.</p>
</details>`;
}

/** Charts of one step. Each step has separate charts, because the cost of a message depends on the load. */
function stepCost({ step, runs }: StepView): { charts: BarSpec[]; body: Markup } {
  const cpu = componentChart(
    runs,
    `chart-cpu-${step}`,
    { title: 'CPU per message', unit: 'time', min: 0 },
    ({ figures }) => figures.cpuUsPerMessage,
  );
  const memory = componentChart(
    runs,
    `chart-memory-${step}`,
    bytesAxis('resident memory per connection', 'bytes', mostMemory(runs)),
    ({ figures }) => figures.memoryPerConnectionBytes,
  );
  const busiest = busiestChart(runs, `chart-busiest-${step}`);
  return {
    charts: [cpu, memory, busiest],
    body: html`<h3 class="step">${capital(step)}</h3>
<div class="pair">
${chartFigure(
  cpu,
  `${capital(step)}: CPU per message, by component`,
  cpuFinding(runs),
  'Each bar is the CPU cost of one message and its echo, by component. For a spinning generator it includes the time spent waiting.',
)}
${chartFigure(
  memory,
  `${capital(step)}: memory per connection, by component`,
  levelsSentence(
    'memory per connection',
    runs,
    ({ figures }) => figures.memoryPerConnectionBytes,
    formatBytes,
  ),
  'Each bar is the memory of a connection that is open and has not sent anything yet, by component.',
)}
</div>
${chartFigure(busiest, `${capital(step)}: share of a core of the busiest process of each component`, busiestFinding(runs), 'A process at 100 % uses a whole core and cannot go faster, so its component limits the run. If that is the generator, the run says little about anything else.')}
`,
  };
}

/** Returns the highest memory per connection of any run, in bytes, summed over the components. */
function mostMemory(runs: readonly RunView[]): number {
  const wholes = runs.map(({ figures }) =>
    Object.values(figures.memoryPerConnectionBytes).reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
  );
  return Math.max(...wholes);
}

/** A bar for each run, with one part for each component that has a figure. */
export function componentChart(
  runs: readonly RunView[],
  id: string,
  x: AxisSpec,
  figures: (view: RunView) => ByComponent,
): BarSpec {
  return {
    kind: 'bar',
    id,
    x,
    y: { title: '', unit: 'name' },
    names: runs.map(({ name }) => name),
    stacked: true,
    series: measuredIn(runs, figures).map((component) => ({
      label: NAMES[component],
      colour: `component-${component}`,
      values: runs.map((view) => figures(view)[component]),
    })),
  };
}

function measuredIn(runs: readonly RunView[], figures: (view: RunView) => ByComponent) {
  return MEASURED.filter((component) => runs.some((view) => figures(view)[component] !== null));
}

function cpuFinding(runs: readonly RunView[]): string {
  return levelsSentence('CPU per message', runs, ({ figures }) => figures.cpuUsPerMessage, formatTime);
}

/** Compares the variants by Nginx's figure. Without Nginx, the first component that has a figure is used. */
export function levelsSentence(
  what: string,
  runs: readonly RunView[],
  figures: (view: RunView) => ByComponent,
  format: (value: number) => string,
): string {
  const isProxied = runs.some(({ run }) => isProxyObserved(run));
  const component = isProxied ? 'proxy' : (measuredIn(runs, figures)[0] ?? 'generator');
  const levels = runs.map((view): VariantFigure => ({ name: view.name, value: figures(view)[component] }));
  return extremesSentence(`${NAMES[component]} ${what}`, levels, format);
}

/** Names the busiest process. A spinning generator is excluded, because it always uses a whole core. */
function busiestFinding(runs: readonly RunView[]): string {
  const all = runs.flatMap((view) => {
    const shares = busiestOf(view);
    const spins = view.run.plan.pacing === 'spin';
    return MEASURED.filter((component) => !(spins && component === 'generator')).map((component) => ({
      whose: `${component === 'proxy' ? PROXY : component === 'server' ? 'the echo server' : 'the generator'} of ${view.name}`,
      share: shares[component] ?? 0,
    }));
  });
  const [first] = all.toSorted((a, b) => b.share - a.share);
  if (first === undefined || first.share === 0) return 'No CPU was measured.';
  const spinning = runs.some(({ run }) => run.plan.pacing === 'spin')
    ? ' (not counting spinning generators)'
    : '';
  return `The busiest process was ${first.whose}, at ${formatShare(first.share)} of a core${spinning}.`;
}

/**
 * For each component, the CPU utilisation of the process that used the most CPU in the steady phase. The
 * Nginx master is idle in that phase.
 */
function busiestOf({ figures }: RunView): ByComponent {
  const most = (component: keyof ByComponent): number | null =>
    figures.processes
      .filter((process) => process.component === component)
      .reduce<number | null>(
        (highest, { cpuShare }) => (cpuShare === null ? highest : Math.max(highest ?? 0, cpuShare)),
        null,
      );
  return { proxy: most('proxy'), server: most('server'), generator: most('generator') };
}

function busiestChart(runs: readonly RunView[], id: string): BarSpec {
  const shares = runs.flatMap((view) => Object.values(busiestOf(view)).map((share) => share ?? 0));
  const chart = componentChart(
    runs,
    id,
    { title: 'share of a core', unit: 'share', min: 0, max: Math.max(1, ...shares) },
    busiestOf,
  );
  return { ...chart, stacked: false };
}

const COMPONENT_COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: `${PROXY} CPU per message`, optional: true },
  { title: 'Echo server CPU per message', optional: true },
  { title: 'Generator CPU per message' },
  { title: `${PROXY} memory per connection`, optional: true },
  { title: 'Echo server memory per connection', optional: true },
  { title: 'Generator memory per connection' },
];

function componentRow({ name, step, figures }: RunView): string[] {
  return [
    name,
    step,
    ...MEASURED.map((component) => formatTime(figures.cpuUsPerMessage[component])),
    ...MEASURED.map((component) => formatBytes(figures.memoryPerConnectionBytes[component])),
  ];
}

const PROCESS_COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Process', text: true },
  { title: 'CPU share of a core' },
  { title: 'Resident memory' },
  { title: 'Voluntary switches per second' },
  { title: 'Involuntary switches per second' },
  { title: 'Event loop busy' },
  { title: 'Longest loop delay' },
];

function processRows({ name, step, figures }: RunView): Content[][] {
  return figures.processes.map((process: ProcessFigures) => [
    name,
    step,
    process.name,
    withBar(formatShare(process.cpuShare), process.cpuShare),
    formatBytes(process.residentBytes),
    formatShort(process.voluntarySwitchesPerSecond),
    formatShort(process.involuntarySwitchesPerSecond),
    formatShare(process.loopUtilisation),
    formatTime(process.loopDelayMaxUs),
  ]);
}
