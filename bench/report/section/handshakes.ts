import type { HistogramName } from '../../model/recording.ts';
import { chartFigure } from '../figure.ts';
import { html } from '../markup.ts';
import { formatCount, formatRate, formatTime } from '../page/format.ts';
import type { BarSpec } from '../page/spec.ts';
import { table } from '../table.ts';
import type { RunView, Section, StepView, View } from '../view.ts';
import { capital } from '../words.ts';
import { SUMMARY_COLUMNS, summaryCells } from './times.ts';

const PARTS: [name: HistogramName, title: string, colour: string][] = [
  ['tcp', 'TCP connect', 'series-0'],
  ['tls', 'TLS', 'series-3'],
  ['upgrade', 'HTTP upgrade', 'series-2'],
  ['handshake', 'whole', 'series-5'],
];

/** TCP connect, TLS, HTTP upgrade and the whole; the connections of every run are opened anew. */
export function handshakes({ steps, runs }: View): Section {
  const charts = steps.map(medianChart);
  return {
    id: 'handshakes',
    title: 'Handshakes',
    charts,
    body: html`${table('Opening the connections', OPENING, runs.map(openingRow))}
<div class="pair">${steps.map((step, index) => {
      const chart = charts[index];
      return (
        chart &&
        chartFigure(
          chart,
          `${capital(step.step)}: median of each part of the handshake`,
          step.runs.map(describe).join(' '),
          null,
        )
      );
    })}</div>
<p class="how">A WebSocket costs a TCP connect, with <code>wss:</code> a TLS handshake, and the HTTP upgrade that Nginx passes on to the echo server. Medians of the parts need not add up to the median of the whole. Many connections opened at once wait for each other: these are times in a crowd.</p>
${table('Handshakes in full', TIMES, runs.flatMap(partRows))}`,
  };
}

const OPENING = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Asked' },
  { title: 'Opened' },
  { title: 'Failed' },
  { title: 'Time to open' },
  { title: 'Connects per second' },
  { title: 'Nginx CPU per connection' },
  { title: 'Echo server CPU per connection' },
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

function describe({ name, figures }: RunView): string {
  const told = PARTS.map(([part, title]) => `${title} ${formatTime(figures.latencies[part]?.p50)}`);
  return `${name}: ${told.join(', ')}; ${formatRate(figures.connect.perSecond)} connects.`;
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
