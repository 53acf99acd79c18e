import { html, type Markup } from './markup.ts';

const PATHS = {
  yes: 'M3 8.5l3.2 3.2L13 4.8',
  no: 'M4 4l8 8M12 4l-8 8',
  attention: 'M8 3v6.5M8 12.4v.6',
  note: 'M8 7v6M8 3v.6',
} as const;

/**
 * A small symbol next to a word, so that colour is not the only channel. It is drawn, because fonts differ in
 * symbols.
 */
export function mark(sign: keyof typeof PATHS): Markup {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="${PATHS[sign]}"/></svg>`;
}
