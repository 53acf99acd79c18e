import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMixedRun } from '../../test/mixed.ts';
import type { HttpLeg, Run, Slice } from '../model/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, summarise } from './histogram.ts';
import { httpCourse, httpFigures, httpLoadOf } from './http.ts';
import { mergeSlices } from './span.ts';

function merged(run: Run, is: (slice: Slice) => boolean) {
  return mergeSlices(run.slices.filter(is), 'response');
}

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

test('the figures of requests during the load are complete', () => {
  const run = makeMixedRun('plain');
  run.processes = [evenProcess('proxy', 300_000)];
  const process = run.processes[0] ?? assert.fail();
  // The steady phase lasts from 4 s to 10 s, with requests from 6 s to 8 s.
  process.samples = [0, 4, 6, 8, 10].map((second, i) => ({
    ...(process.samples[0] ?? assert.fail()),
    atUs: second * 1e6,
    cpuUs: [0, 100_000, 500_000, 1_700_000, 9_000_000][i] ?? 0,
  }));
  const summaryOf = (us: number, count: number) => {
    const histogram = emptyHistogram();
    if (count > 0) histogram.recordValueWithCount(us, count);
    return summarise(histogram);
  };
  const figures = {
    succeeded: 200,
    failed: 0,
    statuses: { '2xx': 200 },
    requestsPerSecond: 100,
    latency: summaryOf(700, 200),
    cacheHitShare: null,
    backend: 200,
    span: { startUs: 6e6, endUs: 8e6 },
    due: 200,
    unanswered: 0,
    conserved: true,
    with: {
      response: summaryOf(3000, 2000),
      sendLag: summaryOf(0, 0),
      cores: { proxy: 0.6, server: null, generator: null },
    },
    without: {
      response: summarise(merged(run, ({ startUs }) => startUs < 6e6 || startUs >= 8e6)),
      sendLag: summaryOf(0, 0),
      cores: { proxy: 0.2, server: null, generator: null },
    },
  };
  assert.deepEqual(httpLoadOf(run), figures);
  assert.ok(run.httpLoad);
  // A second belongs to the requests if its middle does.
  const counts = (startUs: number, endUs: number) => {
    const { with: during, without } =
      httpLoadOf({ ...run, httpLoad: { ...(run.httpLoad ?? assert.fail()), startUs, endUs } }) ??
      assert.fail();
    return [during.response.count, without.response.count];
  };
  assert.deepEqual(counts(6.5e6, 7.5e6), [1000, 5000]);
  assert.deepEqual(counts(6.5e6 + 1, 7.5e6 + 1), [1000, 5000]);
  assert.deepEqual(counts(5.5e6, 8.5e6 + 1), [4000, 2000]);
  assert.deepEqual(httpCourse(run.httpLoad), [
    { atUs: 6.5e6, p50Us: 700 },
    { atUs: 7.5e6, p50Us: 700 },
  ]);
});

test('without a schedule, requests are due when they are sent', () => {
  const run = makeMixedRun('plain');
  const { httpLoad } = run;
  assert.ok(httpLoad);
  const load = (change: Partial<HttpLeg>) => {
    const { due, unanswered, conserved } =
      httpLoadOf({ ...run, httpLoad: { ...httpLoad, total: { ...httpLoad.total, ...change } } }) ??
      assert.fail();
    return [due, unanswered, conserved];
  };
  assert.deepEqual(load({ schedule: null, errors: 3, timeouts: 2 }), [205, 0, true]);
  const schedule = { ratePerSecond: 100, due: 210, unanswered: 5 };
  assert.deepEqual(load({ schedule, errors: 3, timeouts: 2 }), [210, 5, true]);
  assert.deepEqual(load({ schedule, errors: 3, timeouts: 1 }), [210, 5, false]);
  assert.equal(httpLoadOf({ ...run, phases: [] }), null);
});

test('the share of cache hits is that of all responses of the cache', () => {
  const leg = makeMixedRun('cache').http ?? assert.fail();
  const share = (cache: HttpLeg['cache']) => httpFigures({ ...leg, cache }).cacheHitShare;
  assert.deepEqual(
    [share({ HIT: 3, MISS: 1 }), share({ MISS: 1 }), share({ HIT: 1 }), share({}), share(null)],
    [0.75, 0, 1, null, null],
  );
  const failed = httpFigures({ ...leg, statuses: { '2xx': 200 }, errors: 1 });
  assert.deepEqual([failed.failed, failed.cacheHitShare, failed.backend], [1, null, null]);
});

test('without classes of status, every other status than 2xx is a failure; the backend answered no more than succeeded', () => {
  const leg = makeMixedRun('cache').http ?? assert.fail();
  const failed = (statuses: HttpLeg['statuses']) =>
    httpFigures({ ...leg, requests: 20, non2xx: 9, statuses, errors: 0, timeouts: 0 }).failed;
  assert.deepEqual(
    [failed(null), failed({ '2xx': 11, '4xx': 4, '5xx': 3 }), failed({ '4xx': 4 }), failed({ '5xx': 3 })],
    [9, 7, 4, 3],
  );
  assert.equal(httpFigures({ ...leg, durationUs: 0 }).requestsPerSecond, 0);
  const answered = { ...leg, requests: 20, non2xx: 9, statuses: { '2xx': 11 }, errors: 0, timeouts: 0 };
  const backend = (backendRequests: number) => httpFigures({ ...answered, backendRequests }).backend;
  assert.deepEqual([backend(5), backend(12)], [5, 11]);
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
