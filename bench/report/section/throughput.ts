import { capacitySentence, formatCapacity } from '../answer.ts';
import { badge } from '../badge.ts';
import { chartFigure } from '../figure.ts';
import { levelsSentence } from '../finding/levels.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { formatBytes, formatCount, formatRate, formatShare, formatTime, NOTHING } from '../page/format.ts';
import type { BarSpec } from '../page/spec.ts';
import { placementNotice } from '../placement.ts';
import { table } from '../table.ts';
import { LIMIT_NAMES } from '../verdict.ts';
import type { FoldedSection, RunView, StepView, View } from '../view.ts';
import { noticeList } from './notices.ts';
import { timesTable } from './times.ts';

/** How much each variant carried in a closed loop, and what a core of Nginx carries. */
export function throughput({ steps, result }: View): FoldedSection {
  const step = steps.find((each) => each.step === 'throughput');
  // That of several variants stands in the summary.
  const single = step?.runs.length === 1 ? carriedFigure(step.runs) : null;
  const why = result.plan.steps.includes('throughput')
    ? 'This bench did not come to it.'
    : 'Left out: this bench did the step latency alone.';
  return {
    id: 'throughput',
    title: 'Throughput',
    finding: step === undefined ? why : paceFinding(step.runs),
    charts: single === null ? [] : [single.chart],
    body: step === undefined ? null : bodyOf(step, single?.figure),
  };
}

/** What set the pace, and of whom. */
function paceFinding(runs: readonly RunView[]): string {
  const names = new Map<string, string[]>();
  for (const { name, run } of runs) {
    const { component } = run.validity.limit;
    const limit = component === 'none' ? 'no single component' : LIMIT_NAMES[component];
    names.set(limit, [...(names.get(limit) ?? []), name]);
  }
  return `What set the pace: ${[...names].map(([limit, those]) => `${limit} (${those.join(', ')})`).join('; ')}.`;
}

/** Messages per second: of several variants the first of the two main charts. */
export function carriedFigure(runs: readonly RunView[]): { chart: BarSpec; figure: Markup } {
  const chart = carriedChart(runs);
  return {
    chart,
    figure: chartFigure(
      chart,
      'Messages per second',
      carriedFinding(runs),
      html`The first bar is what was carried, the second what one core of Nginx carries. Where something other than Nginx set the pace, the first says as much about that as about Nginx.`,
    ),
  };
}

function bodyOf(step: StepView, figure: Markup | undefined): Markup {
  const { runs } = step;
  const placement = placementNotice(step);
  const capacities = runs.map((view) => ({ name: view.name, told: capacitySentence(view) }));
  return html`<p>A closed loop: a connection sends its next message when the echo of the last has come, so that the load grows until something is at its limit.</p>
${placement && noticeList([{ what: placement, whose: '' }])}
${table('What each variant carried', COLUMNS, runs.map(rowOf))}
${figure}
<ul class="plain">${capacities.map(
    ({ name, told }) =>
      told !== '' &&
      html`<li><strong>${name}</strong>: ${told}</li>
`,
  )}</ul>
<p class="how">Per-core capacity is messages a second ÷ the share of a core that the workers of Nginx used: what they would carry if nothing else were in the way. It is a lower bound, for CPU per message falls as a loop fills up; measured, where Nginx was the limit.</p>
${closedLoopTimes(runs)}`;
}

/** This is not latency: a closed loop's times follow from its connections and its rate, whatever is in between. */
function closedLoopTimes(runs: readonly RunView[]): Markup {
  return html`<details><summary>Service time in the closed loop (connections ÷ rate)</summary>
<p>This is no latency. Every connection waits for its echo before it sends again, so a message takes on average as long as the messages that are under way ÷ the rate, whatever stands between (Little’s law): a faster Nginx with more connections has a longer one. How fast a variant answers is told by the step latency.</p>
${table('Connections ÷ rate', LITTLE, runs.map(littleRow))}
${timesTable('Service time in the closed loop, in full', 'Time', runs, ({ figures }) => [['service', figures.latencies.service]])}
</details>`;
}

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Validity', text: true },
  { title: 'Connections' },
  { title: 'Messages per second' },
  { title: 'Over the undisturbed seconds' },
  { title: 'Disturbed seconds' },
  { title: 'Set the pace', text: true },
  { title: 'Per core of Nginx' },
  { title: 'Bytes sent per second' },
  { title: 'Bytes received per second' },
  { title: 'CPU of Nginx' },
];

function rowOf(view: RunView): Content[] {
  const { run, figures } = view;
  const { disturbed, undisturbed, perCoreCapacity, messages, bytes } = figures;
  return [
    view.name,
    badge(view),
    formatCount(figures.connections.opened),
    formatCount(messages.perSecond),
    formatCount(undisturbed?.perSecond),
    disturbed === null ? 'not known' : `${formatCount(disturbed.seconds)} of ${formatCount(disturbed.of)}`,
    LIMIT_NAMES[run.validity.limit.component],
    formatCapacity(perCoreCapacity),
    formatBytes(bytes.sentPerSecond),
    formatBytes(bytes.receivedPerSecond),
    perCoreCapacity === null ? NOTHING : formatShare((messages.perSecond ?? 0) / perCoreCapacity.perSecond),
  ];
}

function carriedChart(runs: readonly RunView[]): BarSpec {
  return {
    kind: 'bar',
    id: 'chart-carried',
    x: { title: 'messages per second', unit: 'rate', min: 0 },
    y: { title: '', unit: 'name' },
    names: runs.map(({ name }) => name),
    stacked: false,
    series: [
      {
        label: 'carried',
        colour: 'series-0',
        values: runs.map(({ figures }) => figures.messages.perSecond),
      },
      {
        label: 'per core of Nginx',
        colour: 'component-proxy',
        values: runs.map(({ figures }) => figures.perCoreCapacity?.perSecond ?? null),
      },
    ],
  };
}

/** Which variant carried the most and which the least, and whose throughput was not set by Nginx. */
function carriedFinding(runs: readonly RunView[]): string {
  const levels = runs.map(({ name, figures }) => ({ name, value: figures.messages.perSecond }));
  const others = runs.filter(({ run }) => run.proxy !== null && run.validity.limit.component !== 'proxy');
  const told =
    others.length === 0
      ? ''
      : ` Something other than Nginx set the pace of ${others.map(({ name }) => name).join(', ')}.`;
  return `${levelsSentence('Throughput', levels, formatRate)}${told}`;
}

const LITTLE = [
  { title: 'Variant' },
  { title: 'Connections' },
  { title: 'In flight each' },
  { title: 'Messages per second' },
  { title: 'Connections × in flight ÷ rate' },
  { title: 'Mean service time' },
];

function littleRow({ name, run, figures }: RunView): string[] {
  const { load } = run.plan.workload;
  const inFlight = load.kind === 'closed' ? load.inFlight : null;
  const { perSecond } = figures.messages;
  const { opened } = figures.connections;
  return [
    name,
    formatCount(opened),
    formatCount(inFlight),
    formatCount(perSecond),
    inFlight === null || perSecond === null || perSecond === 0
      ? NOTHING
      : formatTime((opened * inFlight * 1e6) / perSecond),
    formatTime(figures.latencies.service?.mean),
  ];
}
