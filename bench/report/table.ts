import { type Content, html, type Markup } from './markup.ts';

export interface Column {
  title: Content;
  /** Figures stand to the right; text to the left. */
  text?: boolean;
}

/** A table that scrolls within itself where the page is too narrow; the first cell of a row is its heading. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Markup {
  const kind = (index: number): string => (columns[index]?.text || index === 0 ? 'text' : 'figure');
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title }, index) => html`<th scope="col" class="${kind(index)}">${title}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([heading, ...cells]) =>
      html`<tr><th scope="row" class="text">${heading}</th>${cells.map(
        (cell, index) => html`<td class="${kind(index + 1)}">${cell}</td>`,
      )}</tr>
`,
  )}</tbody>
</table>
</div>
`;
}

/** Names and what they stand for. */
export function facts(rows: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A figure with a bar behind it that shows its share (0..1) of the whole. */
export function withBar(figure: string, share: number | null): Markup {
  const width = Math.round(Math.min(1, Math.max(0, share ?? 0)) * 1000) / 10;
  return html`<span class="barred">${figure}<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="rail" width="100" height="6"/><rect class="fill" width="${width}" height="6"/></svg></span>`;
}
