import type { Notice } from '../../model/notice.ts';
import { mark } from '../mark.ts';
import { html, type Markup } from '../markup.ts';
import { noticesOf, type Said, type SaidAlike } from '../notices.ts';
import type { FoldedSection, View } from '../view.ts';

/** What a reader should know of the whole bench and of single runs. */
export function notices(view: View): FoldedSection {
  const said = noticesOf(view);
  const cut = view.result.endedAt === null ? cutOff(view) : null;
  return {
    id: 'notices',
    title: 'Notices',
    finding: cut ?? noticesFinding(said),
    charts: [],
    body:
      cut === null && said.length === 0
        ? null
        : html`${cut !== null && html`<p class="broken">${cut}</p>`}
${noticeList(said)}`,
  };
}

/** How many there are of either kind. */
export function noticesFinding(said: readonly Said<Notice>[]): string {
  const count = (level: Notice['level'], word: string): string => {
    const { length } = said.filter(({ what }) => what.level === level);
    return `${length} ${word}${length === 1 ? '' : 's'}`;
  };
  return said.length === 0
    ? 'Nothing out of the ordinary.'
    : `${count('warning', 'warning')} and ${count('info', 'note')}.`;
}

/** Notices with a sign beside the colour and whose they are; more of the same kind behind the first. */
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
