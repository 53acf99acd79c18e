import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connectionsClause,
  cpuClauses,
  failureClauses,
  formatClock,
  phaseClause,
  rateClauses,
  timeClauses,
} from './clauses.ts';
import { after, BUSY, planned } from './progress.test.fixture.ts';
import { bar, fitted, joined, padded } from './screen.ts';

test('the rate is shown once there is one, with the offered rate in an open loop', () => {
  const rate = (echoedPerSecond: number, offeredPerSecond: number | null, openedPerSecond = 7) =>
    (['messages', 'handshakes'] as const).map((work) =>
      rateClauses({ ...BUSY, echoedPerSecond, offeredPerSecond, openedPerSecond }, work),
    );
  const [echoed, opened] = ['5/s echoed', '7/s opened'];
  assert.deepEqual(rate(5, null), [[echoed], [opened]]);
  assert.deepEqual(rate(0, null, 0), [[], []]);
  assert.deepEqual(rate(0, 0, 0), [[], []]);
  assert.deepEqual(rate(5, 0), [
    [echoed, '0/s offered'],
    [opened, '0/s offered'],
  ]);
  assert.deepEqual(rate(0, 9, 0), [
    ['0/s echoed', '9/s offered'],
    ['0/s opened', '9/s offered'],
  ]);
});

test('only known percentiles are shown', () => {
  assert.deepEqual(timeClauses({ ...BUSY, p99Us: null }), ['p50 2.88 ms', 'p99.9 12.1 ms']);
});

test('the CPU usage of several processes is followed by their cores and the busiest', () => {
  const cpu = (processes: number) =>
    cpuClauses({ component: 'proxy', processes, cores: 1.2345, busiest: 0.9876 });
  assert.deepEqual(cpu(1), ['123 %']);
  assert.deepEqual(cpu(2), ['62 %', '1.23 of 2 cores', 'busiest 99 %']);
});

test('failures are listed by kind, most frequent first', () => {
  const clauses = (failed: number, lost: number, failures: Record<string, number>) =>
    failureClauses({ ...BUSY, connections: { asked: 9, open: 9, failed }, lost, failures });
  assert.deepEqual(clauses(0, 0, {}), []);
  assert.deepEqual(clauses(1, 2, { 'tcp/refused': 3, 'upgrade/status-503': 40 }), [
    ...['1 connections failed', '2 messages lost', '40 upgrade/status-503', '3 tcp/refused'],
  ]);
});

test('durations are formatted in hours, minutes and seconds', () => {
  assert.deepEqual([0, 5400, 59_600, 3_599_000, 3_600_000, 3_725_000, -5].map(formatClock), [
    ...['0:00', '0:05', '1:00', '59:59', '1:00:00', '1:02:05', '0:00'],
  ]);
});

test('a phase of a known length is counted up to its end, in whole seconds', () => {
  const { run } = after([0, planned(1, 1)]);
  assert.ok(run);
  const plan = { ...run.plan, warmupMs: 1500, durationMs: 3_000_000 };
  const clause = (phase: typeof run.phase, nowMs: number) =>
    phaseClause({ ...run, plan, phase, phaseStartedMs: 1000 }, nowMs);
  assert.equal(clause('steady', 3999), 'steady, 2 of 3000 s');
  assert.equal(clause('steady', 3_001_000), 'steady, 3000 of 3000 s');
  assert.equal(clause('steady', 3_009_000), 'steady, 3000 of 3000 s');
  assert.equal(clause('warm-up', 0), 'warm-up, 0 of 2 s');
  assert.equal(clause('connect', 4000), 'connect, 3 s');
});

test('connections are counted from the first, or stated with the most at once if they are the work', () => {
  const { run } = after([0, planned(1, 1)]);
  assert.ok(run);
  const { plan } = run;
  const clause = (scenario: string, figures: typeof run.figures = null) =>
    connectionsClause({ ...run, figures, plan: { ...plan, workload: { ...plan.workload, scenario } } });
  assert.equal(clause('echo'), '0 of 10,000 open');
  assert.equal(clause('echo', BUSY), '9,998 of 10,000 open');
  assert.equal(clause('connect', BUSY), '9,998 open, at most 10,000');
});

test('a text that does not fit ends with an ellipsis in the last column', () => {
  const cut = (text: string) => [0, 1, 3, 4, 5].map((columns) => fitted(text, columns));
  assert.deepEqual(cut('abcd'), ['', '…', 'ab…', 'abcd', 'abcd']);
  assert.deepEqual(cut('ab  '), ['', '…', 'ab…', 'ab  ', 'ab  ']);
  // Wide characters take two columns.
  assert.deepEqual(cut('日本'), ['', '…', '日…', '日本', '日本']);
  assert.equal(padded('日', 4), '日  ');
  assert.equal(padded('abc', 2), 'abc');
});

test('parts are joined as long as they fit', () => {
  const line = (columns: number) => joined(['ab', 'cd', 'e'], columns);
  assert.deepEqual([1, 2, 6, 7, 10, 11].map(line), ['…', 'ab', 'ab', 'ab · cd', 'ab · cd', 'ab · cd · e']);
  assert.equal(joined([], 5), '');
});

test('a bar is filled in proportion, and stays within its width', () => {
  assert.deepEqual(
    [-1, 0, 0.12, 0.13, 0.5, 1, 2].map((share) => bar(share, 4)),
    ['░░░░', '░░░░', '░░░░', '█░░░', '██░░', '████', '████'],
  );
});
