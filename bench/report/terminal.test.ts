import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEveryString } from '../../test/hostile.ts';
import { makeAllProfiles, makeBothSteps, makeLatencyRun, makeResult, rateOf } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { stored } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Result } from '../model/result.ts';
import { finding, notice } from '../wording/finding.ts';
import { formatBytes, formatRate, formatTime } from '../wording/format.ts';
import { summaryText } from './terminal.ts';

const DISTURBED = { count: 1, seconds: [1], of: 2, stolen: null, other: 0.2 };

const SMALL = { seconds: 2, connections: 100, perSecond: 1000 };
const WIDE = 200;

function linesOf(result: Result, columns: number | null = WIDE): string[] {
  return summaryText(result, columns).split('\n');
}

/** Splits a line into its cells, which are separated by two or more spaces. */
function cellsOf(line = ''): string[] {
  return line.trim().split(/ {2,}/);
}

test('one row per variant holds both answers, each from its own step', () => {
  const result = makeBothSteps(3, 4);
  const lines = linesOf(result);
  assert.deepEqual(cellsOf(lines[0]), [
    'variant',
    'throughput',
    'limit',
    'nginx/core',
    'p50',
    'p99',
    'p99.9',
    'nginx/msg',
    'nginx/conn',
    'failed',
    'lost',
    'validity',
  ]);
  const rows = lines.slice(2, 5).map(cellsOf);
  for (const [at, name] of ['direct', 'plain', 'tls'].entries()) {
    const [throughput, latency] = [result.runs[at], result.runs[at + 3]];
    assert.ok(throughput && latency);
    const carried = figuresOf(throughput);
    const { response } = figuresOf(latency).latencies;
    const capacity = carried.perCoreCapacity;
    assert.deepEqual(rows[at], [
      name,
      formatRate(carried.messages.perSecond),
      name === 'direct' ? 'echo server' : 'Nginx',
      capacity === null ? '–' : formatRate(capacity.perSecond),
      formatTime(response?.p50),
      formatTime(response?.p99),
      formatTime(response?.p999),
      formatTime(carried.cpuUsPerMessage.proxy),
      formatBytes(carried.memoryPerConnectionBytes.proxy),
      '0',
      '0',
      'valid',
    ]);
  }
  // The rate and its reason appear once, below the table.
  assert.equal(lines[5], '');
  assert.equal(
    lines[6],
    'p50, p99 and p99.9 are response times at 8.9k/s. 8900 a second is half of what tls takes.',
  );
  assert.equal(summaryText(result, WIDE).match(/is half of what/g)?.length, 1);
});

test('columns are aligned', () => {
  const [head = '', rule = '', ...rows] = linesOf(makeBothSteps(6, 1)).slice(0, 8);
  assert.equal(rule, '─'.repeat(Math.max(...[head, ...rows].map((line) => line.length))));
  const ends = (line: string, at: number) =>
    line.indexOf(cellsOf(line)[at] ?? '') + (cellsOf(line)[at]?.length ?? 0);
  for (const row of rows) {
    assert.equal(ends(row, 1), ends(head, 1));
    assert.equal(row.indexOf('valid'), head.indexOf('validity'));
  }
});

test('a capacity that is a lower bound is marked as such', () => {
  const run = makeRun(SMALL);
  const measured = formatRate(figuresOf(run).perCoreCapacity?.perSecond);
  assert.equal(cellsOf(linesOf(makeResult([run]))[2])[3], measured);
  const validity = { ...run.validity, limit: { component: 'generator' as const, evidence: stored('') } };
  assert.equal(cellsOf(linesOf(makeResult([{ ...run, validity }]))[2])[3], `≥ ${measured}`);
});

test('the time of a closed loop is not reported as latency', () => {
  const result = makeAllProfiles();
  const text = summaryText(result, WIDE);
  for (const row of text.split('\n').slice(2, 8)) assert.deepEqual(cellsOf(row).slice(4, 7), ['–', '–', '–']);
  assert.doesNotMatch(text, /response time/);
  for (const run of result.runs) {
    const { service } = figuresOf(run).latencies;
    for (const us of [service?.p50, service?.p99]) assert.ok(!text.includes(formatTime(us)));
  }
});

test('the latency step alone has its own CPU and memory, and the requested rate', () => {
  const run = makeLatencyRun('tls', SMALL, 1000);
  const lines = linesOf({ ...makeResult([run]), conclusions: [] });
  const { cpuUsPerMessage, memoryPerConnectionBytes } = figuresOf(run);
  const cells = cellsOf(lines[2]);
  // Nothing is known per core of Nginx, so that column is left out.
  assert.deepEqual(cells.slice(1, 3), ['–', '–']);
  assert.deepEqual(cells.slice(6, 8), [
    formatTime(cpuUsPerMessage.proxy),
    formatBytes(memoryPerConnectionBytes.proxy),
  ]);
  assert.equal(lines[4], 'p50, p99 and p99.9 are response times at 1k/s.');
});

test('failed connections and lost messages of both steps are reported with their runs', () => {
  const result = makeBothSteps(1, 1);
  for (const [at, run] of result.runs.entries()) {
    const [worker] = run.workers;
    assert.ok(worker);
    worker.failed += 2 + at;
    worker.asked += 2 + at;
    worker.lost = counted(worker, 'lost') + 5;
    worker.echoed = counted(worker, 'echoed') - 5;
  }
  const lines = linesOf(result);
  assert.deepEqual(cellsOf(lines[2]).slice(-3, -1), ['5', '10']);
  assert.ok(
    lines.some((line) =>
      /^direct \(throughput\): 2 of 1,002 connections failed; 5 of [\d,]+ messages were lost\.$/.test(line),
    ),
  );
  assert.ok(lines.some((line) => /^direct \(latency\): 3 of 1,003 connections failed; 5 of/.test(line)));
});

