import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING } from '../../wording/format.ts';
import {
  CHECKED_TITLES,
  COST_TITLES,
  errorText,
  formatCost,
  formatNeed,
  NEED_TITLES,
} from '../../wording/size.ts';
import { CHECK_COLUMNS, COST_COLUMNS, checkRows, costRows, NEED_COLUMNS, needRows } from './rows.ts';
import { SIZED } from './size.test.fixture.ts';

test('each row has a value and its interval, which is exact if its ends are equal, or neither', () => {
  const memory = { least: 17_000, most: 19_000 };
  const predicted = { least: 9e7, most: 1.1e8 };
  assert.deepEqual(needRows(SIZED), [
    [NEED_TITLES.workers, formatNeed('workers', 4), 'exact'],
    [NEED_TITLES.cores, NOTHING, NOTHING],
  ]);
  assert.deepEqual(costRows(SIZED), [
    [
      COST_TITLES['memory-connection'],
      formatCost('memory-connection', 18_000),
      ...[formatCost('memory-connection', memory), '3 of 4'],
    ],
    [COST_TITLES['cpu-message'], NOTHING, NOTHING, '0 of 2'],
  ]);
  assert.deepEqual(checkRows(SIZED), [
    [
      ...[CHECKED_TITLES.memory, formatNeed('memory', 1e8), formatNeed('memory', predicted)],
      ...[formatNeed('memory', 8e7), errorText(0.25)],
    ],
    [CHECKED_TITLES.files, formatNeed('files', 10_024), 'exact', NOTHING, NOTHING],
  ]);
  const columns = [NEED_COLUMNS, COST_COLUMNS, CHECK_COLUMNS].map(({ length }) => length);
  const cells = [needRows, costRows, checkRows].map((rowsOf) => rowsOf(SIZED)[0]?.length);
  assert.deepEqual(columns, cells);
});
