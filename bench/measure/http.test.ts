import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMixedRun } from '../../test/mixed.ts';
import { figuresOf } from './figures.ts';

test('messages count as `with` HTTP in the seconds of the requests, and otherwise as `without`', () => {
  const figures = figuresOf(makeMixedRun('plain'));
  const { httpLoad } = figures;
  assert.ok(httpLoad !== null);
  assert.deepEqual([httpLoad.with.response.count, httpLoad.without.response.count], [2000, 4000]);
  assert.deepEqual([httpLoad.with.response.p50, httpLoad.without.response.p50], [3001, 1000]);
  assert.deepEqual(
    [httpLoad.due, httpLoad.succeeded, httpLoad.failed, httpLoad.unanswered, httpLoad.conserved],
    [200, 200, 0, 0, true],
  );
  assert.equal(httpLoad.requestsPerSecond, 100);
  // The CPU time was also used for HTTP requests.
  assert.equal(figures.cpuUsPerMessage.proxy, null);
});

test('requests missing from the counts are detected', () => {
  const run = makeMixedRun('plain');
  assert.ok(run.httpLoad?.total.schedule);
  run.httpLoad.total.schedule.due++;
  assert.equal(figuresOf(run).httpLoad?.conserved, false);
});

test('a run without HTTP requests has no figures for them', () => {
  assert.equal(figuresOf({ ...makeMixedRun('plain'), httpLoad: null }).httpLoad, null);
});
