import type { Estimate } from '../../model/estimate.ts';
import { type Ladder, levelOf } from '../../model/ladder.ts';
import { PROXY } from '../../model/proxy.ts';
import { formatFigure, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { formatSmall, levelText } from '../../wording/ladder.ts';
import { capital, counted } from '../../wording/words.ts';
import { conclusionOf } from '../conclusion.ts';
import { facts, runBadge, table } from '../elements.ts';
import {
  AXIS_TITLES,
  exclusionLines,
  formatLevel,
  levelColumns,
  levelRows,
  levelsNote,
  shownMetrics,
} from '../ladder/levels.ts';
import { metricPlot, residualPlot } from '../ladder/plot.ts';
import { payloadText } from '../load.ts';
import { html, type Markup } from '../markup.ts';
import type { FoldedSection, Section, View } from '../view.ts';

/** Sections that show how the figures change with the level. */
export const LADDER_SECTIONS = [found, curve, levels, others];

function ladderIn({ result }: View): Ladder {
  const ladder = conclusionOf(result, 'ladder');
  if (ladder === null) throw new TypeError('the result is not a ladder');
  return ladder;
}

/** Sentence that describes the load of the runs; null without runs. */
export function ladderLoad(ladder: Ladder, { result }: View): string | null {
  const plan = result.runs[0]?.plan;
  if (plan === undefined) return null;
  const { over, step, rounds } = ladder;
  const held = [
    ...(over === 'connections' ? [] : [levelText('connections', plan.connections)]),
    ...(over === 'payload' || plan.workload.load === null
      ? []
      : [`${payloadText(plan.workload.payload)} messages`]),
    `${formatTime(plan.durationMs * 1000)} per run`,
    `${counted(rounds, 'run')} per level`,
  ];
  return `Ladder over ${AXIS_TITLES[over]}, ${step} step: ${held.join(', ')}.`;
}

function found(view: View): Section {
  const [answer, ...others] = ladderIn(view).findings.map(({ text }) => text);
  return {
    id: 'ladder',
    title: 'How it scales',
    charts: [],
    body: html`<p class="verdict">${answer ?? 'No run finished.'}</p>
${others.map((each) => html`<p>${each}</p>`)}`,
  };
}

function curve(view: View): Section {
  const ladder = ladderIn(view);
  const [main] = shownMetrics(ladder);
  return {
    id: 'curve',
    title: 'Curve',
    charts: [],
    body: html`${main && metricPlot(ladder, main, true)}
${residualPlot(ladder)}
${lawFacts(ladder)}`,
  };
}

function lawFacts(ladder: Ladder): Markup | false {
  const { law, over } = ladder;
  const [main] = shownMetrics(ladder);
  if (law === null || main === undefined) return false;
  const told = ({ value, low, high }: Estimate, format: (each: number) => string) =>
    `${format(value)} (95 % CI ${format(low)} to ${format(high)})`;
  return html`${facts([
    [`λ: throughput with ${levelText(over, 1)}`, told(law.lambda, (each) => formatFigure(each, main.unit))],
    ['σ: contention', told(law.sigma, formatShare)],
    ['κ: coherency', told(law.kappa, formatSmall)],
    [
      'maximum of the curve',
      law.peak === null ? 'at more than twice the largest level, or none' : levelText(over, law.peak),
    ],
  ])}
<p class="how">The Universal Scalability Law: X(N) = λN ÷ (1 + σ(N − 1) + κN(N − 1)). Contention (σ) flattens the curve: part of the work happens one piece at a time. Coherency (κ) makes it fall: the work for each message grows with N. The law describes the whole chain of generator, ${PROXY} and echo server on this machine, and the curve is not extended beyond twice the largest level.</p>`;
}

function levels(view: View): Section {
  const ladder = ladderIn(view);
  const rows = levelRows(ladder);
  const excluded = exclusionLines(ladder);
  return {
    id: 'levels',
    title: 'Levels',
    charts: [],
    body: html`${
      rows.length === 0
        ? html`<p>No run finished.</p>`
        : table(
            'The figures at each level',
            levelColumns(ladder).map((title) => ({ title: capital(title) })),
            rows,
          )
    }
${rows.length > 0 && html`<p class="how">${levelsNote(ladder)} Each round runs every level once. Odd rounds use a random order; each even round reverses the order of the one before. If the machine gets steadily slower or faster, this therefore affects all levels equally.</p>`}
${excluded.length > 0 && html`<h3>Not valid</h3><ul class="plain">${excluded.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}

function others(view: View): Section {
  const ladder = ladderIn(view);
  const plots = shownMetrics(ladder)
    .slice(1)
    .map((metric) => metricPlot(ladder, metric, false));
  return {
    id: 'figures',
    title: 'Other figures',
    charts: [],
    body: html`${plots.length === 0 ? html`<p>No other figure was measured.</p>` : plots}`,
  };
}

/** All runs, in the order in which they ran, which is that of the view because a ladder has a single variant. */
export function ladderRuns(view: View): FoldedSection {
  const ladder = ladderIn(view);
  const [main] = shownMetrics(ladder);
  const rows = view.runs.map((each, index) => {
    const level = levelOf(each.run.plan, ladder.over);
    return [
      String(index + 1),
      level === null ? '' : formatLevel(ladder.over, level),
      String(each.run.plan.round ?? ''),
      main === undefined ? NOTHING : formatFigure(main.read(each.figures, each.run.plan), main.unit),
      runBadge(each),
    ];
  });
  const columns = ['Run', AXIS_TITLES[ladder.over], 'round', main?.title ?? 'figure'].map((title) => ({
    title: capital(title),
  }));
  return {
    id: 'runs',
    title: 'All runs',
    finding: `${counted(rows.length, 'run')}, in a random order.`,
    charts: [],
    body:
      rows.length === 0
        ? null
        : table('Runs, in the order they ran', [...columns, { title: 'Validity', text: true }], rows),
  };
}
