import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Run } from '../../model/run.ts';
import { headsOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';
import { failures } from './failures.ts';

function failing(scenario: string, ...kinds: readonly Record<string, number>[]) {
  const runs = kinds.map((counts): Run => {
    const run = makeRun({ seconds: 2 });
    run.plan.workload = { ...run.plan.workload, scenario, ...(scenario === 'echo' ? {} : { load: null }) };
    const steady = run.slices.find(({ phase }) => phase === 'steady') ?? assert.fail();
    steady.failures = counts;
    return run;
  });
  const section = failures(viewOf(makeResult(runs)));
  const rows = [...(section.body?.markup ?? '').matchAll(/<tr>(<t[hd].*?)<\/tr>/gs)].map(([, row = '']) =>
    row
      .replace(/<[^>]*>/g, ' ')
      .trim()
      .split(/\s{2,}/),
  );
  return { finding: section.finding, rows: rows.filter((row) => /^\d/.test(row.at(-1) ?? '')) };
}

test('failures are counted over the affected runs, and listed by stage, most frequent first', () => {
  const { finding, rows } = failing(
    'echo',
    { 'upgrade/status-502': 2, 'upgrade/status-503': 3, 'tcp/refused': 1 },
    {},
    { 'open/closed-1006': 1 },
  );
  assert.equal(finding, '7 failures in 2 of 3 runs.');
  assert.deepEqual(
    rows.map((row) => row.slice(-2)),
    [
      ['refused', '1'],
      ['status-503', '3'],
      ['status-502', '2'],
      ['closed-1006', '1'],
    ],
  );
  assert.deepEqual(failing('echo', {}), { finding: 'No connection failed in any run.', rows: [] });
});

test('of connections that ended because of the scenario, the most frequent kinds come first, after the failures', () => {
  const kinds = { 'open/closed-1000': 1, 'open/cut': 40, 'open/closed-1006': 7 };
  const { rows } = failing('storm', { ...kinds, 'tcp/refused': 5, 'tcp/reset': 6 });
  assert.deepEqual(
    rows.map((row) => row.slice(-2)),
    [
      ['reset', '6'],
      ['refused', '5'],
      ...Object.entries(kinds)
        .toSorted(([, a], [, b]) => b - a)
        .map(([kind, count]) => [kind.replace('open/', ''), String(count)]),
    ],
  );
});

test('without failures there is no table of them, and without such ends none of those', () => {
  const captions = (scenario: string, counts: Record<string, number>) => {
    const run = makeRun({ seconds: 2 });
    run.plan.workload = { ...run.plan.workload, scenario, load: null };
    (run.slices.find(({ phase }) => phase === 'steady') ?? assert.fail()).failures = counts;
    return headsOf(failures(viewOf(makeResult([run])))).map((head) => head.split(':')[0]);
  };
  const [failed, ended] = ['Failures by stage and kind', 'Open connections that ended'];
  assert.deepEqual(captions('storm', { 'open/cut': 1 }), [ended]);
  assert.deepEqual(captions('storm', { 'tcp/refused': 1 }), [failed]);
  assert.deepEqual(captions('storm', { 'tcp/refused': 1, 'open/cut': 1 }), [failed, ended]);
});

test('connections that end because of the scenario are not counted as failures', () => {
  const { finding, rows } = failing('storm', { 'open/cut': 40, 'open/closed-1006': 2, 'tcp/refused': 3 }, {});
  assert.match(
    finding,
    /^\d+ failures in 1 of 2 runs; \d+ open connections ended because of the scenario\.$/,
  );
  const counted = (pattern: RegExp) => Number(pattern.exec(finding)?.[1]);
  assert.equal(counted(/^(\d+) failures/) + counted(/; (\d+) open/), 45);
  assert.deepEqual(rows.map((row) => row.at(-1)).toSorted(), ['2', '3', '40']);
  assert.equal(
    failing('storm', { 'open/cut': 1 }).finding,
    'No attempt to connect failed; 1 open connection ended because of the scenario.',
  );
});
