import type { Notice } from '../../model/notice.ts';
import { mark } from '../mark.ts';
import { html, type Markup } from '../markup.ts';
import { noticesOf, type Said } from '../notices.ts';
import type { Section, View } from '../view.ts';

/** What a reader should know of the whole bench and of single runs. */
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

/** Notices with a sign beside the colour and whose they are. */
export function noticeList(said: readonly Said<Notice>[]): Markup {
  return html`<ul class="notices">${said.map(
    ({ what: { level, text, code }, whose }) =>
      html`<li class="${level}"><strong>${mark(level === 'warning' ? 'attention' : 'note')} ${level === 'warning' ? 'Warning' : 'Note'}</strong>${whose !== '' && html` <span class="of">${whose}</span>`} ${text} <code>${code}</code></li>
`,
  )}</ul>`;
}

/** What a bench that was cut off did not come to; a variant that was left out is not missed. */
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
