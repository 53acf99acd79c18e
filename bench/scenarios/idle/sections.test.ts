import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onTarget } from '../../../test/external.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import { reportHtml } from '../../report/html.ts';
import { jsonSummary } from '../../report/json.ts';
import { summaryText } from '../../report/terminal.ts';
import { viewOf } from '../../report/view.ts';
import { report } from './sections.ts';

/** A run in which Nginx ended some of 1,000 connections, 17 KiB each. */
function idleRun(step: 'hold' | 'touched', ended: number, profile = 'plain'): Run {
  const run = makeRun({ profile, seconds: 3 });
  const { load: _, ...workload } = run.plan.workload;
  const slices = run.slices.map(({ startUs, endUs, phase, counters, gauges }, index) => ({
    startUs,
    endUs,
    phase,
    counters: { opened: counters.opened ?? 0, ended: phase === 'drain' ? ended : 0 },
    failures: phase === 'drain' && ended > 0 ? { 'open/closed-1006': ended } : {},
    gauges: { open: index === run.slices.length - 1 ? 1000 - ended : gauges.open, held: 1000 - ended },
    histograms: {},
  }));
  return {
    ...run,
    plan: {
      ...run.plan,
      step,
      workload: { ...workload, load: null, scenario: 'idle', options: { hold: 3000, ping: 'none' } },
    },
    slices,
    workers: [{ worker: 0, asked: 1000, opened: 1000, failed: ended, ended, held: 1000 - ended }],
    memory: [200, 400, 600, 800, 1000].map((open) => ({
      atUs: open,
      open,
      proxyBytes: profile === 'direct' ? null : 5_000_000 + open * 17_408,
      proxyFiles: null,
      kernelBytes: 40_000_000 + open * 11_264,
    })),
    http: null,
  };
}

function resultOf(...runs: Run[]): Result {
  const result = makeResult(runs);
  return { ...result, plan: { ...result.plan, scenario: 'idle', steps: ['hold', 'touched'] } };
}

test('the answer says how many stayed open, who closed the others, and how much memory each takes', () => {
  const result = resultOf(idleRun('hold', 1000), idleRun('touched', 0));
  const [variant] = viewOf(result).variants;
  const answer = report.answer(variant ?? assert.fail());
  for (const fact of ['none of 1,000', '1,000 were ended by Nginx', 'closed-1006', '17 KiB', '11 KiB'])
    assert.ok(answer.includes(fact), `${fact} in ${answer}`);
  assert.deepEqual(jsonSummary(result, null).answers, [{ variant: 'plain', sentence: answer }]);
});

test('names no component if nothing was closed, and gives no Nginx memory without Nginx', () => {
  const [variant] = viewOf(resultOf(idleRun('hold', 0, 'direct'))).variants;
  const answer = report.answer(variant ?? assert.fail());
  assert.ok(answer.includes('1,000 of 1,000'));
  assert.ok(!answer.includes('Nginx'));
});

test('memory is that of an idle connection, of one that carried a message, or of both', () => {
  const claims = (...runs: Run[]) => {
    const [variant] = viewOf(resultOf(...runs)).variants;
    const answer = report.answer(variant ?? assert.fail());
    return [...answer.matchAll(/\bfor each (idle )?connection\b|\bonce\b|Nothing was measured/g)].map(
      ([words]) => words,
    );
  };
  const [hold, touched] = [idleRun('hold', 0), idleRun('touched', 0)];
  assert.deepEqual(claims(hold), ['for each idle connection']);
  assert.deepEqual(claims(touched), ['for each connection', 'once']);
  assert.deepEqual(claims(hold, touched), ['for each idle connection', 'once']);
  assert.deepEqual(claims(idleRun('hold', 0, 'direct')), ['for each connection']);
});

test('connections that ended are not failures, neither in the cells nor in the faults', () => {
  const result = resultOf(idleRun('hold', 1000));
  const [variant] = viewOf(result).variants;
  const cells = Object.fromEntries(report.cells(variant ?? assert.fail()));
  assert.deepEqual(
    [cells.opened, cells['still open'], cells.failed, cells.nginx],
    ['1,000', '0', '0', '17 KiB'],
  );
  assert.match(summaryText(result, null), /still open/);
});

