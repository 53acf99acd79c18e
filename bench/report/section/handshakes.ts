import { PROXY } from '../../model/proxy.ts';
import type { COMMON_HISTOGRAMS } from '../../model/recording.ts';
import type { Run } from '../../model/run.ts';
import { formatCount, formatRate, formatTime } from '../../wording/format.ts';
import { capital } from '../../wording/words.ts';
import { chartFigure } from '../chart-figure.ts';
import { table } from '../elements.ts';
import { DURATION, extremesSentence } from '../finding/extremes.ts';
import { html, type Markup } from '../markup.ts';
import type { BarSpec, ChartSpec, LineSpec } from '../page/spec.ts';
import type { FoldedSection, RunView, StepView, View } from '../view.ts';
import { SUMMARY_COLUMNS, summaryCells } from './times.ts';

const PARTS: [name: (typeof COMMON_HISTOGRAMS)[number], title: string, colour: string][] = [
  ['tcp', 'TCP connect', 'series-0'],
  ['tls', 'TLS', 'series-3'],
  ['upgrade', 'HTTP upgrade', 'series-2'],
  ['handshake', 'whole', 'series-5'],
];

/** How connections were opened. Every run opens new connections. */
export function handshakes({ steps, runs, isExternal }: View): FoldedSection {
  const parts = steps.map(stepHandshakes);
  return {
    id: 'handshakes',
    title: 'Handshakes',
    finding: connectFinding(steps[0]?.runs ?? []),
    charts: parts.flatMap(({ charts }) => charts),
    body: html`${table('Opening the connections', OPENING, runs.map(openingRow))}
<p class="how">Opening a WebSocket takes a TCP connect, a TLS handshake for <code>wss:</code>, and the HTTP upgrade${!isExternal && `, which ${PROXY} (if any) forwards to the echo server`}. Connections opened at the same time wait for each other, so these times depend on the rate at which connections are opened.</p>
${parts.map(({ body }) => body)}
<details><summary>Each part of the handshake in full</summary>
${table('Handshakes in full', TIMES, runs.flatMap(partRows))}</details>`,
  };
}

function stepHandshakes(step: StepView): { charts: ChartSpec[]; body: Markup } {
  const { runs } = step;
  const medians = medianChart(step);
  const connecting = connectingChart(step);
  const title = capital(step.step);
  return {
    charts: [connecting, medians],
    body: html`<div class="pair">
${chartFigure(connecting, `${title}: connections over time`, connectFinding(runs), 'Second 0 is the first handshake. The steeper the line, the more connections open per second. A line that flattens is waiting for something: a backlog, a limit, or CPU for TLS.')}
${chartFigure(
  medians,
  `${title}: median of each part of the handshake`,
  extremesSentence(
    'The median of the whole handshake',
    runs.map(({ name, figures }) => ({ name, value: figures.latencies.handshake?.p50 ?? null })),
    formatTime,
    DURATION,
  ),
  'The medians of the parts do not necessarily add up to the median of the whole.',
)}
</div>
`,
  };
}

function connectFinding(runs: readonly RunView[]): string {
  const levels = runs.map(({ name, figures }) => ({ name, value: figures.connect.timeToOpenUs }));
  return extremesSentence('The time to open all connections', levels, formatTime, DURATION);
}

/**
 * Chart of the number of open connections, from the first handshake on. It is separate from the charts of the
 * load, because connecting may take far longer than the load.
 */
function connectingChart({ step, runs }: StepView): LineSpec {
  return {
    kind: 'line',
    id: `chart-connecting-${step}`,
    x: {
      title: 'seconds since the first handshake',
      unit: 'seconds',
      min: 0,
      max: Math.max(
        1,
        ...runs.flatMap(({ connecting, run }) =>
          connecting.map(({ endUs }) => Math.ceil(endUs / 1e6 - connectStart(run))),
        ),
      ),
    },
    y: { title: 'connections open', unit: 'count', min: 0 },
    series: runs.map(({ name, colour, pattern, connecting, run }) => ({
      label: name,
      colour,
      pattern,
      points: [
        { x: 0, y: 0 },
        ...connecting.map(({ endUs, open }) => ({
          x: Math.round((endUs / 1e6 - connectStart(run)) * 100) / 100,
          y: open,
        })),
      ],
    })),
  };
}

function connectStart({ phases }: Run): number {
  return (phases.find(({ phase }) => phase === 'connect')?.startUs ?? 0) / 1e6;
}

const OPENING = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Requested' },
  { title: 'Opened' },
  { title: 'Failed' },
  { title: 'Time to open' },
  { title: 'Connects per second' },
  { title: `${PROXY} CPU per connection`, optional: true },
  { title: 'Echo server CPU per connection', optional: true },
  { title: 'Generator CPU per connection' },
];

function openingRow({ name, step, figures }: RunView): string[] {
  const { connections, connect } = figures;
  return [
    name,
    step,
    formatCount(connections.asked),
    formatCount(connections.opened),
    formatCount(connections.failed),
    formatTime(connect.timeToOpenUs),
    formatRate(connect.perSecond),
    formatTime(connect.cpuUsPerConnection.proxy),
    formatTime(connect.cpuUsPerConnection.server),
    formatTime(connect.cpuUsPerConnection.generator),
  ];
}

function medianChart({ step, runs }: StepView): BarSpec {
  return {
    kind: 'bar',
    id: `chart-handshakes-${step}`,
    x: { title: 'median', unit: 'time', min: 0 },
    y: { title: '', unit: 'name' },
    names: runs.map(({ name }) => name),
    stacked: false,
    series: PARTS.map(([part, label, colour]) => ({
      label,
      colour,
      values: runs.map(({ figures }) => figures.latencies[part]?.p50 ?? null),
    })),
  };
}

const TIMES = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Part', text: true },
  ...SUMMARY_COLUMNS,
];

function partRows({ name, step, figures }: RunView): string[][] {
  return PARTS.flatMap(([part, title]) => {
    const times = figures.latencies[part];
    return times === null || times.count === 0 ? [] : [[name, step, title, ...summaryCells(times)]];
  });
}
