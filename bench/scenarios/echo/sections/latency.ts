import type { Summary } from '../../../measure/histogram.ts';
import { expectationOf } from '../../../model/target.ts';
import { chartFigure } from '../../../report/chart-figure.ts';
import { runBadge, table } from '../../../report/elements.ts';
import { percentileFinding, tailFinding } from '../../../report/finding/curve.ts';
import { type Content, html, type Markup } from '../../../report/markup.ts';
import type { LineSpec } from '../../../report/page/spec.ts';
import { placementNotice } from '../../../report/placement.ts';
import { histogramChart, percentileChart } from '../../../report/section/distributions.ts';
import { noticeList } from '../../../report/section/notices.ts';
import { timesTable } from '../../../report/section/times.ts';
import type { FoldedSection, RunView, StepView, View } from '../../../report/view.ts';
import { formatCount, formatRate, formatRough, formatTime, NOTHING } from '../../../wording/format.ts';

/** Latency of each variant in an open loop: by percentile, as a histogram, and as a table. */
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

/** Chart of response time by percentile, one of the two main charts in the summary. */
export function percentileFigure(runs: readonly RunView[]): { chart: LineSpec; figure: Markup } {
  const chart = percentileChart(runs);
  return {
    chart,
    figure: chartFigure(
      chart,
      'Response time by percentile',
      expectsNothing(runs)
        ? 'No answer was expected, so there are no response times.'
        : percentileFinding(runs),
      html`At 99 %, read the time within which 99 % of the messages came back. From each tick to the next, the share of slower messages falls to a tenth. A flat line means steady response times; a knee shows that something stalls. A line ends where fewer than ten samples lie beyond it. All seconds are included.`,
    ),
  };
}

/** Whether there are runs, but none of them expected answers. */
function expectsNothing(runs: readonly RunView[]): boolean {
  return runs.length > 0 && runs.every(({ run }) => expectationOf(run.plan.target) === 'none');
}

function whyNone({ result }: View): string {
  return result.plan.steps.includes('latency')
    ? 'The bench was interrupted before the latency step.'
    : 'Not measured: this bench only ran the throughput step. The time a message takes in a closed loop is not latency, because it depends on how many messages are in flight. Run the latency step to measure latency.';
}

/** States the rate, the reason for it, and how runs at another rate were treated. */
function rateParagraphs({ rate, runs, variants }: View, step: StepView | undefined): Content {
  const superseded = runs.filter(
    (run) => run.run.plan.step === 'latency' && !variants.some(({ answers }) => answers.latency === run),
  );
  const offered =
    rate === null
      ? step !== undefined && html`<p>${offeredOf(step)}</p>`
      : html`<p>Every variant was offered <strong>${formatCount(rate.ratePerSecond)} messages per second</strong>. ${rate.reason.text}</p>`;
  return html`${offered}
${superseded.length > 0 && html`<p>The rate was ${rate?.halved === true ? 'halved for all variants' : 'changed'} during the step. <a href="#runs">All runs</a> also lists ${superseded.map(({ label }) => label).join('; ')}.</p>`}`;
}

function offeredOf({ runs }: StepView): string {
  const rates = [...new Set(runs.map(({ figures }) => formatRate(figures.offered?.perSecond)))];
  return rates.length === 1
    ? `Every variant was offered ${formatRough(runs[0]?.figures.offered?.perSecond)} messages per second.`
    : `The variants were offered different rates: ${rates.join(', ')}.`;
}

function leftOutList({ variants }: View): Markup {
  return html`${variants.map(({ name, leftOut }) => leftOut !== null && html`<p class="broken">${name} was excluded. ${leftOut.text}</p>`)}`;
}

function bodyOf(step: StepView, histogram: LineSpec): Markup {
  const { runs } = step;
  const placement = placementNotice(step);
  return html`<p>Response time is measured from a message’s intended time, so a stall shows in every message that it delayed. Service time is measured from the actual send. The difference is the send lag, which is the generator’s own delay.</p>
${placement && noticeList([{ what: placement, whose: '' }])}
${table('Response time', COLUMNS, runs.flatMap(rowsOf))}
<p class="how">A second is disturbed if the host took CPU time from this machine or other work ran on it. The figures over all seconds show what happened; those over the undisturbed seconds exclude the disturbances.</p>
${chartFigure(histogram, 'Histogram of the response time', tailFinding(runs), html`The height is the share of messages that took about this long. All runs have the same axes. Two humps mean two paths through the system.`)}
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
  { title: 'p95' },
  { title: 'p99' },
  { title: 'p99.9' },
  { title: 'p99.99' },
  { title: 'Max' },
  { title: 'Send lag p99' },
];

/** Returns one row for all seconds and, if only some were disturbed, another for the undisturbed seconds. */
function rowsOf(view: RunView): Content[][] {
  const { disturbed, undisturbed, latencies, messages } = view.figures;
  const all = [
    view.name,
    runBadge(view),
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
  if (disturbed === null) return 'all seconds; disturbances unknown';
  const count = disturbed.seconds === 0 ? 'none' : formatCount(disturbed.seconds);
  return `all ${formatCount(disturbed.of)} seconds, ${count} disturbed`;
}

function cells(response: Summary | null, sendLag: Summary | null): string[] {
  if (response === null) return Array<string>(8).fill(NOTHING);
  const { p50, p90, p95, p99, p999, p9999, max } = response;
  return [p50, p90, p95, p99, p999, p9999, max, sendLag?.p99].map(formatTime);
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
