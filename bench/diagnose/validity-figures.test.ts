import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { Finding } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import { busyRun, onTarget, openRun, QUICK } from './busy.test.fixture.ts';
import type { Utilisation } from './utilisation.ts';
import { validityOf } from './validity.ts';

const IDLE: Utilisation = {
  ...{ proxy: { busiest: 0, least: 0 }, server: null, generator: null, machine: 0, shared: null },
};

/** Judges a run of a scenario with the given figures and utilisation. */
function judged(
  { scenario = 'echo', run = busyRun() }: { scenario?: string; run?: Run },
  figures: Partial<RunFigures> = {},
  utilisation: Partial<Utilisation> = {},
) {
  run.plan.workload = { ...run.plan.workload, scenario };
  return validityOf(run, { ...figuresOf(run), ...figures }, { ...IDLE, ...utilisation });
}

function reasons(scenario: string, figures: Partial<RunFigures>, run?: Run): Finding[] {
  return judged({ scenario, ...(run === undefined ? {} : { run }) }, figures).reasons;
}

test('handshakes that were refused, broken, lost or never started are losses', () => {
  const none = { refused: 0, broken: 0, unstarted: 0, lost: 0 };
  const done = { done: 5, perSecond: 5, cpuUs: {} as never, perCore: null };
  const lossesOf = (counts: Record<string, number>) => reasons('connect', { counts, work: done });
  assert.deepEqual(lossesOf({ started: 9 }), []);
  assert.deepEqual(lossesOf({}), []);
  for (const name of ['refused', 'broken', 'unstarted', 'lost'])
    assert.deepEqual(lossesOf({ started: 9, [name]: 2 }), [
      finding('handshake-losses', { started: 9, ...none, [name]: 2 }),
    ]);
  for (const all of [
    { refused: 1, broken: 2, unstarted: 3, lost: 4 },
    { ...none, refused: 2, broken: 2 },
    { ...none, broken: 2, unstarted: 2 },
    { ...none, unstarted: 2, lost: 2 },
  ])
    assert.deepEqual(lossesOf(all), [finding('handshake-losses', { started: 0, ...all })]);
});

test('HTTP requests during the load that were missing, failed or unanswered are reported', () => {
  const load = (due: number, failed = 0, unanswered = 0, conserved = true) =>
    ({ due, failed, unanswered, conserved }) as NonNullable<RunFigures['httpLoad']>;
  const missing = finding('http-missing', {});
  const of = (httpLoad: RunFigures['httpLoad'], run?: Run) => reasons('mixed', { httpLoad }, run);
  assert.deepEqual([of(null), of(load(0))], [[missing], [missing]]);
  assert.deepEqual(of(load(9)), []);
  assert.deepEqual(of(load(9, 1)), [finding('http-unanswered', { due: 9, failed: 1, unanswered: 0 })]);
  assert.deepEqual(of(load(9, 0, 2)), [finding('http-unanswered', { due: 9, failed: 0, unanswered: 2 })]);
  assert.deepEqual(of(load(9, 2, 2)), [finding('http-unanswered', { due: 9, failed: 2, unanswered: 2 })]);
  assert.deepEqual(of(load(9, 0, 0, false)), [finding('http-counts-differ', {})]);
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  assert.deepEqual(of(null, { ...busyRun(), outcome: failed }), [finding('run-ended', failed)]);
});

test('deliveries that did not arrive are reported, with those that the server skipped', () => {
  const of = (expected: number, delivered: number, skipped = 0) =>
    reasons('slow-consumer', { counts: { expected, delivered, skipped } });
  assert.deepEqual(of(5, 5, 2), []);
  assert.deepEqual(of(5, 4, 1), [finding('deliveries-lost', { lost: 1, expected: 5, skipped: 1 })]);
});

test('work that was not done is named after its kind, and losses are those of connections and messages', () => {
  const work = (done: number) => ({ done, perSecond: done, cpuUs: {} as never, perCore: null });
  assert.deepEqual(reasons('connect', { work: work(0), counts: {} }), [finding('nothing-opened', {})]);
  assert.deepEqual(reasons('echo', { work: work(0) }), [finding('nothing-echoed', {})]);
  assert.deepEqual(reasons('echo', { work: work(1) }), []);
  const silent = onTarget(busyRun());
  if (silent.plan.target.kind === 'external') silent.plan.target.expect = 'none';
  assert.deepEqual(reasons('echo', { work: work(0) }, silent), [finding('nothing-sent', {})]);
  const { connections, messages } = figuresOf(busyRun());
  const counts = { asked: connections.asked, failed: 0, lost: 0, unsent: 0 };
  assert.deepEqual(reasons('echo', { connections: { ...connections, failed: 1 } }), [
    finding('losses', { ...counts, failed: 1 }),
  ]);
  assert.deepEqual(reasons('echo', { messages: { ...messages, lost: 1 } }), [
    finding('losses', { ...counts, lost: 1 }),
  ]);
  const broken = [{ whole: 'sent', parts: ['echoed'] }];
  const conservation = { ok: false, broken, workers: [] } as unknown as RunFigures['conservation'];
  assert.deepEqual(reasons('echo', { conservation }), [
    finding('counts-differ', { broken: broken as never }),
  ]);
});

