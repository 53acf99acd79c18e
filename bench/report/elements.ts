import type { Plan } from '../model/plan.ts';
import { NOTHING } from '../wording/format.ts';
import { type Content, html, type Markup } from './markup.ts';
import { verdictOf } from './verdict.ts';
import type { RunView } from './view.ts';

export interface Column {
  title: Content;
  /** Whether the cells contain left-aligned text instead of right-aligned figures. */
  text?: boolean;
  /** Whether the column is left out if no row has a value in it, such as the column of a component that no run has. */
  optional?: boolean;
}

type Row = readonly Content[];

/**
 * A table that scrolls separately if the page is too narrow. The first cell of a row is its heading.
 * Consecutive rows with the same heading share it.
 */
export function table(caption: string, allColumns: readonly Column[], allRows: readonly Row[]): Markup {
  const isShown = allColumns.map(
    ({ optional }, index) => optional !== true || allRows.some((row) => row[index] !== NOTHING),
  );
  const shownOf = <Cell>(cells: readonly Cell[]) => cells.filter((_, index) => isShown[index] !== false);
  const columns = shownOf(allColumns);
  const rows = allRows.map(shownOf);
  // Most cells of a report are figures, so figures need no class.
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

/** A figure, with a bar that shows its share (0 to 1) of the whole. */
export function withBar(figure: string, share: number | null): Markup {
  const width = Math.round(Math.min(1, Math.max(0, share ?? 0)) * 1000) / 10;
  return html`<span class="barred"><svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="rail" width="100" height="6"/><rect class="fill" width="${width}" height="6"/></svg>${figure}</span>`;
}

/** The tags that the user assigned to a result: series, labels and note. Empty if there are none. */
export function tagsMarkup({ series, labels, note }: Pick<Plan, 'series' | 'labels' | 'note'>): Markup {
  const tags = [
    ...(series === null ? [] : [`series ${series}`]),
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
  ];
  return html`${tags.length > 0 && html`<span class="tags">${tags.map((tag) => html`<span class="tag">${tag}</span> `)}</span>`}${note !== null && html`<span class="beside">${note}</span>`}`;
}

const PATHS = {
  yes: 'M3 8.5l3.2 3.2L13 4.8',
  no: 'M4 4l8 8M12 4l-8 8',
  attention: 'M8 3v6.5M8 12.4v.6',
  note: 'M8 7v6M8 3v.6',
} as const;

/**
 * A small symbol next to a word, so that the meaning does not depend on colour alone. It is drawn as a
 * picture, because symbols differ between fonts.
 */
export function mark(sign: keyof typeof PATHS): Markup {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="${PATHS[sign]}"/></svg>`;
}

const SIGNS = { good: 'yes', bad: 'no', warn: 'attention', neutral: 'note' } as const;

/** A state in a few words, with a symbol as well as a colour. */
export function badge(kind: keyof typeof SIGNS, text: string): Markup {
  return html`<span class="badge ${kind}">${mark(SIGNS[kind])} ${text}</span>`;
}

/** A run's state in one word, preceded by `what`. */
export function runBadge(view: RunView, what = ''): Markup {
  const { outcome, validity } = view.run;
  const kind = outcome.state !== 'completed' ? 'bad' : validity.verdict === 'valid' ? 'good' : 'warn';
  return badge(kind, `${what === '' ? '' : `${what}: `}${verdictOf(view)}`);
}
