import type { Notice } from '../../model/finding.ts';
import { counted } from '../../wording/words.ts';
import { mark } from '../elements.ts';
import { html, type Markup } from '../markup.ts';
import { noticesOf, type Said, type SaidAlike } from '../notices.ts';
import type { FoldedSection, View } from '../view.ts';

/** Notices about the result and its runs. */
export function notices(view: View): FoldedSection {
  const said = noticesOf(view);
  return {
    id: 'notices',
    title: 'Notices',
    finding: noticesFinding(said),
    charts: [],
    body: said.length === 0 ? null : noticeList(said),
  };
}

/** Number of notices of each kind, and the first warning in full. */
export function noticesFinding(said: readonly Said<Notice>[]): string {
  if (said.length === 0) return 'Nothing out of the ordinary.';
  const warnings = said.filter(({ what }) => what.level === 'warning');
  const counts = `${counted(warnings.length, 'warning')} and ${counted(said.length - warnings.length, 'note')}`;
  const [first] = warnings;
  if (first === undefined) return `${counts}.`;
  const whose = first.whose === '' ? '' : `${first.whose}: `;
  return `${counts}. ${warnings.length === 1 ? '' : 'First warning: '}${whose}${first.what.text}`;
}

/**
 * A list of notices, each with a symbol and the runs to which it applies. Notices of the same kind are listed
 * together.
 */
export function noticeList(said: readonly (Said<Notice> & Partial<SaidAlike>)[]): Markup {
  return html`<ul class="notices">${said.map(
    ({ what, whose, others = [] }) =>
      html`<li class="${what.level}"><strong>${mark(what.level === 'warning' ? 'attention' : 'note')} ${what.level === 'warning' ? 'Warning' : 'Note'}</strong>${noticeText(what, whose)} <code>${what.code}</code>${others.length > 0 && html`<details><summary>${others.length} more of this kind</summary><ul class="plain">${others.map((other) => html`<li>${noticeText(other.what, other.whose)}</li>`)}</ul></details>`}</li>
`,
  )}</ul>`;
}

function noticeText({ text }: Notice, whose: string): Markup {
  return html`${whose !== '' && html` <span class="of">${whose}</span>`} ${text}`;
}
