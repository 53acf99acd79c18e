import { html } from '../markup.ts';
import { doubtLines, pairSentence, priceColumns, priceOf, priceRows, priceSentence } from '../price/words.ts';
import { table } from '../table.ts';
import type { Section, View } from '../view.ts';

/** The cost of going through Nginx, compared with the same without it. */
export function price({ result }: View): Section {
  const told = priceOf(result);
  if (told === null) throw new TypeError('the result tells no price of the proxy');
  const doubts = doubtLines(told);
  return {
    id: 'price',
    title: 'The price of the proxy',
    charts: [],
    body: html`${told.variants.map((each) => html`<p>${priceSentence(each, told.baseline)}</p>`)}
${table(
  `Through Nginx, beside ${told.baseline}`,
  priceColumns(told).map((title) => ({ title })),
  priceRows(told),
)}
<p class="how">In brackets: variant ÷ ${told.baseline}, at the same rate and in the same placement. CPU and memory are those of Nginx, echo servers and generators together; a generator that spins for its schedule is left out. ${pairSentence(told)}</p>
${doubts.length > 0 && html`<ul class="plain">${doubts.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}
