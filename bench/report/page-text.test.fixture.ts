import assert from 'node:assert/strict';
import type { Result } from '../model/result.ts';
import { reportHtml } from './html.ts';
import type { ChartSpec } from './page/spec.ts';

/** What a person reads: the page without its scripts and style. */
export function shown(result: Result): string {
  return reportHtml(result).replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '');
}

/** The text of one section, without tags. */
export function sectionText(page: string, id: string): string {
  const section = new RegExp(`<section id="${id}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? assert.fail(id);
  return section.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

/** The cells of the table with this caption, row by row, the heading of a group in each of its rows. */
export function tableOf(page: string, caption: string): string[][] {
  const table =
    page.split('<table>').find((text) => text.includes(`<caption>${caption}</caption>`)) ??
    assert.fail(caption);
  const body = table.slice(table.indexOf('</thead>'), table.indexOf('</table>'));
  const text = (cell: string) => cell.replace(/<[^>]*>/g, '').trim();
  return [...body.matchAll(/<tbody>(.*?)<\/tbody>/gs)].flatMap(([, group = '']) => {
    const heading = text(/<th[^>]*>(.*?)<\/th>/s.exec(group)?.[1] ?? '');
    return [...group.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) => [
      heading,
      ...[...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => text(cell)),
    ]);
  });
}

/** What the page draws. */
export function chartsOf(page: string): ChartSpec[] {
  return JSON.parse(/id="charts">(.*?)<\/script>/.exec(page)?.[1] ?? '[]');
}

/** What must never stand where a person reads. */
export const BROKEN = /NaN|undefined|Infinity|\[object/;
