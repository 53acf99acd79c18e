import assert from 'node:assert/strict';
import type { Result } from '../model/result.ts';
import { reportHtml } from './html.ts';
import type { ChartSpec } from './page/spec.ts';

/**
 * Returns the page without scripts and style. Tests change a result afterwards, and the figures of a run are derived
 * once, so this draws a copy.
 */
export function shown(result: Result): string {
  return reportHtml(structuredClone(result)).replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '');
}

/** Returns the text of one section, without tags. */
export function sectionText(page: string, id: string): string {
  const section = new RegExp(`<section id="${id}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? assert.fail(id);
  return section.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

/** Returns the cells of the table with this caption, row by row. Each row of a group includes the group's heading. */
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

/** Returns the headings of each table, after its caption; headings of columns of words end with an arrow. */
export function headsOf({ body }: { body: { markup: string } | null }): string[] {
  return [...(body?.markup ?? '').matchAll(/<caption>(.*?)<\/caption>\s*<thead>(.*?)<\/thead>/gs)].map(
    ([, caption, head = '']) =>
      `${caption}: ${[...head.matchAll(/<th scope="col"( class="text")?[^>]*>(.*?)<\/th>/g)].map(([, text, title]) => (text === undefined ? title : `${title} →`)).join(', ')}`,
  );
}

/** Returns the charts of a page. */
export function chartsOf(page: string): ChartSpec[] {
  return JSON.parse(/id="charts">(.*?)<\/script>/.exec(page)?.[1] ?? '[]');
}

/** Matches text that must never be shown. */
export const BROKEN = /NaN|undefined|Infinity|\[object/;