test('problems are named: how the run ended, the reasons for doubt, and both verdicts', () => {
  const result = makeBothSteps(3, 1);
  const [direct, , tls, , plainLatency] = result.runs;
  assert.ok(direct && tls && plainLatency);
  plainLatency.outcome = { state: 'failed', reason: 'nginx worker 1 ended with signal SIGKILL' };
  for (const run of [direct, tls])
    run.validity = {
      ...run.validity,
      verdict: 'suspect',
      reasons: [stored('generator 1 was busy 91 % of the time')],
    };
  const lines = linesOf(result);
  assert.deepEqual(
    lines.slice(2, 5).map((line) => cellsOf(line).at(-1)),
    ['suspect, valid', 'valid, failed', 'suspect, valid'],
  );
  assert.ok(lines.includes('plain (latency): Failed: nginx worker 1 ended with signal SIGKILL.'));
  assert.ok(lines.includes('direct, tls (throughput): Suspect: generator 1 was busy 91 % of the time'));
});

test('a reason is omitted if a notice gives the details', () => {
  const run = makeRun(SMALL);
  run.validity = {
    ...run.validity,
    verdict: 'suspect',
    reasons: [finding('disturbed', DISTURBED), stored('Another.')],
  };
  run.notices = [notice('warning', 'disturbed-seconds', { ...DISTURBED, all: null, undisturbed: null })];
  const lines = linesOf(makeResult([run]));
  assert.ok(lines.includes('tls: Suspect: Another.'));
  assert.ok(lines.includes(`tls: ${run.notices[0]?.text}`));
  assert.equal(lines.filter((line) => line.includes('disturbed')).length, 1);
});

test('a variant that was left out is reported with the reason', () => {
  const result = makeResult([makeRun(SMALL)]);
  result.conclusions = [
    rateOf(1000),
    { kind: 'left-out', variant: 'tls', reason: stored('Nothing was echoed.') },
  ];
  assert.ok(linesOf(result).includes('The latency of tls was not measured. Nothing was echoed.'));
});

test('if the table does not fit, there are lines for each variant, none wider than the terminal', () => {
  const result = makeBothSteps(3, 4);
  result.notices = [{ level: 'warning', code: 'a-code', data: {}, text: 'word '.repeat(60).trim() }];
  assert.equal(summaryText(result, 0), summaryText(result, 80), 'a terminal that reports no width');
  const row = cellsOf(linesOf(result)[4]);
  for (const columns of [0, 40, 80, 100]) {
    const text = summaryText(result, columns);
    const lines = text.split('\n');
    for (const line of lines) assert.ok([...line].length <= (columns || 80), `${columns}: ${line}`);
    assert.ok(lines.includes('direct') && lines.includes('plain') && lines.includes('tls'));
    const tls = text.slice(text.indexOf('\ntls\n'), text.indexOf('p50, p99'));
    for (const cell of row.slice(1))
      assert.ok(tls.replace(/\s+/g, ' ').includes(cell), `${columns}: ${cell}`);
    // Values that a variant without Nginx does not have are left out.
    assert.doesNotMatch(text.slice(0, text.indexOf('\nplain\n')), /nginx|–/);
    assert.equal(text.match(/word/g)?.length, 60);
  }
  const widest = Math.max(
    ...linesOf(result)
      .slice(0, 5)
      .map((line) => line.length),
  );
  assert.equal(linesOf(result, widest)[0], linesOf(result)[0]);
  assert.equal(linesOf(result, widest - 1)[0], 'direct');
});

test('without a terminal, there is a table whose lines are never wrapped', () => {
  const result = makeBothSteps(2, 1);
  const text = 'word '.repeat(60).trim();
  result.notices = [{ level: 'warning', code: 'a-code', data: {}, text }];
  const lines = linesOf(result, null);
  assert.match(lines[0] ?? '', /^variant +throughput +limit/);
  assert.match(lines[2] ?? '', /^direct /);
  assert.ok(lines.includes(text));
});

test('a result without runs, and a run without figures, have a summary', () => {
  assert.equal(summaryText(makeResult([]), WIDE), 'No run finished.\n');
  const cut = { phases: [], slices: [], workers: [], processes: [], machine: null, http: null, probe: null };
  for (const columns of [WIDE, 80, null]) {
    const text = summaryText(makeResult([{ ...makeRun(SMALL), ...cut }]), columns);
    assert.doesNotMatch(text, /NaN|undefined/);
    assert.match(text, /100 of 100 connections were not opened|tls/);
  }
  assert.deepEqual(cellsOf(linesOf(makeResult([{ ...makeRun(SMALL), ...cut }]))[2]).slice(0, 2), [
    'tls',
    '–',
  ]);
});

test('nothing from outside moves the cursor', () => {
  const result = makeBothSteps(1, 1);
  result.notices = [{ level: 'warning', code: 'a-code', data: {}, text: '' }];
  result.conclusions.push({ kind: 'left-out', variant: 'direct', reason: stored('') });
  for (const run of result.runs) {
    run.outcome = { state: 'failed', reason: '' };
    run.validity = { ...run.validity, verdict: 'suspect', reasons: [stored('')] };
    run.notices = [{ level: 'info', code: 'a-code', data: {}, text: '' }];
  }
  const hostile = withEveryString(result, '\u001b[2J\r\nforged\u009b1A\u202e');
  for (const columns of [WIDE, 80, null])
    assert.doesNotMatch(summaryText(hostile, columns).replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
});
