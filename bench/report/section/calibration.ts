import { calibrationSentences, SPREAD_COLUMNS, spreadRows, variationSentences } from '../calibration.ts';
import { notesOf, roundsSentence } from '../comparison/notes.ts';
import { conclusionOf } from '../conclusion.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import type { Section, View } from '../view.ts';

/** The findings of a calibration about the machine, shown instead of the verdicts of a comparison. */
export function calibration({ result }: View): Section {
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
<p class="how">Each variant was compared with ${comparison.baseline} in rounds of two sides, as in an ordinary comparison. Variation is the standard deviation over the runs of ${comparison.baseline}, as a share of their mean. Most of it affects both sides of a round alike, so the ratio of two equal sides varies less. The next three columns split the variation of that ratio into three standard deviations: between pairs of turns that follow each other, what is added between pairs further apart in a round, and what is added between rounds, each of which has fresh processes. More turns reduce the first two; only more rounds reduce the third. The detectable effect is the smallest one that a comparison with as many rounds would find in 4 out of 5 cases: the median over the comparisons of equal sides. Later comparisons on this machine quote these results.</p>`,
  };
}
