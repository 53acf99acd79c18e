import { formatFigure } from '../../wording/format.ts';
import { dataOf } from './rows.ts';
import type { ChartSpec } from './spec.ts';

/** A chart's data as a table in the style of the report. Cell contents are set as text, never as markup. */
export function dataTable(spec: ChartSpec, caption: string): HTMLElement {
  const { columns, rows } = dataOf(spec);
  const region = element('div', '');
  region.className = 'scroll';
  region.role = 'region';
  region.ariaLabel = caption;
  region.tabIndex = 0;
  const head = element('tr', '');
  head.append(...columns.map(({ title }, column) => heading(title, 'col', column === 0)));
  const body = element('tbody', '');
  body.append(
    ...rows.map(([first = null, ...others]) => {
      const row = element('tr', '');
      const told = (value: number | string | null, column: number): string =>
        typeof value === 'string' ? value : formatFigure(value, columns[column]?.unit ?? 'count');
      row.append(
        heading(told(first, 0), 'row', true),
        ...others.map((value, index) => element('td', told(value, index + 1))),
      );
      return row;
    }),
  );
  const top = element('thead', '');
  top.append(head);
  const table = element('table', '');
  table.append(element('caption', caption), top, body);
  region.append(table);
  return region;
}

function heading(text: string, scope: string, isText: boolean): HTMLTableCellElement {
  const cell = element('th', text);
  cell.scope = scope;
  if (isText) cell.className = 'text';
  return cell;
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
