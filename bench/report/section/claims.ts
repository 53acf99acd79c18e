import { judge } from '../claims/claims.ts';
import { claimsOf } from '../claims/markup.ts';
import { html } from '../markup.ts';
import type { FoldedSection, View } from '../view.ts';
import { tally } from '../words.ts';

/** What the article that this bench follows says of Nginx and WebSocket, beside what was measured. */
export function claims(view: View): FoldedSection {
  return {
    id: 'claims',
    title: 'The article’s claims',
    finding: claimsFinding(view),
    charts: [],
    body: html`<p>The configurations of this bench follow an article on WebSocket through Nginx and its four best practices. Each of its claims stands here beside what was measured: confirmed, refuted, or not shown, which is no verdict that it is wrong.</p>
${claimsOf([view])}`,
  };
}

function claimsFinding(view: View): string {
  const judged = judge([view]);
  const tried = judged.filter(({ findings }) => findings.length > 0).map(({ verdict }) => verdict);
  return `${tried.length} of ${judged.length} claims tried${tried.length === 0 ? '' : `: ${tally(tried)}`}.`;
}
