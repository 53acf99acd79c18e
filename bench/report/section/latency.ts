import type { Summary } from '../../measure/histogram.ts';
import { badge } from '../badge.ts';
import { chartFigure } from '../figure.ts';
import { percentileFinding, tailFinding } from '../finding/curve.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { formatCount, formatRate, formatRough, formatTime, NOTHING } from '../page/format.ts';
import type { LineSpec } from '../page/spec.ts';
import { placementNotice } from '../placement.ts';
import { table } from '../table.ts';
import type { FoldedSection, RunView, StepView, View } from '../view.ts';
import { rateReason, sentence } from '../words.ts';
import { histogramChart, percentileChart } from './distributions.ts';
import { noticeList } from './notices.ts';
import { timesTable } from './times.ts';

/** How fast each variant was in an open loop, by percentile, as a histogram, and in full. */
export function latency(view: View): FoldedSection {
  const step = view.steps.find((each) => each.step === 'latency');
  const histogram = step && histogramChart(step.runs);
  return {
    id: 'latency',
    title: 'Latency',
    finding: step === undefined ? 'Not measured.' : tailFinding(step.runs),
    charts: histogram === undefined ? [] : [histogram],
    body: html`${step === undefined && html`<p>${whyNone(view)}</p>`}
${rateParagraphs(view, step)}
${leftOutList(view)}
${step && histogram && bodyOf(step, histogram)}`,
  };
}

/** Response time by percentile, the second of the two main charts: it stands in the summary. */
export function percentileFigure(runs: readonly RunView[]): { chart: LineSpec; figure: Markup } {
  const chart = percentileChart(runs);
  return {
    chart,
    figure: chartFigure(
      chart,
      'Response time by percentile',
      percentileFinding(runs),
      html`At 99 % stands the time within which 99 of 100 messages came back. Each step to the right is ten times rarer. A line that stays flat is a system that answers evenly; a knee is where something stalls. A line ends where fewer than ten samples stand beyond it. All seconds are in it.`,
    ),
  };
}

function whyNone({ result }: View): string {
  return result.plan.steps.includes('latency')
    ? 'This bench did not come to it.'
    : 'Left out: this bench did the step throughput alone, and what a closed loop takes for a message is no latency: it says how many are under way. An open loop (--rate) can tell.';
}

/** The rate, the reason for it, and what happened to runs at another rate. */
function rateParagraphs({ rate, runs, variants }: View, step: StepView | undefined): Content {
  const superseded = runs.filter(
    (run) => run.run.plan.step === 'latency' && !variants.some(({ latency }) => latency === run),
  );
  const told =
    rate === null
      ? step !== undefined && html`<p>${offeredOf(step)}</p>`
      : html`<p>Every variant was offered <strong>${formatCount(rate.ratePerSecond)} messages a second</strong>. Why this rate: ${rateReason(rate.reason)}</p>`;
  return html`${told}
${superseded.length > 0 && html`<p>${rate?.halved === true ? 'The rate was halved for all of them in the course of it' : 'The rate changed in the course of it'}: ${superseded.map(({ label }) => label).join('; ')} ${superseded.length === 1 ? 'is' : 'are'} superseded, and listed under <a href="#runs">all runs</a>.</p>`}`;
}

function offeredOf({ runs }: StepView): string {
  const rates = [...new Set(runs.map(({ figures }) => formatRate(figures.offered?.perSecond)))];
  return rates.length === 1
    ? `Every variant was offered ${formatRough(runs[0]?.figures.offered?.perSecond)} messages a second.`
    : `The variants were offered different rates: ${rates.join(', ')}.`;
}

function leftOutList({ variants }: View): Markup {
  return html`${variants.map(({ name, leftOut }) => leftOut !== null && html`<p class="broken">${name} was left out: ${sentence(leftOut)}</p>`)}`;
}

function bodyOf(step: StepView, histogram: LineSpec): Markup {
  const { runs } = step;
  const placement = placementNotice(step);
  return html`<p>Response time counts from the moment at which the schedule said that a message goes out, so that a stall shows in every message that it held back. Service time counts from the actual send; send lag is what lies between, and is the generator’s own.</p>
${placement && noticeList([{ what: placement, whose: '' }])}
${table('Response time', COLUMNS, runs.flatMap(rowsOf))}
<p class="how">A second is disturbed in which the host took CPU from this machine, or other work ran on it. What holds over all seconds is what happened; what holds over the undisturbed ones is what is left when these are set apart.</p>
${chartFigure(histogram, 'Histogram of the response time', tailFinding(runs), html`The height is the share of all messages that took about this long; both axes belong to all runs. Two humps mean two ways through the system.`)}
<details><summary>Response time, service time and send lag in full</summary>
${timesTable('Latencies in full', 'Time', runs, kindsOf)}</details>`;
}

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Validity', text: true },
  { title: 'Over', text: true },
  { title: 'Echoed per second' },
  { title: 'p50' },
  { title: 'p90' },
  { title: 'p99' },
  { title: 'p99.9' },
  { title: 'Max' },
  { title: 'Send lag p99' },
];

/** One row for all seconds and, if only some were disturbed, one for the others. */
function rowsOf(view: RunView): Content[][] {
  const { disturbed, undisturbed, latencies, messages } = view.figures;
  const all = [
    view.name,
    badge(view),
    overAll(disturbed),
    formatCount(messages.perSecond),
    ...cells(latencies.response, latencies.sendLag),
  ];
  if (disturbed === null || disturbed.seconds === 0) return [all];
  const calm = [
    view.name,
    '',
    `${formatCount(disturbed.of - disturbed.seconds)} undisturbed seconds`,
    formatCount(undisturbed?.perSecond),
    ...cells(undisturbed?.response ?? null, undisturbed?.sendLag ?? null),
  ];
  return [all, calm];
}

function overAll(disturbed: RunView['figures']['disturbed']): string {
  if (disturbed === null) return 'all seconds; which were disturbed is not known';
  const told = disturbed.seconds === 0 ? 'none' : formatCount(disturbed.seconds);
  return `all ${formatCount(disturbed.of)} seconds, ${told} disturbed`;
}

function cells(response: Summary | null, sendLag: Summary | null): string[] {
  if (response === null) return Array<string>(6).fill(NOTHING);
  const { p50, p90, p99, p999, max } = response;
  return [p50, p90, p99, p999, max, sendLag?.p99].map(formatTime);
}

function kindsOf({ figures: { latencies, undisturbed, disturbed } }: RunView) {
  const all = [
    ['response', latencies.response],
    ['service', latencies.service],
    ['send lag', latencies.sendLag],
  ] as const;
  if (undisturbed === null || disturbed?.seconds === 0) return all;
  return [
    ...all,
    ['response, undisturbed seconds', undisturbed.response],
    ['service, undisturbed seconds', undisturbed.service],
    ['send lag, undisturbed seconds', undisturbed.sendLag],
  ] as const;
}
