import { claimsOf } from '../claims/markup.ts';
import { html } from '../markup.ts';
import type { Section, View } from '../view.ts';

/** What the article behind this bench says about Nginx and WebSocket, compared with what was measured. */
export function claims(view: View): Section {
  return {
    id: 'claims',
    title: 'The article’s claims',
    charts: [],
    body: html`<p>The configurations of this bench follow an article on WebSocket through Nginx and its four best practices. Each of its claims stands here beside what was measured: confirmed, refuted, or not shown, which is no verdict that it is wrong.</p>
${claimsOf([view])}`,
  };
}
