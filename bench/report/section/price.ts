import { PROXY } from '../../model/proxy.ts';
import { conclusionOf } from '../conclusion.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import { doubtLines, pairSentence, priceColumns, priceRows, priceSentence } from '../price.ts';
import type { Section, View } from '../view.ts';

/** Cost of going through Nginx. */
export function price({ result }: View): Section {
  const found = conclusionOf(result, 'price');
  if (found === null) throw new TypeError('the result has no price of the proxy');
  const doubts = doubtLines(found);
  return {
    id: 'price',
    title: 'The price of the proxy',
    charts: [],
    body: html`${found.variants.map((each) => html`<p>${priceSentence(each, found.baseline)}</p>`)}
${table(
  `Through ${PROXY}, compared with ${found.baseline}`,
  priceColumns(found).map((title) => ({ title })),
  priceRows(found),
)}
<p class="how">In parentheses: variant ÷ ${found.baseline}, at the same rate and in the same placement. CPU and memory are totals of ${PROXY}, echo servers and generators; a generator that spins to keep its schedule is not included. ${pairSentence(found)}</p>
${doubts.length > 0 && html`<ul class="plain">${doubts.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}
