import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import { stored } from './finding.ts';
import { countsFor, LADDER_AXES, type LadderPoint, levelOf } from './ladder.ts';

test('a point counts for every metric for which its run is fit; in older results, for all or none', () => {
  const counts = (changes: Partial<LadderPoint>) => {
    const point = { level: 1, round: 1, figures: {}, excluded: null, unfit: null, ...changes };
    return ['a', 'b'].map((metric) => countsFor(point, metric));
  };
  const excluded = stored('It was suspect.');
  assert.deepEqual(
    [counts({}), counts({ excluded }), counts({ excluded, unfit: ['a'] }), counts({ unfit: [] })],
    [
      [true, true],
      [false, false],
      [false, true],
      [true, true],
    ],
  );
});

test('the level of a run is the quantity that its ladder increases', () => {
  const { plan } = makeRun({ seconds: 1, connections: 40, load: OPEN });
  const levels = (of: typeof plan) => LADDER_AXES.map((over) => levelOf(of, over));
  const proxy = { workers: 3, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
  const workload = {
    ...plan.workload,
    load: { kind: 'open', ratePerSecond: 700, arrivals: 'uniform' } as const,
    payload: { ...plan.workload.payload, minBytes: 5, maxBytes: 64 },
  };
  assert.deepEqual(levels({ ...plan, workload, proxy }), [40, 700, 64, 3]);
  assert.deepEqual(levels({ ...plan, workload: { ...workload, load: null }, proxy: null }), [
    ...[40, null, 64, null],
  ]);
});
