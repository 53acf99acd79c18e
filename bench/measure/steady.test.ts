import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { emptyHistogram, encode } from './histogram.ts';
import {
  histogramOf,
  histogramOfAll,
  isOpenLoop,
  latenciesOf,
  latencyNameOf,
  slicesWithin,
  steadyWork,
} from './steady.ts';

const span = (startUs: number, endUs: number) => ({ startUs: startUs * 1e6, endUs: endUs * 1e6 });

test('a part of the steady phase has the slices that begin in it', () => {
  const run = makeRun({ seconds: 5 });
  const starts = (...parts: { startUs: number; endUs: number }[]) =>
    slicesWithin(run, parts).map(({ startUs }) => startUs / 1e6);
  // The steady phase lasts from 4 s to 9 s.
  assert.deepEqual(starts(span(5, 6), span(7.5, 9)), [5, 8]);
  assert.deepEqual(starts(span(0, 20)), [4, 5, 6, 7, 8]);
  assert.deepEqual(starts(), []);
});

test('the work of some parts of the steady phase is that of their slices, in their own time', () => {
  const run = makeRun({ seconds: 5 });
  for (const [second, slice] of run.slices.entries())
    slice.counters = { sent: 2 ** second, echoed: 100, bytesSent: 1, bytesReceived: 2, special: 3 };
  run.processes = [evenProcess('proxy', 300_000), evenProcess('server', 100_000)];
  const work = steadyWork(run, [span(5, 6), span(7, 9)]);
  assert.deepEqual(
    { ...work, perSecond: work.perSecond(30) },
    {
      counts: { sent: 2 ** 5 + 2 ** 7 + 2 ** 8, echoed: 300, bytesSent: 3, bytesReceived: 6, special: 9 },
      done: 300,
      cpuUs: { proxy: 3000, server: 1000, generator: null },
      perSecond: 10,
    },
  );
  const none = steadyWork(run, []);
  assert.deepEqual(
    { ...none, perSecond: none.perSecond(30) },
    {
      counts: { sent: 0, echoed: 0, bytesSent: 0, bytesReceived: 0 },
      done: 0,
      cpuUs: { proxy: null, server: null, generator: null },
      perSecond: null,
    },
  );
  // A process that was only observed in the first part has no CPU time for both.
  const [brief] = run.processes;
  assert.ok(brief);
  brief.samples = brief.samples.slice(0, 3).map((sample, i) => ({ ...sample, atUs: (4 + i) * 1e6 }));
  assert.equal(steadyWork(run, [span(5, 6), span(7, 9)]).cpuUs.proxy, null);
  assert.equal(steadyWork(run, [span(7, 9), span(5, 6)]).cpuUs.proxy, null);
});

test('the work of a run is that of its whole steady phase, if it reached it', () => {
  const run = makeRun({ seconds: 5 });
  const whole = steadyWork(run);
  const { perSecond, ...work } = steadyWork(run, [span(4, 9)]);
  assert.deepEqual({ ...whole, perSecond: whole.perSecond(30) }, { ...work, perSecond: perSecond(30) });
  const early = steadyWork({ ...run, phases: run.phases.slice(0, 1) });
  assert.deepEqual([early.done, early.perSecond(30), early.cpuUs.proxy], [0, null, null]);
});

test('an open loop measures response times, and others service times; without messages, there is neither', () => {
  const measured = (run: Run) => {
    const all = Object.entries(latenciesOf(run)).filter(([, summary]) => summary !== null);
    return [latencyNameOf(run), isOpenLoop(run), all.map(([name]) => name)];
  };
  const opening = ['tcp', 'tls', 'upgrade', 'handshake'];
  const [open, closed] = [makeRun({ seconds: 1, load: OPEN }), makeRun({ seconds: 1, load: CLOSED })];
  const idle = {
    ...closed,
    plan: { ...closed.plan, workload: { ...closed.plan.workload, scenario: 'idle' } },
  };
  idle.plan.workload.load = null;
  assert.deepEqual(measured(open), ['response', true, [...opening, 'response', 'service', 'sendLag']]);
  assert.deepEqual(measured(closed), ['service', false, [...opening, 'service']]);
  assert.deepEqual(measured(idle), ['service', false, [...opening, 'lifetime', 'pong']]);
  const { response, service, sendLag } = latenciesOf(idle);
  assert.deepEqual([response, service, sendLag], [null, null, null]);
});

test('the samples of several runs are merged, from the phases that the scenario evaluates', () => {
  const run = makeRun({ seconds: 1, load: OPEN });
  const counts = { connect: 1, 'warm-up': 10, steady: 100, drain: 1000 };
  run.slices = run.slices.filter(({ phase, startUs }) => phase === 'drain' || (startUs / 1e6) % 2 === 0);
  for (const slice of run.slices) {
    const histogram = emptyHistogram();
    histogram.recordValueWithCount(500, counts[slice.phase]);
    slice.histograms = { response: encode(histogram), tcp: encode(histogram) };
  }
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  assert.deepEqual(
    [
      histogramOf(run, 'response').totalCount,
      histogramOf(run, 'response', steady).totalCount,
      histogramOf(run, 'tcp').totalCount,
      histogramOfAll([run, run], 'response').totalCount,
      histogramOfAll([run, run], 'tcp').totalCount,
      histogramOfAll([], 'response').totalCount,
    ],
    [1100, 100, 1111, 2200, 2222, 0],
  );
});
