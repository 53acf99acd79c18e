import {
  calibrationSentences,
  machineText,
  SPREAD_COLUMNS,
  spreadRows,
  variationSentences,
} from '../calibration.ts';
import { excludedLines, notesOf, roundsSentence } from '../comparison/notes.ts';
import { conclusionOf } from '../conclusion.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import { BEHIND_ROUNDS, curvesOfRounds, effects, rounds } from '../section/comparison.ts';
import { setup } from '../section/setup.ts';
import type { Section, View } from '../view.ts';
import { comparisonMarkdown, effectsSoFar, roundClauses } from './comparison.ts';
import { type ResultKind, withoutVerdict } from './kind.ts';

/** Comparisons whose outcome is known in advance. They show how reliable comparisons on this machine are. */
export const CALIBRATION: ResultKind<'calibration'> = {
  contents: () => ({
    open: [findings],
    folded: [effects, rounds, curvesOfRounds, ...BEHIND_ROUNDS, setup],
  }),
  subject: (result) => `Calibration with ${conclusionOf(result, 'comparison')?.baseline ?? result.id}`,
  load: () => null,
  text(found, result) {
    const comparison = conclusionOf(result, 'comparison');
    return {
      sentences: [
        ...calibrationSentences(found),
        ...variationSentences(found),
        ...(comparison === null ? [] : [roundsSentence(comparison)]),
        ...notesOf(result),
      ],
      blocks: [
        { head: SPREAD_COLUMNS, rows: spreadRows(found.spread), words: [0] },
        comparison === null ? [] : excludedLines(comparison),
      ],
    };
  },
  markdown(_, result) {
    const comparison = conclusionOf(result, 'comparison');
    return comparison === null ? null : comparisonMarkdown(comparison, result);
  },
  json: (calibration) => ({ calibration }),
  headline(found, index) {
    const machine = machineText(index.environment);
    const comparison = conclusionOf(index, 'comparison');
    return {
      title: comparison === null ? machine : `${comparison.baseline} on ${machine}`,
      lines: withoutVerdict(calibrationSentences(found)),
    };
  },
  isSearch: false,
  runClauses(plan, { trials }, all) {
    const comparison = conclusionOf({ conclusions: all }, 'comparison');
    return comparison === null ? [] : roundClauses(plan, comparison, trials.length);
  },
  soFar(_, all) {
    const comparison = conclusionOf({ conclusions: all }, 'comparison');
    return comparison === null ? [] : effectsSoFar(comparison);
  },
};

/** What a calibration found out about the machine, shown instead of the verdicts of a comparison. */
function findings({ result }: View): Section {
  const found = conclusionOf(result, 'calibration');
  const comparison = conclusionOf(result, 'comparison');
  if (found === null || comparison === null) throw new TypeError('the result is not a calibration');
  const [first, ...others] = calibrationSentences(found);
  return {
    id: 'calibration',
    title: 'Calibration',
    charts: [],
    body: html`<p class="verdict">${first}</p>
<ul class="plain">${[...others, ...variationSentences(found)].map((each) => html`<li>${each}</li>`)}</ul>
<p>${roundsSentence(comparison)}</p>
<ul class="plain">${notesOf(result).map((note) => html`<li>${note}</li>`)}</ul>
${table(
  `Variation of each metric of ${comparison.baseline}`,
  SPREAD_COLUMNS.map((title) => ({ title })),
  spreadRows(found.spread),
)}
<p class="how">Each variant was compared with ${comparison.baseline} in rounds of two sides, as in an ordinary comparison. Variation is the standard deviation over the runs of ${comparison.baseline}, as a share of their mean. Most of it affects both sides of a round alike, so the ratio of two equal sides varies less. The next three columns split the variation of this ratio into its parts, again as standard deviations: the variation between adjacent pairs of turns, the additional variation between pairs further apart within a round, and the additional variation between rounds, each of which has fresh processes. More turns reduce the first two parts; only more rounds reduce the third. The detectable effect is the smallest one that a comparison with as many rounds would find in 4 out of 5 cases: the median over the comparisons of equal sides. Later comparisons on this machine quote these results.</p>`,
  };
}
