import { paragraph } from '../wording/words.ts';
import { runBadge } from './elements.ts';
import { html, type Markup } from './markup.ts';
import { doubtSentence, outcomeSentence } from './verdict.ts';
import type { Section, VariantView, View } from './view.ts';

/**
 * The section with the answer of each variant on a card, and whether its figures can be trusted.
 *
 * @param namesSteps whether the badges name the steps of a scenario that has several
 */
export function answerCards(
  { variants }: View,
  answer: (variant: VariantView) => string,
  namesSteps = false,
): Section {
  const card = (variant: VariantView): Markup => {
    const runs = Object.values(variant.answers);
    const doubts = paragraph(runs.flatMap((run) => [outcomeSentence(run), doubtSentence(run)]));
    return html`<article class="card">
<header><h3><span class="key ${variant.colour}" aria-hidden="true"></span>${variant.name}</h3><p class="badges">${runs.map((run) => (namesSteps ? html`${runBadge(run, run.step)} ` : runBadge(run)))}</p></header>
<p class="subtitle">${variant.title}</p>
<p class="answer">${answer(variant)}</p>
${doubts !== '' && html`<p>${doubts}</p>`}
</article>
`;
  };
  return {
    id: 'answers',
    title: 'Answers',
    charts: [],
    body: html`<div class="cards${variants.length === 1 && ' one'}">${variants.map(card)}</div>`,
  };
}
