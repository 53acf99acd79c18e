import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { expectedRunMs, meanRunMs } from './budget.ts';

const BASE = makeRun({ seconds: 1, connections: 10, perSecond: 100 });

/** A run that starts at this second, with this position among interleaved runs, if any. */
function at(second: number, index: number | null = null): Run {
  const turns = index === null ? null : { index, of: 2, lengthMs: 250, pauseMs: 5, mirrored: true };
  const startedAt = new Date(Date.UTC(2025, 0, 2) + second * 1000).toISOString();
  return { ...BASE, startedAt, plan: { ...BASE.plan, turns } };
}

test('the mean duration of a run is known from the start of the second one', () => {
  assert.deepEqual([meanRunMs([]), meanRunMs([at(5)])], [0, 0]);
  assert.equal(meanRunMs([at(5), at(8)]), 3000);
  assert.equal(meanRunMs([at(5), at(6), at(9)]), 2000);
});

test('of interleaved runs, only the first starts after the runs before it', () => {
  assert.equal(meanRunMs([at(0, 0), at(1, 1)]), 0);
  assert.equal(meanRunMs([at(0, 0), at(1, 1), at(8, 0)]), 4000);
  assert.equal(meanRunMs([at(0, 0), at(1, 1), at(8, 0), at(9, 1)]), 4000);
  assert.equal(meanRunMs([at(0, 1), at(1, 1)]), 0);
});

test('until the duration is known, it is that of the plan and of starting the processes', () => {
  const plan = { ...BASE.plan, warmupMs: 500, durationMs: 3000 };
  assert.equal(expectedRunMs([], plan), 5500);
  assert.equal(expectedRunMs([at(0), at(9)], plan), 9000);
});
