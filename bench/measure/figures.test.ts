import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { assertGolden } from '../../test/golden.ts';
import { disturb } from '../../test/machine.ts';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { makeScenarioResult } from '../../test/scenario-run.ts';
import { PHASES } from '../model/load.ts';
import { counted } from '../model/recording.ts';
import { resultIndexSchema } from '../model/result.ts';
import { type HttpLeg, type Run, runSchema } from '../model/run.ts';
import { isBuiltIn, SCENARIOS } from '../scenarios/registry.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, encode } from './histogram.ts';
import { seriesOf } from './series.ts';

function sum(list: readonly number[]): number {
  return list.reduce((total, next) => total + next, 0);
}

/** Returns all numbers in a nested value. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

test('the fixture is a valid result', () => {
  const { runs, ...index } = makeResult([makeRun(), makeRun({ profile: 'direct', load: OPEN })]);
  v.parse(resultIndexSchema, { ...index, runs: [] });
  for (const run of runs) v.parse(runSchema, run);
});

test('messages, rates and bytes come from the totals and the steady phase', () => {
  const run = makeRun({ seconds: 4 });
  const figures = figuresOf(run);
  const steady = run.slices.filter((slice) => slice.phase === 'steady');
  assert.deepEqual(figures.connections, { asked: 1000, opened: 1000, failed: 0 });
  assert.equal(figures.messages.sent, sum(run.slices.map(({ counters }) => counted(counters, 'sent'))));
  assert.equal(
    figures.messages.perSecond,
    sum(steady.map(({ counters }) => counted(counters, 'echoed'))) / 4,
  );
  assert.equal(
    figures.bytes.sentPerSecond,
    sum(steady.map(({ counters }) => counted(counters, 'bytesSent'))) / 4,
  );
  assert.equal(
    figures.bytes.receivedPerSecond,
    sum(steady.map(({ counters }) => counted(counters, 'bytesReceived'))) / 4,
  );
  assert.equal(figures.connect.timeToOpenUs, 2_000_000);
  assert.equal(figures.connect.perSecond, 500);
  assert.equal(figures.conservation.ok, true);
});

test('a late echo of the steady phase counts, an echo of the warm-up does not', () => {
  const run = makeRun({ seconds: 3 });
  const counting = run.slices.filter((slice) => slice.phase === 'steady' || slice.phase === 'drain');
  assert.equal(
    figuresOf(run).latencies.service?.count,
    sum(counting.map(({ counters }) => counted(counters, 'echoed'))),
  );
});

test('message times come from the steady phase and the drain, handshake times from all phases', () => {
  const run = makeRun({ load: OPEN, seconds: 1 });
  const counts = { connect: 1, 'warm-up': 10, steady: 100, drain: 1000 };
  const phases = new Set<string>();
  for (const slice of run.slices) {
    const histogram = emptyHistogram();
    histogram.recordValueWithCount(500, counts[slice.phase]);
    const first = !phases.has(slice.phase);
    phases.add(slice.phase);
    const names = ['tcp', 'tls', 'upgrade', 'handshake', 'response', 'service', 'sendLag'] as const;
    slice.histograms = first ? Object.fromEntries(names.map((name) => [name, encode(histogram)])) : {};
  }
  const { latencies } = figuresOf(run);
  assert.deepEqual(Object.fromEntries(Object.entries(latencies).map(([name, of]) => [name, of?.count])), {
    tcp: 1111,
    tls: 1111,
    upgrade: 1111,
    handshake: 1111,
    response: 1100,
    service: 1100,
    sendLag: 1100,
  });
});

test('only an open loop has response times, send lag and an offered rate', () => {
  const closed = figuresOf(makeRun({ load: CLOSED, seconds: 2 }));
  assert.equal(closed.latencyName, 'service');
  assert.equal(closed.latencies.response, null);
  assert.equal(closed.latencies.sendLag, null);
  assert.equal(closed.offered, null);
  const open = figuresOf(makeRun({ load: OPEN, seconds: 2 }));
  assert.equal(open.latencyName, 'response');
  assert.ok((open.latencies.response?.p50 ?? 0) > 0);
  assert.equal(open.offered?.perSecond, 20_000);
  assert.equal(open.offered?.ratio, (open.messages.perSecond ?? 0) / 20_000);
});

test('only requests with a 2xx status succeed; redirects and a 426 from an echo server are not failures', () => {
  const run = makeRun({ seconds: 1, profile: 'cache', cache: true });
  const leg = run.http ?? assert.fail();
  const told = (change: Partial<HttpLeg>) => {
    const { http } = figuresOf({ ...run, http: { ...leg, ...change } });
    assert.ok(http);
    return [http.succeeded, http.failed, http.requestsPerSecond, http.backend, http.cacheHitShare];
  };
  const hits = 23_999 / 24_000;
  assert.deepEqual(told({}), [24_000, 0, 12_000, 1, hits]);
  // Requests in flight when the leg ended also reached a server, but were not answered.
  assert.deepEqual(told({ backendRequests: 24_010 }), [24_000, 0, 12_000, 24_000, hits]);
  const answers = (statuses: Record<string, number>) => ({
    statuses,
    non2xx: 24_000 - (statuses['2xx'] ?? 0),
  });
  assert.deepEqual(told(answers({ '2xx': 12_000, '3xx': 6000, '426': 6000 })), [12_000, 0, 6000, 1, hits]);
  assert.deepEqual(told(answers({ '2xx': 1, '4xx': 3, '5xx': 23_996 })), [1, 23_999, 0.5, null, null]);
  assert.deepEqual(told({ errors: 2 }), [24_000, 2, 12_000, null, null]);
  assert.deepEqual(told({ timeouts: 3 }), [24_000, 3, 12_000, null, null]);
  // An older result does not contain the individual statuses.
  assert.deepEqual(told({ statuses: null, non2xx: 5 }), [23_995, 5, 11_997.5, null, null]);
  assert.deepEqual(told({ durationUs: 0, requests: 0 }), [0, 0, 0, 0, hits]);
});

test('failures are summed by kind and by stage', () => {
  const run = makeRun({ seconds: 2 });
  for (const slice of run.slices.slice(0, 2)) {
    slice.failures = { 'upgrade/status-503': 2, 'tcp/reset': 1, 'open/reset': 4 };
  }
  const { failures } = figuresOf(run);
  assert.deepEqual(failures, {
    total: 14,
    faults: 14,
    expectedEnds: {},
    byKind: { 'status-503': 4, reset: 10 },
    byStage: { tcp: { reset: 2 }, tls: {}, upgrade: { 'status-503': 4 }, open: { reset: 8 } },
  });
});

test('totals that do not balance are found for each worker', () => {
  const run = makeRun({ seconds: 2 });
  const [first] = run.workers;
  assert.ok(first);
  first.echoed = counted(first, 'echoed') - 3;
  const { conservation } = figuresOf(run);
  assert.equal(conservation.ok, false);
  assert.deepEqual(
    conservation.workers.map((worker) => worker.ok),
    [false, true],
  );
});

test('a run that was interrupted in any phase, or has no totals, yields null and never NaN', () => {
  const cut = fc.record({
    phases: fc.subarray([...PHASES]),
    instant: fc.boolean(),
    workers: fc.boolean(),
    processes: fc.integer({ min: 0, max: 8 }),
    samples: fc.integer({ min: 0, max: 8 }),
    connections: fc.integer({ min: 1, max: 50 }),
    open: fc.boolean(),
  });
  fc.assert(
    fc.property(cut, (how) => {
      const whole = makeRun({
        seconds: 1,
        connections: how.connections,
        perSecond: 40,
        load: how.open ? OPEN : CLOSED,
      });
      const run: Run = {
        ...whole,
        phases: whole.phases
          .filter(({ phase }) => how.phases.includes(phase))
          .map((phase) => (how.instant ? { ...phase, endUs: phase.startUs } : phase)),
        slices: whole.slices.filter(({ phase }) => how.phases.includes(phase)),
        workers: how.workers ? whole.workers : [],
        processes: whole.processes
          .slice(0, how.processes)
          .map((series) => ({ ...series, samples: series.samples.slice(0, how.samples) })),
      };
      const figures = figuresOf(run);
      for (const number of numbersIn(figures)) assert.ok(Number.isFinite(number) && number >= 0);
      for (const number of numbersIn(seriesOf(run))) assert.ok(Number.isFinite(number));
      if (!run.phases.some(({ phase }) => phase === 'steady') || how.instant) {
        assert.equal(figures.messages.perSecond, null);
        assert.deepEqual(figures.cpuUsPerMessage, { proxy: null, server: null, generator: null });
      }
      const { counts, ok } = figures.conservation.total;
      const of = (name: string) => counted(counts, name);
      assert.equal(
        ok,
        of('sent') === of('echoed') + of('outstanding') + of('lost') &&
          (counts.due === undefined || of('due') === of('sent') + of('unsent')),
      );
    }),
    { numRuns: 60 },
  );
});

test('inTime is the share of messages due in the steady phase that were echoed within 1 s of their intended time', () => {
  const run = makeRun({ load: OPEN, seconds: 2 });
  const responses = (...samples: [us: number, count: number][]) => {
    const histogram = emptyHistogram();
    for (const [us, count] of samples) histogram.recordValueWithCount(us, count);
    return encode(histogram);
  };
  for (const slice of run.slices) {
    slice.histograms = {};
    slice.counters.due = 0;
  }
  const [warmUp, first, second, drain] = run.slices.slice(-4);
  assert.ok(warmUp && first && second && drain);
  warmUp.histograms.response = responses([5_000_000, 100]);
  first.histograms.response = responses([900, 500], [990_000, 10]);
  second.histograms.response = responses([1_010_000, 30]);
  drain.histograms.response = responses([2_000_000, 40], [400_000, 20]);
  assert.equal(figuresOf(run).offered?.inTime, 530 / 600);
  for (const worker of run.workers) worker.outstanding = 10;
  assert.equal(figuresOf(run).offered?.inTime, 530 / 620);
  // Messages abandoned within 1 s, because their connection was lost, are not in time; the others were late anyway.
  second.histograms.lostWait = responses([950, 5], [1_010_000, 3]);
  drain.histograms.unsentWait = responses([400_000, 4]);
  warmUp.histograms.lostWait = responses([5000, 7]);
  assert.equal(figuresOf(run).offered?.inTime, 521 / 620);
  first.counters.due = 600;
  drain.counters.due = 100;
  warmUp.counters.due = 900;
  assert.equal(figuresOf(run).offered?.inTime, 521 / 700);
});

test('outstanding messages are read at the start and end of the steady phase', () => {
  const run = makeRun({ seconds: 3 });
  for (const [i, slice] of run.slices.entries()) slice.gauges.outstanding = 10 + i;
  // Late latencies of the warm-up have a separate slice in the same second.
  run.slices.splice(5, 0, { ...(run.slices[4] ?? assert.fail()), phase: 'warm-up' });
  assert.deepEqual(figuresOf(run).steady.outstanding, { atStart: 13, atEnd: 16 });
  run.slices = [];
  assert.deepEqual(figuresOf(run).steady.outstanding, { atStart: null, atEnd: null });
});

test('the figures of every scenario are what their golden file says', () => {
  const runs = SCENARIOS.filter(({ name }) => isBuiltIn(name)).flatMap((scenario) =>
    makeScenarioResult(scenario).runs.filter(({ plan }) => plan.profile === 'tls'),
  );
  const steal = makeRun({ load: OPEN, seconds: 4 });
  disturb(steal, 1, { stolenUs: 300_000 });
  disturb(steal, 2, { otherUs: 900_000 });
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value;
  const figures = [...runs, steal].map(
    (run) => `${run.plan.workload.scenario} ${run.plan.step}\n${JSON.stringify(figuresOf(run), rounded)}`,
  );
  assertGolden('figures.txt', `${figures.join('\n\n')}\n`);
});
