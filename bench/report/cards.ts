import { paragraph } from '../wording/words.ts';
import { runBadge } from './elements.ts';
import { html, type Markup } from './markup.ts';
import { doubtSentence, outcomeSentence } from './verdict.ts';
import type { RunView, Section, VariantView, View } from './view.ts';

interface CardOptions {
  /** Whether the badges name the steps, because the scenario has several. */
  namesSteps?: boolean;
  /**
   * Returns remarks about a run in addition to the answer; by default, how the run ended and whether its
   * figures can be trusted.
   */
  remarksOf?(run: RunView): string[];
}

/** The section with the answer of each variant, one card per variant. */
export function answerCards(
  { variants }: View,
  answer: (variant: VariantView) => string,
  options: CardOptions = {},
): Section {
  return {
    id: 'answers',
    title: 'Answers',
    charts: [],
    body: html`<div class="cards${variants.length === 1 && ' one'}">${variants.map((each) => answerCard(each, answer(each), options))}</div>`,
  };
}

export function answerCard(
  { name, title, colour, answers }: VariantView,
  answer: string,
  { namesSteps = false, remarksOf = (run) => [outcomeSentence(run), doubtSentence(run)] }: CardOptions,
): Markup {
  const runs = Object.values(answers);
  const remarks = paragraph(runs.flatMap(remarksOf));
  return html`<article class="card">
<header><h3><span class="key ${colour}" aria-hidden="true"></span>${name}</h3><p class="badges">${runs.map((run) => (namesSteps ? html`${runBadge(run, run.step)} ` : runBadge(run)))}</p></header>
<p class="subtitle">${title}</p>
<p class="answer">${answer}</p>
${remarks !== '' && html`<p>${remarks}</p>`}
</article>
`;
}
