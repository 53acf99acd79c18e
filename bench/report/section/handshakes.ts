import type { HistogramName } from '../../model/recording.ts';
import { chartFigure } from '../figure.ts';
import { html } from '../markup.ts';
import { formatCount, formatRate, formatTime } from '../page/format.ts';
import type { BarSpec } from '../page/spec.ts';
import { table } from '../table.ts';
import type { RunView, Section, View } from '../view.ts';
import { timesTable } from './times.ts';

const PARTS: [name: HistogramName, title: string, colour: string][] = [
  ['tcp', 'TCP connect', 'series-0'],
  ['tls', 'TLS', 'series-3'],
  ['upgrade', 'HTTP upgrade', 'series-2'],
  ['handshake', 'whole', 'series-5'],
];

/** TCP connect, TLS, HTTP upgrade and the whole. */
export function handshakes({ runs }: View): Section {
  const chart = medianChart(runs);
  return {
    id: 'handshakes',
    title: 'Handshakes',
    charts: [chart],
    body: html`${table('Opening the connections', OPENING, runs.map(openingRow))}
${chartFigure(chart, 'Median of each part of the handshake', runs.map(describe).join(' '), html`How to read it: a WebSocket costs a TCP connect, with <code>wss:</code> a TLS handshake, and the HTTP upgrade that Nginx passes on to the echo server. Medians of the parts need not add up to the median of the whole. Many connections opened at once wait for each other: these are times in a crowd.`)}
${timesTable('Handshakes in full', 'Part', runs, partsOf)}`,
  };
}

const OPENING = [
  { title: 'Profile' },
  { title: 'Asked' },
  { title: 'Opened' },
  { title: 'Failed' },
  { title: 'Time to open' },
  { title: 'Connects per second' },
  { title: 'Nginx CPU per connection' },
  { title: 'Echo server CPU per connection' },
  { title: 'Generator CPU per connection' },
];

function openingRow({ name, figures }: RunView): string[] {
  const { connections, connect } = figures;
  return [
    name,
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

function medianChart(runs: readonly RunView[]): BarSpec {
  return {
    kind: 'bar',
    id: 'chart-handshakes',
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

function partsOf({ figures }: RunView) {
  return PARTS.map(([part, title]) => [title, figures.latencies[part]] as const);
}
