import { histogramOfAll } from '../../measure/figures.ts';
import { metricTitle } from '../../metrics/metrics.ts';
import type { ComparedFigure, Comparison, Stored, VariantComparison } from '../../model/comparison.ts';
import type { Notice } from '../../model/finding.ts';
import type { NginxFacts, Run } from '../../model/run.ts';
import { groupedFindings } from '../../wording/finding.ts';
import { formatFigure, formatRate, formatTime, NOTHING } from '../../wording/format.ts';
import { badge } from '../badge.ts';
import { comparisonOf } from '../comparison/conclusion.ts';
import { forestPlot } from '../comparison/forest.ts';
import { notesOf } from '../comparison/notes.ts';
import { pairsPlot } from '../comparison/pairs.ts';
import { columnsOf, rowsOf } from '../comparison/text.ts';
import {
  baselineOf,
  excludedLines,
  roundsSentence,
  SAME_SESSIONS,
  unmatchedLines,
  verdictSentence,
} from '../comparison/words.ts';
import { chartFigure } from '../figure.ts';
import { percentileFinding } from '../finding/curve.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { table } from '../table.ts';
import type { RunView, Section, View } from '../view.ts';
import { calibration } from './calibration.ts';
import { difference, sandboxDifference } from './difference.ts';
import { type CurveView, percentileChart } from './distributions.ts';
import { noticeList } from './notices.ts';

/** The baseline is grey in every chart. */
const GREY = 'series-5';

const BESIDE = [effects, rounds, curves, configurations, kindsOfNotices, compactRuns];
/** The sections of a comparison, which replace those that compare single runs. */
export const COMPARISON_SECTIONS = [verdicts, ...BESIDE];
/** The sections of a calibration, which begins with its own findings. */
export const CALIBRATION_SECTIONS = [calibration, ...BESIDE];

function comparisonIn({ result }: View): Comparison {
  const comparison = comparisonOf(result);
  if (comparison === null) throw new TypeError('the result is no comparison');
  return comparison;
}

function verdicts(view: View): Section {
  const comparison = comparisonIn(view);
  const { comparisons, stored } = comparison;
  return {
    id: 'verdicts',
    title: 'Verdict',
    charts: [],
    body: html`${comparisons.map((each) => html`<p class="verdict">${verdictSentence(each, baselineOf(each, comparison))}</p>`)}
<p>${roundsSentence(comparison)}</p>
${stored === undefined ? html`<ul class="plain">${notesOf(view.result).map((note) => html`<li>${note}</li>`)}</ul>` : sessions(stored)}`,
  };
}

/** Everything else in which the two sessions differ. */
function sessions(stored: Stored): Markup {
  const { differences } = stored;
  const alone = unmatchedLines(stored);
  const columns = ['What differs beside them', 'A', 'B'].map((title) => ({ title, text: true }));
  const rows = differences.map(({ what, baseline, variant }) => [what, baseline, variant]);
  return html`${rows.length === 0 ? html`<p>${SAME_SESSIONS}</p>` : table('The two sessions', columns, rows)}
${alone.length > 0 && html`<ul class="plain">${alone.map((line) => html`<li>${line}</li>`)}</ul>`}`;
}

function effects(view: View): Section {
  const comparison = comparisonIn(view);
  const isStored = comparison.stored !== undefined;
  const median = isStored
    ? 'the median over all pairs of a run of the one and a run of the other'
    : 'the median over the rounds of the ratio within each';
  return {
    id: 'effects',
    title: 'Effects',
    charts: [],
    body: html`${comparison.comparisons.map((each) => effectsOf(each, baselineOf(each, comparison)))}
<p class="how">An effect is variant ÷ baseline, ${median}. It counts as a difference where the ${isStored ? 'Mann–Whitney' : 'signed-rank'} test is significant (p below .05, adjusted for all figures that are judged together) and the effect is beyond 2 %, the shaded band. “Could be seen” is the smallest effect that as many ${isStored ? 'runs' : 'rounds'}, scattered like these, would have found in 4 of 5 comparisons. Arrows point to effects beyond the scale.</p>`,
  };
}

