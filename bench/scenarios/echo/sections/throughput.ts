import { ratio } from '../../../measure/arithmetic.ts';
import { isProxyObserved } from '../../../measure/processes.ts';
import { PROXY } from '../../../model/proxy.ts';
import { chartFigure } from '../../../report/chart-figure.ts';
import { runBadge, table } from '../../../report/elements.ts';
import { extremesSentence } from '../../../report/finding/extremes.ts';
import { type Content, html, type Markup } from '../../../report/markup.ts';
import type { BarSpec } from '../../../report/page/spec.ts';
import { placementNotice } from '../../../report/placement.ts';
import { noticeList } from '../../../report/section/notices.ts';
import { timesTable } from '../../../report/section/times.ts';
import { limitName } from '../../../report/verdict.ts';
import type { FoldedSection, RunView, StepView, View } from '../../../report/view.ts';
import {
  formatBytes,
  formatCount,
  formatRate,
  formatShare,
  formatTime,
  NOTHING,
} from '../../../wording/format.ts';
import { listed } from '../../../wording/words.ts';
import { capacitySentence, formatCapacity } from './sentences.ts';

/** Throughput of each variant in a closed loop, and per-core capacity of Nginx. */
export function throughput({ steps, result }: View): FoldedSection {
  const step = steps.find((each) => each.step === 'throughput');
  // If there are several variants, the chart is in the summary.
  const single = step?.runs.length === 1 ? carriedFigure(step.runs) : null;
  const why = result.plan.steps.includes('throughput')
    ? 'The bench was interrupted before the throughput step.'
    : 'Not measured: this bench only ran the latency step.';
  return {
    id: 'throughput',
    title: 'Throughput',
    finding: step === undefined ? why : paceFinding(step.runs),
    charts: single === null ? [] : [single.chart],
    body: step === undefined ? null : bodyOf(step, single?.figure),
  };
}

/** States what limited each variant. */
function paceFinding(runs: readonly RunView[]): string {
  const names = new Map<string, string[]>();
  for (const { name, run } of runs) {
    const named = limitName(run);
    const limit = named === 'none' ? 'no single component' : named;
    names.set(limit, [...(names.get(limit) ?? []), name]);
  }
  return `Limited by: ${[...names].map(([limit, those]) => `${limit} (${those.join(', ')})`).join('; ')}.`;
}

/**
 * Chart of messages per second; if there are several variants, it is one of the two main charts in the
 * summary.
 */
export function carriedFigure(runs: readonly RunView[]): { chart: BarSpec; figure: Markup } {
  const chart = carriedChart(runs);
  return {
    chart,
    figure: chartFigure(
      chart,
      'Messages per second',
      carriedFinding(runs),
      hasCapacity(runs)
        ? `The first bar is the throughput, the second the throughput per core of ${PROXY}. If something other than ${PROXY} was the limit, the first bar shows that limit, and ${PROXY} may be able to carry more.`
        : 'Each bar is the throughput, which is limited by the slowest part of the whole chain.',
    ),
  };
}

function bodyOf(step: StepView, figure: Markup | undefined): Markup {
  const { runs } = step;
  const placement = placementNotice(step);
  const capacities = runs.map((view) => ({ name: view.name, sentence: capacitySentence(view) }));
  return html`<p>Closed loop: each connection sends its next message when the echo of the last one has arrived, so the load grows until something reaches its limit.</p>
${placement && noticeList([{ what: placement, whose: '' }])}
${table('Throughput by variant', COLUMNS, runs.map(rowOf))}
${figure}
<ul class="plain">${capacities.map(
    ({ name, sentence }) =>
      sentence !== '' &&
      html`<li><strong>${name}</strong>: ${sentence}</li>
`,
  )}</ul>
${hasCapacity(runs) && html`<p class="how">Per-core capacity is messages per second ÷ the share of a core that the ${PROXY} workers used: the throughput of one core if nothing else were the limit. It is a lower bound, because CPU per message falls as an event loop gets busier; it is marked as measured if ${PROXY} was the limit.</p>`}
${closedLoopTimes(runs)}`;
}

/**
 * Message times of a closed loop. They are not latency, because they follow from the number of connections
 * and the rate.
 */
function closedLoopTimes(runs: readonly RunView[]): Markup {
  return html`<details><summary>Service time in the closed loop (connections ÷ rate)</summary>
<p>This is not latency. Every connection waits for its echo before it sends again, so the mean time per message is the number of messages in flight ÷ the rate, whatever is in between (Little’s law): a faster system with more connections has longer times. The latency step measures how fast a variant answers.</p>
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
  { title: 'Limited by', text: true },
  { title: `Per core of ${PROXY}`, optional: true },
  { title: 'Bytes sent per second' },
  { title: 'Bytes received per second' },
  { title: `${PROXY} CPU`, optional: true },
];

function rowOf(view: RunView): Content[] {
  const { run, figures } = view;
  const { disturbed, undisturbed, perCoreCapacity, messages, bytes } = figures;
  return [
    view.name,
    runBadge(view),
    formatCount(figures.connections.opened),
    formatCount(messages.perSecond),
    formatCount(undisturbed?.perSecond),
    disturbed === null ? 'unknown' : `${formatCount(disturbed.seconds)} of ${formatCount(disturbed.of)}`,
    limitName(run),
    formatCapacity(perCoreCapacity),
    formatBytes(bytes.sentPerSecond),
    formatBytes(bytes.receivedPerSecond),
    perCoreCapacity === null ? NOTHING : formatShare((messages.perSecond ?? 0) / perCoreCapacity.perSecond),
  ];
}

function hasCapacity(runs: readonly RunView[]): boolean {
  return runs.some(({ figures }) => figures.perCoreCapacity !== null);
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
      ...(hasCapacity(runs)
        ? [
            {
              label: `per core of ${PROXY}`,
              colour: 'component-proxy',
              values: runs.map(({ figures }) => figures.perCoreCapacity?.perSecond ?? null),
            },
          ]
        : []),
    ],
  };
}

/**
 * Names the variants with the highest and the lowest throughput, and the variants that Nginx did not limit.
 */
function carriedFinding(runs: readonly RunView[]): string {
  const levels = runs.map(({ name, figures }) => ({ name, value: figures.messages.perSecond }));
  const others = runs.filter(({ run }) => isProxyObserved(run) && run.validity.limit.component !== 'proxy');
  const limited =
    others.length === 0
      ? ''
      : ` Something other than ${PROXY} limited ${listed(others.map(({ name }) => name))}.`;
  return `${extremesSentence('Throughput', levels, formatRate)}${limited}`;
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
  const inFlight = load?.kind === 'closed' ? load.inFlight : Number.NaN;
  const { perSecond } = figures.messages;
  const { opened } = figures.connections;
  return [
    name,
    formatCount(opened),
    formatCount(inFlight),
    formatCount(perSecond),
    formatTime(ratio(opened * inFlight * 1e6, perSecond ?? 0)),
    formatTime(figures.latencies.service?.mean),
  ];
}
