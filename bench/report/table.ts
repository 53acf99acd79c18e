import { type Content, html, type Markup } from './markup.ts';

export interface Column {
  title: Content;
  /** Figures are aligned to the right, text to the left. */
  text?: boolean;
}

type Row = readonly Content[];

/**
 * A table that scrolls within itself if the page is too narrow. The first cell of a row is its heading; consecutive
 * rows with the same heading share it.
 */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  // Most cells of a report are figures, so those have no class.
  const kind = (index: number): Content => (columns[index]?.text || index === 0) && html` class="text"`;
  const cellsOf = ([, ...cells]: Row): Markup[] =>
    cells.map((cell, index) => html`<td${kind(index + 1)}>${cell}</td>`);
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title }, index) => html`<th scope="col"${kind(index)}>${title}</th>`)}</tr></thead>
${groupsOf(rows).map(
  (group) =>
    html`<tbody>${group.map(
      (row, index) =>
        html`<tr>${index === 0 && html`<th scope="${group.length > 1 ? 'rowgroup' : 'row'}" rowspan="${group.length}" class="text">${row[0]}</th>`}${cellsOf(row)}</tr>
`,
    )}</tbody>`,
)}
</table>
</div>
`;
}

function groupsOf(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.[0] === row[0]) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

/** A list of names and values. */
export function facts(rows: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A figure with a bar that shows its share (0 to 1) of the whole. */
export function withBar(figure: string, share: number | null): Markup {
  const width = Math.round(Math.min(1, Math.max(0, share ?? 0)) * 1000) / 10;
  return html`<span class="barred"><svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="rail" width="100" height="6"/><rect class="fill" width="${width}" height="6"/></svg>${figure}</span>`;
}
