import type { Result } from '../../model/result.ts';
import { mark } from '../mark.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { type View, viewOf } from '../view.ts';
import type { ClaimVerdict } from './claim.ts';
import { type Judged, judge } from './claims.ts';

/** The source shown with the evidence if there are several results: a name, or a link to the report. */
export type Source = (result: Result) => Content;

/**
 * The article's claims over these results as HTML, for a page with the style of a report. Each claim has its
 * verdict and the figures; claims that none of the results can judge are listed at the end.
 */
export function claimsMarkup(results: readonly Result[], source: Source = ({ id }) => id): Markup {
  return claimsOf(results.map(viewOf), source);
}

/** The same for results that have already been read. */
export function claimsOf(views: readonly View[], source: Source = ({ id }) => id): Markup {
  const judged = judge(views);
  const tried = judged.filter(({ findings }) => findings.length > 0);
  const untried = judged.filter(({ findings }) => findings.length === 0);
  return html`${tried.map((each) => claimArticle(each, views.length > 1 ? source : null))}
${untried.length > 0 && html`<p class="how">Not tried here: ${untried.map(({ claim }) => `${claim.title} (needs ${claim.needs.join(' and ')})`).join('; ')}.</p>`}`;
}

function claimArticle({ claim, verdict, findings, disagree }: Judged, source: Source | null): Markup {
  return html`<article class="claim" id="claim-${claim.id}">
<header><h3>${claim.title}</h3>${verdictBadge(verdict)}</header>
<p class="says">The article: ${claim.says}</p>
${disagree && html`<p>The results contradict each other.</p>`}
<ul class="plain">${findings.flatMap(({ view, finding }) =>
    finding.evidence.map(
      (sentence, index) =>
        html`<li>${source !== null && index === 0 && html`<strong>${source(view.result)}</strong>: `}${sentence}</li>
`,
    ),
  )}</ul>
<details><summary>What would show it</summary><p>${claim.shownBy}</p></details>
</article>
`;
}

const LOOKS: Record<ClaimVerdict, readonly [kind: string, sign: Parameters<typeof mark>[0]]> = {
  confirmed: ['good', 'yes'],
  refuted: ['bad', 'no'],
  'not shown': ['open', 'note'],
};

function verdictBadge(verdict: ClaimVerdict): Markup {
  const [kind, sign] = LOOKS[verdict];
  return html`<span class="badge ${kind}">${mark(sign)} ${verdict}</span>`;
}
