import { PROXY } from '../model/proxy.ts';
import type { ResultIndex } from '../model/result.ts';
import { machineText } from '../report/calibration.ts';
import { badge, tagsMarkup } from '../report/elements.ts';
import { headlineOf } from '../report/kinds/kinds.ts';
import { html, type Markup } from '../report/markup.ts';
import type { Published } from './series.ts';
import { timeMarkup } from './time.ts';

const COLUMNS = ['Result', 'Started', 'What', PROXY, 'Machine', 'Runs', 'Data'];

/**
 * Creates a table with one row per result, newest first.
 *
 * @param tokensOf returns a result's filter tokens
 */
export function resultsTable(published: readonly Published[], tokensOf: (each: Published) => string): Markup {
  if (published.length === 0) return html`<p>No results yet.</p>`;
  return html`<div class="scroll" role="region" aria-label="Table of results" tabindex="0">
<table class="results">
<thead><tr>${COLUMNS.map((title) => html`<th scope="col" class="text">${title}</th>`)}</tr></thead>
<tbody>
${published.map(
  (each) => html`<tr data-has="${tokensOf(each)}">${row(each)}</tr>
`,
)}</tbody>
</table>
</div>
`;
}

function row({ folder, index }: Published): Markup {
  const place = `results/${encodeURIComponent(folder)}`;
  const variants = [...new Set(index.runs.map(({ variant }) => variant))].join(', ');
  const versions = [...new Set(index.runs.flatMap(({ nginx }) => nginx ?? []))].join(', ');
  const kind = headlineOf(index)?.kind;
  return html`<th scope="row" class="text"><a href="${place}/report.html">${folder}</a>${tagsMarkup(index.plan)}</th><td>${timeMarkup(index.startedAt)}</td><td>${kind !== undefined && `${kind}: `}${variants || 'no run finished'}</td><td>${versions}</td><td>${machineText(index.environment)}</td><td>${validityMarkup(index)}</td><td><a href="${place}/result.json">JSON<span class="unseen"> of ${folder}</span></a></td>`;
}

/** States how many runs are valid. */
function validityMarkup({ runs, endedAt }: ResultIndex): Markup {
  const valid = runs.filter(
    ({ outcome, validity }) => outcome.state === 'completed' && validity.verdict === 'valid',
  );
  const all = valid.length === runs.length && endedAt !== null;
  return badge(
    all ? 'good' : 'warn',
    `${valid.length} of ${runs.length} valid${endedAt === null ? ', interrupted' : ''}`,
  );
}