test('clocks count as too inaccurate beyond a tenth of the median delivery time', () => {
  const run = openRun(1, QUICK);
  const host = { role: 'generator', cpus: 2, isRunners: false, machine: null, samples: null } as const;
  run.hosts = [60, 40].map((errorUs, index) => ({
    ...{ ...host, name: `h${index}`, workers: [index], sendLag: null },
    clock: { errorUs, driftUs: 0 },
  }));
  const { latencies } = figuresOf(run);
  const of = (p50: number | null) => {
    const delivery = p50 === null ? null : { ...(latencies.response ?? assert.fail()), p50 };
    return reasons('broadcast', { latencies: { ...latencies, delivery } }, run).filter(
      ({ code }) => code === 'clock-error',
    );
  };
  assert.deepEqual([of(null), of(1000)], [[], []]);
  assert.deepEqual(of(999), [finding('clock-error', { errorUs: 100, p50Us: 999 })]);
});

test('a storm that cut nothing is reported, unless it did not complete', () => {
  const cut = (count: number, run?: Run) =>
    reasons('storm', { counts: { cut: count } }, run).map(({ code }) => code);
  assert.deepEqual([cut(0), cut(1)], [['nothing-cut'], []]);
  assert.deepEqual(cut(0, { ...busyRun(), outcome: { state: 'aborted', reason: '' } }), ['run-ended']);
});

test('connections were spread unevenly before a server was lost', () => {
  const before = (counts: number[] | null) => {
    const backends = { before: counts } as RunFigures['backends'];
    return reasons('backend-loss', { backends }).map(({ data }) => data);
  };
  assert.deepEqual([before(null), before([5, 5])], [[], []]);
  assert.deepEqual(before([4, 9, 1]), [{ least: 1, most: 9 }]);
  assert.deepEqual(reasons('backend-loss', { backends: null }), []);
});

const proxy = (busiest: number) => ({ proxy: { busiest, least: 0 } });

/** Returns the verdict and the codes of the reasons. */
function verdict(utilisation: Partial<Utilisation>, { run = busyRun(), scenario = 'echo' } = {}): string[] {
  const { verdict: found, reasons: all } = judged({ run, scenario }, {}, utilisation);
  return [found, ...all.map(({ code }) => code)];
}

test('a run is limited by the generator or the server if Nginx was below 80 %', () => {
  assert.deepEqual(
    verdict({ ...proxy(0.799), generator: 0.9 }),
    ['generator-limited', 'limited-by', 'generator-busy'].slice(0, 2),
  );
  assert.deepEqual(verdict({ ...proxy(0.8), generator: 0.9 }), ['suspect', 'generator-busy']);
  assert.deepEqual(verdict({ ...proxy(0.799), server: 0.9 }), ['server-limited', 'limited-by']);
  assert.deepEqual(verdict({ ...proxy(0.8), server: 0.9 }), ['valid']);
  assert.deepEqual(verdict({ proxy: null, server: 0.9 }), ['server-limited', 'limited-by']);
  const direct = busyRun({}, { profile: 'direct' });
  assert.deepEqual(verdict({ proxy: null, server: 0.9 }, { run: direct }), ['valid']);
  assert.deepEqual(verdict({ proxy: null, generator: 0.9 }, { run: direct }), [
    'generator-limited',
    'limited-by',
  ]);
  const failed = { ...busyRun(), outcome: { state: 'failed' as const, reason: '' } };
  assert.deepEqual(verdict({ server: 0.9 }, { run: failed }), ['suspect', 'run-ended']);
  // A scenario for which the limit does not matter has no such doubts.
  assert.deepEqual(verdict({ generator: 1 }, { scenario: 'reload' }), ['valid']);
  assert.deepEqual(verdict({ machine: 1 }), ['suspect', 'limited-by']);
  assert.deepEqual(verdict({ machine: 1, generator: 0.89 }, { run: failed }), [
    ...['suspect', 'run-ended', 'limited-by', 'generator-busy'],
  ]);
});

test('a generator above 85 % is a doubt, unless what is measured is saturated', () => {
  assert.deepEqual(verdict({ generator: 0.85 }), ['valid']);
  assert.deepEqual(verdict({ generator: 0.851 }), ['suspect', 'generator-busy']);
  assert.deepEqual(verdict({ ...proxy(0.9), generator: 0.89 }), ['valid']);
  assert.deepEqual(verdict({ ...proxy(0.89), generator: 0.89 }), ['suspect', 'generator-busy']);
  const direct = busyRun({}, { profile: 'direct' });
  assert.deepEqual(verdict({ proxy: null, server: 0.9, generator: 0.86 }, { run: direct }), ['valid']);
  const busy = judged({}, {}, { generator: 0.86 }).reasons;
  assert.deepEqual(busy, [finding('generator-busy', { share: 0.86 })]);
  const target = judged({ run: onTarget(busyRun()) }, {}, { generator: 0.86 }).reasons;
  assert.deepEqual(target, [finding('generator-busy', { share: 0.86, isExternal: true })]);
});
