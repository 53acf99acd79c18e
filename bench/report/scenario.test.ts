import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import type { Cells, Explanation, ScenarioReport } from './scenario.ts';
import { scenarioReport, summaryTable } from './scenario.ts';
import { type View, viewOf } from './view.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const RESULT = makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]);
const VIEW = viewOf(RESULT);

const ROWS: Record<string, Cells> = {
  tls: [
    ['variant', 'tls'],
    ['empty', '–'],
    ['some', '–'],
    ['optional', '5'],
    ['always', '–'],
  ],
  plain: [
    ['variant', 'plain'],
    ['empty', '–'],
    ['some', '7'],
    ['optional', '6'],
    ['always', '–'],
  ],
};

const LEGEND: readonly Explanation[] = [
  [['empty'], 'not shown'],
  [['empty', 'some'], 'one shown'],
  [['some', 'always'], 'both shown'],
];

test('optional columns without any value are left out, and so are they from the legend', () => {
  const report = {
    ...scenarioReport(RESULT),
    cells: ({ name }) => ROWS[name] ?? [],
    optional: ['empty', 'some', 'optional', 'missing'],
    legend: (view: View) => (view === VIEW ? LEGEND : []),
  } satisfies ScenarioReport;
  const shown = (cells: Cells = []) => cells.filter(([heading]) => heading !== 'empty');
  assert.deepEqual(summaryTable(report, VIEW), {
    rows: [shown(ROWS.tls), shown(ROWS.plain)],
    legend: 'some: one shown. some, always: both shown.',
  });
  const { rows } = summaryTable({ ...report, optional: [] }, VIEW);
  assert.deepEqual(rows, [ROWS.tls, ROWS.plain]);
});
