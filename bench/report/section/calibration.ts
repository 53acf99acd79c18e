import { calibrationOf, calibrationSentences, SPREAD_COLUMNS, spreadRows } from '../calibration/words.ts';
import { comparisonOf } from '../comparison/conclusion.ts';
import { notesOf } from '../comparison/notes.ts';
import { roundsSentence } from '../comparison/words.ts';
import { html } from '../markup.ts';
import { table } from '../table.ts';
import type { Section, View } from '../view.ts';

/** What a calibration found about the machine. It replaces the verdicts of a comparison. */
export function calibration({ result }: View): Section {
  const found = calibrationOf(result);
  const comparison = comparisonOf(result);
  if (found === null || comparison === null) throw new TypeError('the result is no calibration');
  const [first, ...others] = calibrationSentences(found);
  return {
    id: 'calibration',
    title: 'Calibration',
    charts: [],
    body: html`<p class="verdict">${first}</p>
<ul class="plain">${others.map((each) => html`<li>${each}</li>`)}</ul>
<p>${roundsSentence(comparison)}</p>
<ul class="plain">${notesOf(result).map((note) => html`<li>${note}</li>`)}</ul>
${table(
  `How far each figure scatters in ${comparison.baseline}`,
  SPREAD_COLUMNS.map((title) => ({ title })),
  spreadRows(found.spread),
)}
<p class="how">How far a figure varies is the standard deviation over the runs of ${comparison.baseline}, as a share of their mean. “Could be seen” is the smallest effect that a comparison of as many rounds would have found in 4 of 5 cases, from the rounds of ${comparison.baseline} against itself. Each variant is judged as if it were compared alone. Later comparisons on this machine quote this.</p>`,
  };
}
