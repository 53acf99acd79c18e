import {
  answerSentence,
  capacitySentence,
  formatCapacity,
  offeredSentence,
  undisturbedSentence,
} from '../answer.ts';
import { badge } from '../badge.ts';
import { html, type Markup } from '../markup.ts';
import { formatRate, formatTime } from '../page/format.ts';
import { hasLosses, limitSentence, lossSentence, outcomeSentence, verdictSentence } from '../verdict.ts';
import type { RunView, Section, VariantView, View } from '../view.ts';
import { paragraph } from '../words.ts';

/** One card per variant: both answers in a sentence, and for each step whether it can be trusted. */
export function answers({ variants, runs }: View): Section {
  const one = variants.length === 1;
  return {
    id: 'answers',
    title: 'Answers',
    charts: [],
    body: html`<div class="cards${one ? ' one' : ''}">${variants.map(card)}</div>
${runs.length === 0 && html`<p>This result holds no run: it was cut off before the first one ended.</p>`}
${variants.length > 1 && html`<p class="how">Each run stands for itself. A difference of a few per cent between two variants may be chance: it is no verdict that one is faster.</p>`}`,
  };
}

function card(variant: VariantView): Markup {
  const { name, title, colour, throughput, latency } = variant;
  return html`<article class="card">
<header><h3><span class="key ${colour}" aria-hidden="true"></span>${name}</h3><p class="badges">${throughput && badge(throughput, 'throughput')} ${latency && badge(latency, 'latency')}</p></header>
<p class="subtitle">${title}</p>
<p class="answer">${answerSentence(variant)}</p>
<dl class="numbers">${throughput && throughputNumbers(throughput)}${latency && latencyNumbers(latency)}</dl>
${throughput && stepParagraphs('Throughput', throughput, capacitySentence(throughput))}
${latency && stepParagraphs('Latency', latency, offeredSentence(latency))}
${![throughput, latency].some((view) => view !== null && hasLosses(view)) && html`<p>No connection failed and no message was lost.</p>`}
</article>
`;
}

function throughputNumbers({ figures }: RunView): Markup {
  const { messages, perCoreCapacity } = figures;
  return html`<div><dt>messages</dt><dd>${formatRate(messages.perSecond)}</dd></div>
${perCoreCapacity && html`<div><dt>a core of Nginx</dt><dd>${formatCapacity(perCoreCapacity)}</dd></div>`}`;
}

function latencyNumbers({ figures }: RunView): Markup {
  const { response } = figures.latencies;
  const at = formatRate(figures.offered?.perSecond);
  return html`<div><dt>p50 at ${at}</dt><dd>${formatTime(response?.p50)}</dd></div>
<div><dt>p99 at ${at}</dt><dd>${formatTime(response?.p99)}</dd></div>`;
}

/** What one step adds to the answer. Its outcome and losses are highlighted. */
function stepParagraphs(title: string, view: RunView, figures: string): Markup {
  const outcome = outcomeSentence(view);
  // That the schedule set the pace is not worth mentioning: it is the purpose of an open loop.
  const limit = view.run.validity.limit.component === 'schedule' ? '' : limitSentence(view);
  const told = paragraph([figures, undisturbedSentence(view), verdictSentence(view), limit]);
  return html`${outcome !== '' && html`<p class="broken">${title}. ${outcome}</p>`}
${hasLosses(view) && html`<p class="broken">${title}. ${lossSentence(view)}</p>`}
${told !== '' && html`<p><strong>${title}.</strong> ${told}</p>`}
`;
}
