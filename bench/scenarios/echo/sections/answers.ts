import { PROXY } from '../../../model/proxy.ts';
import { runBadge } from '../../../report/elements.ts';
import { html, type Markup } from '../../../report/markup.ts';
import {
  doubtSentence,
  hasLosses,
  limitSentence,
  lossSentence,
  outcomeSentence,
} from '../../../report/verdict.ts';
import type { RunView, Section, VariantView, View } from '../../../report/view.ts';
import { formatRate, formatTime } from '../../../wording/format.ts';
import { paragraph } from '../../../wording/words.ts';
import {
  answerSentence,
  capacitySentence,
  formatCapacity,
  offeredSentence,
  undisturbedSentence,
} from './sentences.ts';

/**
 * One card per variant. It contains a sentence with the variant's throughput and latency, and states for each
 * step whether the figures can be trusted.
 */
export function answers({ variants, runs }: View): Section {
  const one = variants.length === 1;
  return {
    id: 'answers',
    title: 'Answers',
    charts: [],
    body: html`<div class="cards${one ? ' one' : ''}">${variants.map(card)}</div>
${runs.length === 0 && html`<p>This result contains no run, because the bench was interrupted before the first run finished.</p>`}
${variants.length > 1 && html`<p class="how">Each variant was run once per step. A difference of a few per cent may be noise, so it does not show that one variant is faster; use the compare command for that.</p>`}`,
  };
}

function card(variant: VariantView): Markup {
  const { name, title, colour } = variant;
  const { throughput = null, latency = null } = variant.answers;
  return html`<article class="card">
<header><h3><span class="key ${colour}" aria-hidden="true"></span>${name}</h3><p class="badges">${throughput && runBadge(throughput, 'throughput')} ${latency && runBadge(latency, 'latency')}</p></header>
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
${perCoreCapacity && html`<div><dt>per core of ${PROXY}</dt><dd>${formatCapacity(perCoreCapacity)}</dd></div>`}`;
}

function latencyNumbers({ figures }: RunView): Markup {
  const { response } = figures.latencies;
  const at = formatRate(figures.offered?.perSecond);
  return html`<div><dt>p50 at ${at}</dt><dd>${formatTime(response?.p50)}</dd></div>
<div><dt>p99 at ${at}</dt><dd>${formatTime(response?.p99)}</dd></div>`;
}

/** The part of a variant's card that describes one step. The run's outcome and losses are highlighted. */
function stepParagraphs(title: string, view: RunView, figures: string): Markup {
  const outcome = outcomeSentence(view);
  // An open loop is supposed to run at the offered rate, so being limited by that rate is not worth
  // mentioning.
  const limit = view.run.validity.limit.component === 'schedule' ? '' : limitSentence(view);
  const remarks = paragraph([figures, undisturbedSentence(view), doubtSentence(view), limit]);
  return html`${outcome !== '' && html`<p class="broken">${title}. ${outcome}</p>`}
${hasLosses(view) && html`<p class="broken">${title}. ${lossSentence(view)}</p>`}
${remarks !== '' && html`<p><strong>${title}.</strong> ${remarks}</p>`}
`;
}
