import { formatCapacity } from '../answer.ts';
import { badge } from '../badge.ts';
import { besideTime } from '../beside.ts';
import { type Content, html } from '../markup.ts';
import { formatBytes, formatCount, formatTime, NOTHING } from '../page/format.ts';
import { table } from '../table.ts';
import { LIMIT_NAMES } from '../verdict.ts';
import type { RunView, Section, VariantView, View } from '../view.ts';
import { echoedFigure } from './course.ts';
import { percentileFigure } from './latency.ts';
import { carriedFigure } from './throughput.ts';

/** One row for each variant, with both answers, and the two main charts: what one asks for first. */
export function summary({ variants, steps }: View): Section {
  const main = steps.map(({ step, runs }) => MAIN_FIGURES[step](runs));
  return {
    id: 'summary',
    title: 'Summary',
    charts: main.map(({ chart }) => chart),
    body: html`${table('The variants at a glance', COLUMNS, variants.map(rowOf))}
<p class="how">Messages a second, what set the pace, CPU and capacity are of the step throughput, response times of the step latency; CPU and memory are of the other step where there is one alone. In brackets: over the undisturbed seconds alone. ≥ stands before a capacity that is a lower bound. – stands for what was not measured, or for a percentile beyond which fewer than ten samples stand: p99.9 needs 10,000 messages.</p>
${main.map(({ figure }) => figure)}`,
  };
}

const MAIN_FIGURES = {
  /** What one variant carried the table says; whether it did so all the time it does not. */
  throughput: (runs: readonly RunView[]) => (runs.length === 1 ? echoedFigure : carriedFigure)(runs),
  latency: percentileFigure,
};

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Throughput', text: true },
  { title: 'Messages per second' },
  { title: 'Set the pace', text: true },
  { title: 'Per core of Nginx' },
  { title: 'Latency', text: true },
  { title: 'Response time p50' },
  { title: 'p99' },
  { title: 'p99.9' },
  { title: 'Nginx CPU per message' },
  { title: 'Nginx memory per connection' },
  { title: 'Failed' },
  { title: 'Lost' },
];

function rowOf({ name, throughput, latency }: VariantView): Content[] {
  const both = [throughput, latency].flatMap((view) => view?.figures ?? []);
  const [first] = both;
  const response = latency?.figures.latencies.response ?? null;
  const calm = latency?.figures.undisturbed?.response ?? null;
  const beside = (latency?.figures.disturbed?.seconds ?? 0) > 0;
  const time = (name: 'p50' | 'p99' | 'p999'): Content =>
    beside ? besideTime(response?.[name], calm?.[name]) : formatTime(response?.[name]);
  return [
    name,
    throughput === null ? NOTHING : badge(throughput),
    formatCount(throughput?.figures.messages.perSecond),
    throughput === null ? NOTHING : LIMIT_NAMES[throughput.run.validity.limit.component],
    formatCapacity(throughput?.figures.perCoreCapacity ?? null),
    latency === null ? NOTHING : badge(latency),
    time('p50'),
    time('p99'),
    time('p999'),
    formatTime(first?.cpuUsPerMessage.proxy),
    formatBytes(first?.memoryPerConnectionBytes.proxy),
    formatCount(both.reduce((sum, { connections }) => sum + connections.failed, 0)),
    formatCount(both.reduce((sum, { messages }) => sum + messages.lost, 0)),
  ];
}
