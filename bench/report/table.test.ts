import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration, makeKeptCalibration } from '../../test/calibration.ts';
import { makeSearchResult } from '../../test/capacity.ts';
import { makeRounds } from '../../test/comparison.ts';
import { makeBothSteps } from '../../test/result.ts';
import type { Result } from '../model/result.ts';
import { NOTHING } from '../wording/format.ts';
import { reportHtml } from './html.ts';

interface Column {
  title: string;
  isText: boolean;
  cells: string[];
}

const ROUNDS = makeRounds();
const PAGES: readonly (readonly [string, Result])[] = [
  ['steps', makeBothSteps(6, 2)],
  ['a comparison', ROUNDS],
  ['a capacity search', makeSearchResult()],
  [
    'a calibration',
    {
      ...ROUNDS,
      conclusions: [...ROUNDS.conclusions, makeCalibration()],
      calibration: makeKeptCalibration(),
    },
  ],
];

/** A figure starts with a sign or a digit. So does a time of day, but that is treated as a name. */
const FIGURE = /^(?!\d\d:)[+±−×]?\.?\d/;

test('every table has a heading for each of its columns', () => {
  for (const [name, result] of PAGES) {
    const tables = tablesOf(reportHtml(result));
    assert.ok(tables.length > 0, name);
    for (const { caption, widths, columns } of tables) {
      assert.ok(widths.length > 0, caption);
      assert.deepEqual([...new Set(widths)], [columns.length], `${name}: ${caption}`);
      assert.ok(!columns.some(({ title }) => title === ''), `${name}: ${caption}`);
    }
  }
});

test('figures are aligned right, text left', () => {
  for (const [name, result] of PAGES) {
    const columns = tablesOf(reportHtml(result)).flatMap((table) =>
      // The first column is the heading of each row, whatever it contains.
      table.columns.slice(1).map((column) => ({ ...column, caption: table.caption })),
    );
    const wrong = columns.filter(({ isText, cells }) => {
      const telling = cells.filter((cell) => cell !== NOTHING);
      return telling.length > 0 && isText === telling.every((cell) => FIGURE.test(cell));
    });
    assert.deepEqual(
      wrong.map(({ caption, title, cells }) => `${caption}: ${title}: ${cells.join(' | ')}`),
      [],
      name,
    );
  }
});

/** Returns the tables of a page, column by column. Each row of a group includes the group's heading. */
function tablesOf(page: string): { caption: string; widths: number[]; columns: Column[] }[] {
  return [...page.matchAll(/<table>(.*?)<\/table>/gs)].map(([, text = '']) => {
    const [head = '', ...groups] = text.split('<tbody>');
    const rows = groups.flatMap((group) =>
      [...group.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) => [
        plain(/<th[^>]*>(.*?)<\/th>/s.exec(group)?.[1] ?? ''),
        ...[...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => plain(cell)),
      ]),
    );
    return {
      caption: plain(/<caption>(.*?)<\/caption>/s.exec(head)?.[1] ?? ''),
      widths: rows.map((row) => row.length),
      columns: [...head.matchAll(/<th scope="col"( class="text")?>(.*?)<\/th>/gs)].map(
        ([, kind, title = ''], index) => ({
          title: plain(title),
          isText: kind !== undefined,
          cells: rows.map((row) => row[index] ?? ''),
        }),
      ),
    };
  });
}

const plain = (markup: string): string => markup.replace(/<[^>]*>/g, '').trim();
