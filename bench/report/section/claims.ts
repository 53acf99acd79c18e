import { PROXY } from '../../model/proxy.ts';
import type { Result } from '../../model/result.ts';
import { tally } from '../../wording/words.ts';
import { ARTICLE } from '../claims/claim.ts';
import { type Judged, judge } from '../claims/claims.ts';
import { badge } from '../elements.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { type FoldedSection, type View, viewOf } from '../view.ts';

/** Compares the measurements with the claims of the article on which this project is based (`ARTICLE`). */
export function claims(view: View): FoldedSection {
  return {
    id: 'claims',
    title: 'The article’s claims',
    finding: claimsFinding(view),
    charts: [],
    body: html`${claimsIntroduction()}
${claimsOf([view])}`,
  };
}

function claimsFinding(view: View): string {
  const judged = judge([view]);
  const tried = judged.filter(({ findings }) => findings.length > 0).map(({ verdict }) => verdict);
  return `${tried.length} of ${judged.length} claims tested${tried.length === 0 ? '' : `: ${tally(tried)}`}.`;
}

/** Names the article on which this project is based (`ARTICLE`), and explains the verdicts on its claims. */
export function claimsIntroduction(): Markup {
  const { title, translation, published } = ARTICLE;
  return html`<p>The profiles of this bench follow the article <cite lang="zh">${title}</cite> (“${translation}”, ${published}), which describes WebSocket through ${PROXY} and four best practices. Each of its claims is compared with the measurements: confirmed, refuted, or not shown. “Not shown” does not mean that a claim is wrong.</p>`;
}

/** Identifies the result from which evidence comes, by its ID or by a link. Used if there are several results. */
export type Source = (result: Result) => Content;

/**
 * Returns HTML that shows the claims of `ARTICLE`, each with its verdict and the evidence, for a page in the
 * report's style. Claims that cannot be judged from any of the results are listed at the end.
 */
export function claimsMarkup(results: readonly Result[], source: Source = ({ id }) => id): Markup {
  return claimsOf(results.map(viewOf), source);
}

/** Like `claimsMarkup`, for results whose views have already been derived. */
export function claimsOf(views: readonly View[], source: Source = ({ id }) => id): Markup {
  const judged = judge(views);
  const tried = judged.filter(({ findings }) => findings.length > 0);
  const untried = judged.filter(({ findings }) => findings.length === 0);
  return html`${tried.map((each) => claimArticle(each, views.length > 1 ? source : null))}
${untried.length > 0 && html`<p class="how">Not tested here: ${untried.map(({ claim }) => `${claim.title} (needs ${claim.needs.join(' and ')})`).join('; ')}.</p>`}`;
}

function claimArticle({ claim, verdict, findings, disagree }: Judged, source: Source | null): Markup {
  return html`<article class="claim" id="claim-${claim.id}">
<header><h3>${claim.title}</h3>${badge(BADGES[verdict], verdict)}</header>
<p class="says">The article says: ${claim.says}</p>
${disagree && html`<p>The results contradict each other.</p>`}
<ul class="plain">${findings.flatMap(({ view, finding }) =>
    finding.evidence.map(
      (sentence, index) =>
        html`<li>${source !== null && index === 0 && html`<strong>${source(view.result)}</strong>: `}${sentence}</li>
`,
    ),
  )}</ul>
<details><summary>How to test this claim</summary><p>${claim.shownBy}</p></details>
</article>
`;
}

const BADGES = { confirmed: 'good', refuted: 'bad', 'not shown': 'neutral' } as const;
