import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison, makeRounds } from '../../test/comparison.ts';
import { makeLadderResult } from '../../test/ladder.ts';
import { makeBothSteps } from '../../test/result.ts';
import type { Notice } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import { COMPARISON } from './kinds/comparison.ts';
import type { Block, SummaryTable } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { resultText, summaryText } from './terminal.ts';

const notice = (level: Notice['level'], text: string): Notice => ({ level, code: 'a', data: {}, text });

/** The lines of a text, those of tables as cells. */
function linesOf(result: Result): (string | string[])[] {
  const { kind, found } = kindOf(result) ?? assert.fail();
  const heads = kind.text(found, result).blocks.flatMap((block) => (isTable(block) ? [block.head[0]] : []));
  let inTable = false;
  return resultText(result, null)
    .split('\n')
    .map((line) => {
      inTable = line !== '' && (inTable || heads.some((head) => line.trim().startsWith(`${head} `)));
      return inTable && / {2,}/.test(line) ? line.trim().split(/ {2,}/) : line;
    });
}

function isTable(block: Block): block is SummaryTable {
  return typeof block === 'object' && 'rows' in block;
}

test('a comparison has its sentences, then each block apart, then the warnings about the whole result', () => {
  const result = { ...makeRounds(), notices: [notice('info', 'A note.'), notice('warning', 'A warning.')] };
  const { sentences, blocks } = COMPARISON.text(makeComparison(), result);
  const [table, how, excluded, ...others] = blocks;
  assert.ok(table !== undefined && isTable(table) && Array.isArray(how) && Array.isArray(excluded));
  assert.ok(excluded.length > 0 && others.length === 0);
  const lines = linesOf(result);
  const start = sentences.length + 1;
  const rule = lines[start + 1];
  assert.match(String(rule), /^─+$/);
  assert.deepEqual(lines, [
    ...sentences,
    '',
    [...table.head],
    rule,
    ...table.rows.map((row) => [...row]),
    '',
    ...how,
    '',
    ...excluded,
    '',
    'A warning.',
    '',
  ]);
  const { comparisons } = makeComparison();
  const none = { ...result, notices: [], conclusions: [{ ...makeComparison(), comparisons, excluded: [] }] };
  assert.deepEqual(linesOf(none).slice(-how.length - 2), ['', ...how, '']);
});

test('a table that may be left out is shown with its note, or not at all without rows', () => {
  const result = makeLadderResult({ levels: [1, 4], rounds: 1 });
  const { kind, found } = kindOf(result) ?? assert.fail();
  const { sentences, blocks } = kind.text(found, result);
  const [table] = blocks;
  assert.ok(table !== undefined && isTable(table) && table.note !== undefined && table.rows.length === 2);
  const lines = linesOf(result);
  const start = sentences.length + 1;
  assert.deepEqual(lines, [
    ...sentences,
    '',
    [...table.head],
    lines[start + 1],
    ...table.rows.map((row) => [...row]),
    table.note,
    '',
  ]);
  const none = makeLadderResult({ levels: [1, 4], rounds: 1 }, { most: 0 });
  const of = kindOf(none) ?? assert.fail();
  assert.equal(resultText(none, null), `${of.kind.text(of.found, none).sentences.join('\n')}\n`);
});

test('figures of a table are on the right, words on the left, each column as wide as its widest cell', () => {
  const [head = '', rule = '', ...rows] = summaryText(makeBothSteps(3, 1), null).split('\n').slice(0, 5);
  assert.equal(rule, '─'.repeat(Math.max(...[head, ...rows].map((line) => line.length))));
  const ends = [head, ...rows].map((line) =>
    [...line.matchAll(/\S+(?: \S+)*/g)].map((cell) => [cell.index, cell.index + cell[0].length]),
  );
  for (const [at, cells] of ends.entries()) {
    assert.equal(cells.length, ends[0]?.length, rows[at]);
    assert.deepEqual(cells[1]?.[1], ends[1]?.[1]?.[1] ?? 0, 'the throughput ends in one column');
    assert.deepEqual(cells[0]?.[0], 0);
  }
});

test('a result with runs only has their summary', () => {
  const result = makeBothSteps(1, 1);
  for (const columns of [null, 60]) assert.equal(resultText(result, columns), summaryText(result, columns));
});