test('the sections for answer, open connections and memory are open, with a chart each', () => {
  const view = viewOf(resultOf(idleRun('hold', 400), idleRun('touched', 0)));
  const sections = report.open.map((section) => section(view));
  assert.deepEqual(
    sections.map(({ id, charts }) => [id, charts.map((chart) => chart.id)]),
    [
      ['answers', []],
      ['survival', ['chart-survival']],
      ['memory', ['chart-memory']],
    ],
  );
  assert.ok(reportHtml(view.result).includes('chart-memory'));
});

test('without a run of the step there is nothing to draw, and neither without its memory', () => {
  const touched = idleRun('touched', 0, 'direct');
  const drawn = (run: Run) =>
    report.open.map((section) => {
      const { charts, body } = section(viewOf(resultOf(run)));
      return [charts.length, body.markup.includes('<figure')];
    });
  assert.deepEqual(drawn(touched), [
    [0, false],
    [0, false],
    [0, false],
  ]);
  assert.deepEqual(drawn(idleRun('hold', 0)), [
    [0, false],
    [1, true],
    [1, true],
  ]);
});

test('a row shows how many connections ended, their share, and how they ended', () => {
  const cellsOf = (ended: number) => {
    const [, survival] = report.open.map((section) => section(viewOf(resultOf(idleRun('hold', ended)))));
    const row = /<tbody>\s*<tr>(.*?)<\/tr>/s.exec(survival?.body.markup ?? '')?.[1] ?? '';
    return [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell.replace(/<[^>]*>/g, ''),
    );
  };
  assert.deepEqual(cellsOf(400).slice(1, 6), [
    '1,000',
    '600',
    '60 %',
    '400',
    '400 closed-1006, without a close frame',
  ]);
  assert.deepEqual(cellsOf(0).slice(1), ['1,000', '1,000', '100 %', '0', '–', '–', '–', '–', '0', '0']);
});

test('kernel memory is not reported if its interval includes 0', () => {
  const noisy = (run: Run): Run => {
    const memory = run.memory.map((sample, i) => ({ ...sample, kernelBytes: 40_000_000 + (i % 2) * 1e6 }));
    return { ...run, memory };
  };
  const hasKernel = (...runs: Run[]) => {
    const [variant] = viewOf(resultOf(...runs)).variants;
    return report.answer(variant ?? assert.fail()).includes('kernel');
  };
  const [hold, touched] = [idleRun('hold', 0), idleRun('touched', 0)];
  assert.ok(!hasKernel(noisy(hold)));
  // It is that of the idle connections, if they were measured.
  assert.deepEqual([hasKernel(hold, noisy(touched)), hasKernel(noisy(hold), touched)], [true, false]);
});

test('the close code tells Nginx from the server and the client, but not on a server that was already running', () => {
  const closedBy = (code: string, change = (run: Run): Run => run) => {
    const run = idleRun('hold', 400);
    const slices = run.slices.map((slice) => ({
      ...slice,
      failures: slice.phase === 'drain' ? { [`open/closed-${code}`]: 400 } : {},
    }));
    const [variant] = viewOf(resultOf(change({ ...run, slices }))).variants;
    const answer = report.answer(variant ?? assert.fail());
    return /were ended by (.*?) \(/.exec(answer)?.[1];
  };
  assert.equal(closedBy('1006'), 'Nginx');
  assert.equal(closedBy('1001'), 'the server or the client');
  assert.equal(closedBy('1006', onTarget), 'the other side');
});

test('the sections of a server that was already running mention neither Nginx nor its sockets', () => {
  const mention = (word: string, run: Run) =>
    report.open.map((section) => section(viewOf(resultOf(run))).body.markup.includes(word));
  const own = idleRun('hold', 400);
  const external = onTarget(idleRun('hold', 400, 'direct'));
  const none = [false, false, false];
  assert.deepEqual([mention('Nginx', own), mention('Nginx', external)], [[true, true, true], none]);
  const inMemory = [false, false, true];
  assert.deepEqual([mention('four sockets', own), mention('four sockets', external)], [inMemory, none]);
});

test('the memory chart shows each slope, if there are enough samples for one', () => {
  const run = idleRun('hold', 0);
  const isKnown = (each: Run) => {
    const [, , memory] = report.open.map((section) => section(viewOf(resultOf(each))));
    const markup = memory?.body.markup ?? '';
    return [markup.includes('17 KiB (95 % CI'), markup.includes('Too few memory samples')];
  };
  assert.deepEqual(isKnown(run), [true, false]);
  assert.deepEqual(isKnown({ ...run, memory: run.memory.slice(0, 1) }), [false, true]);
});
