import { histogramOfAll } from '../../measure/figures.ts';
import { metricTitle } from '../../metrics/metrics.ts';
import type { ComparedFigure, Comparison, Stored, VariantComparison } from '../../model/comparison.ts';
import type { Notice } from '../../model/finding.ts';
import { ratePerSecondOf } from '../../model/load.ts';
import { PROXY } from '../../model/proxy.ts';
import type { Run, UsedProxy } from '../../model/run.ts';
import { groupedFindings } from '../../wording/finding.ts';
import { formatFigure, formatRate, formatTime } from '../../wording/format.ts';
import { capital, counted } from '../../wording/words.ts';
import { chartFigure } from '../chart-figure.ts';
import { baselineOf, effectColumns, effectNote, effectRows, isFound } from '../comparison/effect.ts';
import { forestPlot } from '../comparison/forest.ts';
import {
  excludedLines,
  lastRoundLines,
  notesOf,
  roundsSentence,
  SAME_SESSIONS,
  unmatchedLines,
  wantedRoundsLine,
} from '../comparison/notes.ts';
import { pairsPlot } from '../comparison/pairs.ts';
import { verdictSentence } from '../comparison/verdict.ts';
import { conclusionOf } from '../conclusion.ts';
import { runBadge, table } from '../elements.ts';
import { percentileFinding } from '../finding/curve.ts';
import { type Content, html, type Markup } from '../markup.ts';
import type { FoldedSection, RunView, Section, VariantView, View } from '../view.ts';
import { difference, diffLines, sandboxDifference } from './difference.ts';
import { type CurveView, percentileChart } from './distributions.ts';
import { noticeList, noticesFinding } from './notices.ts';
import { runsFinding } from './runs.ts';

/** Colour of the baseline in every chart. */
const GREY = 'series-5';

/** Sections with details of the rounds of a comparison or calibration. */
export const BEHIND_ROUNDS = [configurations, kindsOfNotices, compactRuns];

function comparisonIn({ result }: View): Comparison {
  const comparison = conclusionOf(result, 'comparison');
  if (comparison === null) throw new TypeError('the result is not a comparison');
  return comparison;
}

/** @param answer returns the scenario's summary of a variant */
export function verdicts(view: View, answer: (variant: VariantView) => string): Section {
  const comparison = comparisonIn(view);
  const { comparisons, stored } = comparison;
  const lastRound = lastRoundLines(view, answer);
  return {
    id: 'verdicts',
    title: 'Verdict',
    charts: [],
    body: html`${comparisons.map((each) => html`<p class="verdict">${verdictSentence(each, baselineOf(each, comparison))}</p>`)}
${lastRound.length > 0 && html`<ul class="plain">${lastRound.map((line) => html`<li>${line}</li>`)}</ul>`}
<p>${roundsSentence(comparison)}</p>
${stored === undefined ? html`<ul class="plain">${notesOf(view.result).map((note) => html`<li>${note}</li>`)}</ul>` : sessions(stored)}`,
  };
}

/**
 * The differences in machine, versions and plan between the two sessions, followed by the variants that only one
 * session has.
 */
function sessions(stored: Stored): Markup {
  const { differences } = stored;
  const alone = unmatchedLines(stored);
  const columns = ['Also different', 'A', 'B'].map((title) => ({ title, text: true }));
  const rows = differences.map(({ what, baseline, variant }) => [what, baseline, variant]);
  return html`${rows.length === 0 ? html`<p>${SAME_SESSIONS}</p>` : table('The two sessions', columns, rows)}
${alone.length > 0 && html`<ul class="plain">${alone.map((line) => html`<li>${line}</li>`)}</ul>`}`;
}

export function effects(view: View): Section & FoldedSection {
  const comparison = comparisonIn(view);
  const isStored = comparison.stored !== undefined;
  const judged = comparison.comparisons.flatMap(({ figures }) => figures);
  return {
    id: 'effects',
    title: 'Effects',
    finding: `A difference was found in ${judged.filter(isFound).length} of ${judged.length} metrics.`,
    charts: [],
    body: html`${comparison.comparisons.map((each) => effectsOf(each, baselineOf(each, comparison)))}
<p class="how">${effectNote(comparison)} An effect counts as a difference if the ${isStored ? 'Mann–Whitney' : 'signed-rank'} test is significant (p below .05, adjusted for all metrics that are judged together) and the effect is outside the shaded band of ±2 %. The detectable effect is the smallest one that as many ${isStored ? 'runs' : 'rounds'} with this variation would find in 4 out of 5 comparisons. Arrows mark effects beyond the scale. ${wantedRoundsLine(comparison)}</p>`,
  };
}