function effectsOf(comparison: VariantComparison, baseline: string): Markup {
  const columns = columnsOf(comparison, baseline).map((title, index) => ({ title, text: index === 6 }));
  return html`<h3>${comparison.variant}</h3>
${forestPlot(comparison, baseline)}
${table(`${comparison.variant} against ${baseline}`, columns, rowsOf(comparison))}`;
}

function rounds(view: View): Section {
  const comparison = comparisonIn(view);
  const { comparisons, stored } = comparison;
  const excluded = excludedLines(comparison);
  return {
    id: 'rounds',
    title: stored === undefined ? 'Round by round' : 'Run by run',
    charts: [],
    body: html`<p class="how">Circles are the baseline, squares the variant. ${stored === undefined ? 'A line joins the two of a round. How far the circles scatter is what the machine does by itself; what counts is whether the lines all point the same way.' : 'How far either kind scatters is what the machine does by itself; what counts is whether one kind stands above the other.'}</p>
${comparisons.map(
  (each) => html`<h3>${each.variant}</h3>
<div class="pair">${each.figures.filter(isDrawn).map((figure) => pairsPlot(figure, each, baselineOf(each, comparison)))}</div>
<details><summary>${stored === undefined ? 'The rounds' : 'The runs'} of ${each.variant} as a table</summary>${roundsTable(each, baselineOf(each, comparison))}</details>
`,
)}
${excluded.length > 0 && html`<h3>Left out</h3><ul class="plain">${excluded.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}

function roundsTable({ variant, figures }: VariantComparison, baseline: string): Markup {
  const columns = ['Figure', 'Round', baseline, variant].map((title) => ({ title }));
  const rows = figures
    .filter(isDrawn)
    .flatMap((figure) =>
      figure.rounds.map((each) => [
        metricTitle(figure),
        String(each.round),
        formatFigure(each.baseline, figure.unit),
        formatFigure(each.variant, figure.unit),
      ]),
    );
  return table(`${variant} and ${baseline}, round by round`, columns, rows);
}

/** Skips per-core capacity, which repeats CPU per message. */
function isDrawn({ name, effect }: ComparedFigure): boolean {
  return effect !== null && name !== 'perCoreCapacity';
}

function curves(view: View): Section {
  const comparison = comparisonIn(view);
  const baselines = new Set(comparison.comparisons.map((each) => baselineOf(each, comparison)));
  const views = view.variants.flatMap(({ name }, index): CurveView[] => {
    const times = histogramOfAll(roundsOf(view, name, 'latency'), 'response');
    const isBaseline = baselines.has(name);
    return times.totalCount === 0
      ? []
      : [{ name, colour: isBaseline ? GREY : `series-${(index - 1) % 5}`, pattern: index % 6, times }];
  });
  const charts = views.length === 0 ? [] : [percentileChart(views)];
  return {
    id: 'curves',
    title: 'Response time by percentile',
    charts,
    body: html`${charts.length === 0 && html`<p>Nothing was measured in the step latency.</p>`}
${charts.map((chart) => chartFigure(chart, 'Response time by percentile', percentileFinding(views), html`All rounds of a variant together, the baseline in grey. Where lines cross and part again, look at the rounds: a tail is the doing of few of them.`))}`,
  };
}

function roundsOf({ result }: View, variant: string, step: string): Run[] {
  return result.runs.filter(
    ({ plan }) => plan.variant === variant && plan.step === step && plan.round !== null,
  );
}

function configurations(view: View): Section {
  const comparison = comparisonIn(view);
  const baselines = [...new Set(comparison.comparisons.map((each) => baselineOf(each, comparison)))];
  const ofBaselines = baselines.map((name) => ({ name, text: configurationOf(view, name) }));
  return {
    id: 'configuration',
    title: 'What differs in the configuration',
    charts: [],
    body: html`${comparison.comparisons.map((each) => {
      const { variant } = each;
      const baseline = baselineOf(each, comparison);
      const base = ofBaselines.find(({ name }) => name === baseline)?.text ?? null;
      return html`<h3>${variant}</h3>${nginxOf(view, variant, baseline)}${differenceOf(base, configurationOf(view, variant), variant)}`;
    })}
${ofBaselines.map(({ name, text }) => text !== null && html`<details><summary>${name}, in full</summary><pre tabindex="0" aria-label="nginx.conf of ${name}">${text}</pre></details>`)}
${view.variants.map(({ name }) => sandboxDifference(proxyOf(view, name), name))}`,
  };
}

/** The configuration that ran, without what differs between runs by chance: ports and the run's own folder. */
function configurationOf(view: View, variant: string): string | null {
  const text = proxyOf(view, variant)?.configuration;
  if (text === undefined) return null;
  const folder = /^\s*pid\s+(\S+)\/nginx\.pid;/m.exec(text)?.[1];
  const moved = folder === undefined ? text : text.replaceAll(folder, '…');
  return moved.replace(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:…');
}

function proxyOf({ result }: View, variant: string): NginxFacts | null {
  return result.runs.find(({ plan, proxy }) => plan.variant === variant && proxy !== null)?.proxy ?? null;
}

/** The Nginx it ran on, if different from the baseline's. */
function nginxOf(view: View, variant: string, baseline: string): Content {
  const [before, after] = [proxyOf(view, baseline), proxyOf(view, variant)];
  if (before === null || after === null) return null;
  const text = ({ version, openssl, origin, binary }: NginxFacts) =>
    `Nginx ${version} with ${openssl ?? 'no TLS'} (${origin ?? binary})`;
  if (text(before) === text(after)) return null;
  return html`<p>It ran on ${text(after)}, the baseline on ${text(before)}.</p>`;
}

function differenceOf(before: string | null, after: string | null, name: string): Markup {
  if (before === null || after === null)
    return html`<p>One of the two has no Nginx, or it did not start.</p>`;
  return (
    difference(before, after, `What ${name} changes`) ??
    html`<p>Nothing: both are the same, word for word.</p>`
  );
}

/** Of the bench, and of its runs: one of each kind, with how many runs have one like it and their figures as spans. */
export function kindsOfNotices({ result }: View): Section {
  const general = result.notices.map((what) => ({ what, whose: '' }));
  const kinds = new Map<string, Notice[]>();
  for (const what of result.runs.flatMap((run) => run.notices))
    kinds.set(kindOf(what), [...(kinds.get(kindOf(what)) ?? []), what]);
  const counted = [...kinds.values()].flatMap((kind) =>
    groupedFindings(kind, ({ code, text, data = {} }) => ({ code, text, data })).map(
      ({ members, finding }) => ({
        what: { level: members[0].level, ...finding },
        whose: `${members.length} of ${result.runs.length} runs`,
      }),
    ),
  );
  const all = [...general, ...counted].sort((a, b) => rank(a.what) - rank(b.what));
  return {
    id: 'notices',
    title: 'Notices',
    charts: [],
    body: all.length === 0 ? html`<p>Nothing out of the ordinary.</p>` : noticeList(all),
  };
}

function kindOf({ level, code }: Notice): string {
  return `${level} ${code}`;
}

function rank({ level }: Notice): number {
  return level === 'warning' ? 0 : 1;
}

function compactRuns({ result, runs: views }: View): Section {
  const inOrder = views.toSorted((a, b) => result.runs.indexOf(a.run) - result.runs.indexOf(b.run));
  return {
    id: 'runs',
    title: 'All runs',
    charts: [],
    body: html`${table('In the order in which they ran', RUN_COLUMNS, inOrder.map(runRow))}`,
  };
}

const RUN_COLUMNS = [
  { title: 'Round' },
  { title: 'Step', text: true },
  { title: 'Variant', text: true },
  { title: 'Validity', text: true },
  { title: 'Echoed per second' },
  { title: 'Nginx CPU per message' },
  { title: 'Response time p50' },
  { title: 'p99' },
];

function runRow(view: RunView): [Content, ...Content[]] {
  const { plan } = view.run;
  const { messages, cpuUsPerMessage, latencies } = view.figures;
  return [
    plan.round === null ? 'pilot' : String(plan.round),
    plan.step,
    plan.variant,
    badge(view),
    formatRate(messages.perSecond),
    formatTime(cpuUsPerMessage.proxy),
    latencies.response === null ? NOTHING : formatTime(latencies.response.p50),
    latencies.response === null ? NOTHING : formatTime(latencies.response.p99),
  ];
}
