import type { Plan } from '../model/plan.ts';
import { html, type Markup } from './markup.ts';

/** The user's tags of a result: series, labels and note. Empty if there are none. */
export function tagsMarkup({ series, labels, note }: Pick<Plan, 'series' | 'labels' | 'note'>): Markup {
  const tags = [
    ...(series === null ? [] : [`series ${series}`]),
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
  ];
  return html`${tags.length > 0 && html`<span class="tags">${tags.map((tag) => html`<span class="tag">${tag}</span> `)}</span>`}${note !== null && html`<span class="beside">${note}</span>`}`;
}