function effectsOf(comparison: VariantComparison, baseline: string): Markup {
  const columns = effectColumns(comparison, baseline).map((title, index) => ({ title, text: index === 6 }));
  return html`<h3>${comparison.variant}</h3>
${forestPlot(comparison, baseline)}
${table(`${comparison.variant} compared with ${baseline}`, columns, effectRows(comparison))}`;
}

export function rounds(view: View): FoldedSection {
  const comparison = comparisonIn(view);
  const { comparisons, stored } = comparison;
  const excluded = excludedLines(comparison);
  return {
    id: 'rounds',
    title: stored === undefined ? 'Round by round' : 'Run by run',
    finding: stored === undefined ? roundsFinding(comparisons) : runsFinding(view.runs),
    charts: [],
    body: html`<p class="how">Circles are the baseline, squares the variant. ${stored === undefined ? 'A line joins the two in each round. The spread of the circles is the variation of the machine; what matters is whether the lines all point the same way.' : 'The spread within either group is the variation of the machine; what matters is whether one group lies above the other.'}</p>
${comparisons.map(
  (each) => html`<h3>${each.variant}</h3>
<div class="pair">${each.figures.filter(isDrawn).map((figure) => pairsPlot(figure, each, baselineOf(each, comparison)))}</div>
<details><summary>${stored === undefined ? 'The rounds' : 'The runs'} of ${each.variant} as a table</summary>${roundsTable(each, baselineOf(each, comparison))}</details>
`,
)}
${excluded.length > 0 && html`<h3>Excluded</h3><ul class="plain">${excluded.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}

/** For each variant, states in how many rounds its first drawn metric was lower than the baseline's. */
function roundsFinding(comparisons: readonly VariantComparison[]): string {
  const clauses = comparisons.flatMap(({ variant, figures }) => {
    const figure = figures.find(isDrawn);
    if (figure === undefined) return [];
    const lower = figure.rounds.filter((round) => round.variant < round.baseline).length;
    return [
      `${capital(metricTitle(figure))} was lower with ${variant} in ${lower} of ${figure.rounds.length} rounds`,
    ];
  });
  return clauses.length === 0 ? 'No metric counts in any round.' : `${clauses.join('; ')}.`;
}

function roundsTable({ variant, figures }: VariantComparison, baseline: string): Markup {
  const columns = ['Metric', 'Round', baseline, variant].map((title) => ({ title }));
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

/** Whether a metric is drawn. Per-core capacity is left out, because it restates CPU per message. */
function isDrawn({ name, effect }: ComparedFigure): boolean {
  return effect !== null && name !== 'perCoreCapacity';
}

/** Chart of response time by percentile, over all rounds. */
export function curvesOfRounds(view: View): Section & FoldedSection {
  const comparison = comparisonIn(view);
  const baselines = new Set(comparison.comparisons.map((each) => baselineOf(each, comparison)));
  const views = view.variants.flatMap(({ name }, index): CurveView[] => {
    const times = histogramOfAll(scheduledRoundsOf(view, name), 'response');
    const isBaseline = baselines.has(name);
    return times.totalCount === 0
      ? []
      : [{ name, colour: isBaseline ? GREY : `series-${(index - 1) % 5}`, pattern: index % 6, times }];
  });
  const charts = views.length === 0 ? [] : [percentileChart(views)];
  const finding = views.length === 0 ? 'No response time was measured.' : percentileFinding(views);
  return {
    id: 'curves',
    title: 'Response time by percentile',
    finding,
    charts,
    body: html`${charts.length === 0 && html`<p>${finding}</p>`}
${charts.map((chart) => chartFigure(chart, 'Response time by percentile', finding, html`All rounds of each variant combined, with the baseline in grey. If the lines differ only in the tail, look at the single rounds: a few of them may cause it.`))}`,
  };
}

/** Returns the open-loop runs of a variant's rounds. Only an open loop has response times. */
function scheduledRoundsOf({ result }: View, variant: string): Run[] {
  return result.runs.filter(
    ({ plan }) =>
      plan.variant === variant && plan.round !== null && ratePerSecondOf(plan.workload.load) !== null,
  );
}

function configurations(view: View): FoldedSection {
  const comparison = comparisonIn(view);
  const baselines = [...new Set(comparison.comparisons.map((each) => baselineOf(each, comparison)))];
  const ofBaselines = baselines.map((name) => ({ name, text: configurationOf(view, name) }));
  const compared = comparison.comparisons.map((each) => {
    const baseline = baselineOf(each, comparison);
    const [before, after] = [configurationOf(view, baseline), configurationOf(view, each.variant)];
    return { variant: each.variant, baseline, before, after };
  });
  return {
    id: 'configuration',
    title: 'Configuration differences',
    finding: `${compared.map(changeFinding).join('; ')}.`,
    charts: [],
    body: html`${compared.map(
      ({ variant, baseline, before, after }) =>
        html`<h3>${variant}</h3>${nginxOf(view, variant, baseline)}${differenceOf(before, after, variant)}`,
    )}
${ofBaselines.map(({ name, text }) => text !== null && html`<details><summary>${name}, in full</summary><pre tabindex="0" aria-label="nginx.conf of ${name}">${text}</pre></details>`)}
${view.variants.map(({ name }) => sandboxDifference(proxyOf(view, name), name))}`,
  };
}

/** Reports how many lines a variant adds to the baseline's configuration, and how many it removes. */
function changeFinding({
  variant,
  baseline,
  before,
  after,
}: Record<'variant' | 'baseline', string> & Record<'before' | 'after', string | null>): string {
  if (before === null || after === null) return `${variant} or ${baseline} ran without ${PROXY}`;
  const lines = diffLines(before.split('\n'), after.split('\n'));
  const count = (kind: 'added' | 'removed'): number => lines.filter((line) => line.kind === kind).length;
  return `${variant} adds ${counted(count('added'), 'line')} to ${baseline} and removes ${count('removed')}`;
}

/**
 * The configuration used in the run, without the parts that differ between runs: ports and the run's folder.
 */
function configurationOf(view: View, variant: string): string | null {
  const text = proxyOf(view, variant)?.configuration;
  if (text === undefined) return null;
  const folder = /^\s*pid\s+(\S+)\/nginx\.pid;/m.exec(text)?.[1];
  const moved = folder === undefined ? text : text.replaceAll(folder, '…');
  return moved.replace(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:…');
}

function proxyOf({ result }: View, variant: string): UsedProxy | null {
  return result.runs.find(({ plan, proxy }) => plan.variant === variant && proxy !== null)?.proxy ?? null;
}

/** If the variant and the baseline ran on different Nginx binaries, states which one each of them used. */
function nginxOf(view: View, variant: string, baseline: string): Content {
  const [before, after] = [proxyOf(view, baseline), proxyOf(view, variant)];
  if (before === null || after === null) return null;
  const text = ({ version, openssl, origin, binary }: UsedProxy) =>
    `${PROXY} ${version} with ${openssl ?? 'no TLS'} (${origin ?? binary})`;
  if (text(before) === text(after)) return null;
  return html`<p>${variant} ran on ${text(after)}, ${baseline} on ${text(before)}.</p>`;
}

function differenceOf(before: string | null, after: string | null, name: string): Markup {
  if (before === null || after === null)
    return html`<p>One of the two has no ${PROXY}, or ${PROXY} did not start.</p>`;
  return (
    difference(before, after, `What ${name} changes`) ?? html`<p>The two configurations are identical.</p>`
  );
}

/**
 * Notices about the result and its runs. Notices about runs are shown once per kind, with the number of
 * affected runs and the figures as ranges.
 */
export function kindsOfNotices({ result }: View): FoldedSection {
  const general = result.notices.map((what) => ({ what, whose: '' }));
  const kinds = new Map<string, Notice[]>();
  for (const what of result.runs.flatMap((run) => run.notices))
    kinds.set(kindOf(what), [...(kinds.get(kindOf(what)) ?? []), what]);
  const ofRuns = [...kinds.values()].flatMap((kind) =>
    groupedFindings(kind, (each) => each).map(({ members, finding }) => ({
      what: { ...finding, level: members[0].level },
      whose: `${members.length} of ${result.runs.length} runs`,
    })),
  );
  const all = [...general, ...ofRuns].sort((a, b) => rank(a.what) - rank(b.what));
  return {
    id: 'notices',
    title: 'Notices',
    finding: noticesFinding(all),
    charts: [],
    body: all.length === 0 ? null : noticeList(all),
  };
}

function kindOf({ level, code }: Notice): string {
  return `${level} ${code}`;
}

function rank({ level }: Notice): number {
  return Number(level !== 'warning');
}

function compactRuns({ result, runs: views }: View): FoldedSection {
  const inOrder = result.runs.flatMap((run) => views.filter((view) => view.run === run));
  return {
    id: 'runs',
    title: 'All runs',
    finding: runsFinding(views),
    charts: [],
    body: html`${table('In the order they ran', RUN_COLUMNS, inOrder.map(runRow))}`,
  };
}

const RUN_COLUMNS = [
  { title: 'Round' },
  { title: 'Step', text: true },
  { title: 'Variant', text: true },
  { title: 'Validity', text: true },
  { title: 'Echoed per second' },
  { title: `${PROXY} CPU per message` },
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
    runBadge(view),
    formatRate(messages.perSecond),
    formatTime(cpuUsPerMessage.proxy),
    formatTime(latencies.response?.p50),
    formatTime(latencies.response?.p99),
  ];
}
