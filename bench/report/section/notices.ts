import type { Notice } from '../../model/finding.ts';
import { mark } from '../mark.ts';
import { html, type Markup } from '../markup.ts';
import { noticesOf, type Said, type SaidAlike } from '../notices.ts';
import type { Section, View } from '../view.ts';

/** What the reader should know about the whole bench and about single runs. */
export function notices(view: View): Section {
  const said = noticesOf(view);
  return {
    id: 'notices',
    title: 'Notices',
    charts: [],
    body: html`${view.result.endedAt === null && html`<p class="broken">${cutOff(view)}</p>`}
${said.length === 0 ? html`<p>Nothing out of the ordinary.</p>` : noticeList(said)}`,
  };
}

/**
 * Notices with a symbol in addition to the colour, and the runs they apply to. Others of the same kind follow the
 * first.
 */
export function noticeList(said: readonly (Said<Notice> & Partial<SaidAlike>)[]): Markup {
  return html`<ul class="notices">${said.map(
    ({ what, whose, others = [] }) =>
      html`<li class="${what.level}"><strong>${mark(what.level === 'warning' ? 'attention' : 'note')} ${what.level === 'warning' ? 'Warning' : 'Note'}</strong>${told(what, whose)} <code>${what.code}</code>${others.length > 0 && html`<details><summary>${others.length} more of this kind</summary><ul class="plain">${others.map((other) => html`<li>${told(other.what, other.whose)}</li>`)}</ul></details>`}</li>
`,
  )}</ul>`;
}

function told({ text }: Notice, whose: string): Markup {
  return html`${whose !== '' && html` <span class="of">${whose}</span>`} ${text}`;
}

/** What an interrupted bench did not reach. A variant that was left out is not missing. */
function cutOff({ result, variants }: View): string {
  const missing = variants.flatMap((variant) =>
    result.plan.steps
      .filter((step) => variant[step] === null && !(step === 'latency' && variant.leftOut !== null))
      .map((step) => `${variant.name}, ${step}`),
  );
  return missing.length > 0
    ? `This bench was cut off: it did not come to ${missing.join('; ')}.`
    : 'This bench was cut off in its last run.';
}
