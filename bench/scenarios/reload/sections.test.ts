import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { emptyHistogram, encode } from '../../measure/histogram.ts';
import type { Result } from '../../model/result.ts';
import type { ProcessSeries, Run, Slice } from '../../model/run.ts';
import type { Action } from '../../model/timeline.ts';
import { reportHtml } from '../../report/html.ts';
import { summaryText } from '../../report/terminal.ts';
import { viewOf } from '../../report/view.ts';
import { oldWorkersOverTime, replacedIn, spansOf } from './replacement.ts';
import { report } from './sections.ts';

const MIB = 1_048_576;

/**
 * A process of Nginx with one sample per second of its lifetime (in µs); without an end, it lives until the
 * run ends.
 */
function process(
  name: string,
  role: 'master' | 'worker',
  bornUs: number | null,
  endedUs: number | null,
): ProcessSeries {
  const [from, to] = [Math.ceil((bornUs ?? 0) / 1e6), Math.floor((endedUs ?? 15e6) / 1e6)];
  const samples = Array.from({ length: to - from + 1 }, (_, index) => ({
    ...{ atUs: (from + index) * 1e6, cpuUs: 0, residentBytes: 18 * MIB, voluntarySwitches: 0 },
    ...{ involuntarySwitches: 0, loopUtilisation: null, loopDelayMaxUs: null },
  }));
  return { component: 'proxy', role, name, pid: 1, bornUs, endedUs, samples };
}

interface Story {
  actions: { atUs: number; action: Action; failure?: string }[];
  nginx: ProcessSeries[];
  /** Number of connections that were cut; all clients reconnected within 4 s. */
  cut?: number;
}

/** A run of 1,000 connections; its steady phase lasts from second 4 to 14. */
function runOf({ actions, nginx, cut = 0 }: Story): Run {
  const run = makeRun({ profile: 'plain', load: OPEN, seconds: 10, perSecond: 2000 });
  const times = emptyHistogram();
  times.recordValueWithCount(4_000_000, cut);
  const cutAfter = emptyHistogram();
  cutAfter.recordValueWithCount(10_000_000, cut);
  const last = run.slices.findLast(({ phase }) => phase === 'steady');
  assert.ok(last);
  if (cut > 0) {
    Object.assign(last.counters, { cut, back: cut, attempts: cut });
    last.failures = { 'open/closed-1006': cut };
    Object.assign(last.histograms, {
      outage: encode(times),
      backAfter: encode(times),
      cutAfter: encode(cutAfter),
    });
  }
  const [worker] = run.workers;
  assert.ok(worker && run.proxy);
  const { workload } = run.plan;
  return {
    ...run,
    plan: { ...run.plan, step: 'reload', workload: { ...workload, scenario: 'reload', options: {} } },
    timeline: actions.map(({ failure = null, ...done }) => ({ ...done, failure })),
    processes: [...run.processes.filter(({ component }) => component !== 'proxy'), ...nginx],
    workers: [{ ...worker, cut, back: cut, waiting: 0 }],
    http: null,
  };
}

function resultOf(run: Run): Result {
  const result = makeResult([run]);
  return { ...result, plan: { ...result.plan, scenario: 'reload', steps: ['reload'] } };
}

function answerOf(run: Run): string {
  const [variant] = viewOf(resultOf(run)).variants;
  assert.ok(variant);
  return report.answer(variant);
}

const RELOAD: Action = { kind: 'reload' };
const MASTER = process('nginx master', 'master', null, null);

describe('a reload', () => {
  const lived: Story = {
    actions: [{ atUs: 6_500_000, action: RELOAD }],
    nginx: [
      MASTER,
      process('nginx worker 1', 'worker', null, null),
      process('nginx worker 2', 'worker', 7e6, null),
    ],
  };

  test('that cuts nothing: the old worker keeps running and keeps its memory', () => {
    assert.equal(
      answerOf(runOf(lived)),
      'plain: after a reload, 0 of 1,000 WebSockets were cut; the old worker kept running, using 18 MiB of memory, until the end of the run, when its connections closed.',
    );
  });

  test('that cuts everything: when, how, and how soon clients were back', () => {
    const nginx = [
      MASTER,
      process('nginx worker 1', 'worker', null, 13e6),
      process('nginx worker 2', 'worker', 7e6, null),
    ];
    const answer = answerOf(runOf({ ...lived, nginx, cut: 1000 }));
    assert.ok(
      answer.startsWith(
        'plain: after a reload, all 1,000 WebSockets were cut after 10 s (code 1006) and replaced within 4 s (p99).',
      ),
      answer,
    );
    assert.match(answer, /The old worker was gone 6\.5 s after the reload\.$/);
  });

  test('replaces the workers, not the master', () => {
    assert.deepEqual(replacedIn(runOf(lived)), [
      { name: 'nginx worker 1', role: 'worker', generation: 0, livedUs: null, lastBytes: 18 * MIB },
    ]);
    const gone = { ...process('nginx worker 1', 'worker', null, 6_500_000), samples: [] };
    assert.deepEqual(replacedIn(runOf({ ...lived, nginx: [MASTER, gone] })), [
      { name: 'nginx worker 1', role: 'worker', generation: 0, livedUs: 0, lastBytes: 0 },
    ]);
  });

  test('that is repeated: each worker is old from its own reload on', () => {
    const run = runOf({
      actions: [
        { atUs: 6_500_000, action: RELOAD },
        { atUs: 9_500_000, action: RELOAD },
      ],
      nginx: [
        MASTER,
        process('nginx worker 1', 'worker', null, null),
        process('nginx worker 2', 'worker', 7e6, 12_500_000),
        process('nginx worker 3', 'worker', 10e6, null),
      ],
    });
    assert.deepEqual(
      replacedIn(run).map(({ name, generation, livedUs }) => [name, generation, livedUs]),
      [
        ['nginx worker 1', 0, null],
        ['nginx worker 2', 1, 3_000_000],
      ],
    );
    const old = oldWorkersOverTime(run).map(({ second, processes, bytes }) => [
      second,
      processes,
      bytes / MIB,
    ]);
    assert.deepEqual(
      [6, 7, 9, 10, 12, 13].map((second) => old.find((each) => each[0] === second)),
      [
        [6, 0, 0],
        [7, 1, 18],
        [9, 1, 18],
        [10, 2, 36],
        [12, 2, 36],
        [13, 1, 18],
      ],
    );
    assert.match(answerOf(run), /after 2 reloads, 0 of 1,000 WebSockets were cut/);
  });

  test('divides the steady phase, without loss', () => {
    const run = runOf(lived);
    const seconds = (of: Run) => Object.values(spansOf(of)).map((slices) => slices.length);
    assert.deepEqual(seconds(run), [2, 2, 6]);
    const later = run.slices.findLast(({ phase }) => phase === 'steady');
    assert.ok(later);
    later.counters.back = 1;
    assert.deepEqual(seconds(run), [2, 3, 5]);
    assert.deepEqual(seconds({ ...run, timeline: [] }), [10, 0, 0]);
    // A second that begins with a reload is the only one during it.
    const actions = [7e6, 10e6].map((atUs) => ({ atUs, action: RELOAD }));
    assert.deepEqual(
      Object.values<Slice[]>({ ...spansOf(runOf({ ...lived, actions })) }).map((slices) =>
        slices.map(({ startUs }) => startUs / 1e6),
      ),
      [
        [4, 5, 6],
        [7, 10],
        [8, 9, 11, 12, 13],
      ],
    );
  });
});

test('events are marked once in a chart of several runs', () => {
  const story: Story = { actions: [{ atUs: 6_500_000, action: RELOAD }], nginx: [MASTER] };
  const other = runOf(story);
  const result = resultOf(runOf(story));
  const both = { ...result, runs: [...result.runs, { ...other, plan: { ...other.plan, variant: 'other' } }] };
  const charts = report.open.flatMap((section) => section(viewOf(both)).charts);
  for (const id of ['chart-workers', 'chart-memory']) {
    const chart = charts.find((each) => each.id === id);
    assert.ok(chart?.kind === 'line', id);
    assert.equal(chart.bands?.filter(({ kind }) => kind === 'event').length, 1, id);
  }
});

describe('an upgrade', () => {
  const upgraded: Story = {
    actions: [{ atUs: 6_500_000, action: { kind: 'upgrade', to: 'new' } }],
    nginx: [
      process('nginx master', 'master', null, 12e6),
      process('nginx worker 1', 'worker', null, 12e6),
      process('nginx master 2', 'master', 7e6, null),
      process('nginx worker 2', 'worker', 7e6, null),
    ],
  };
  const to = (version: string) => ({ binary: '/n', origin: null, version, openssl: null });

  test('replaces the master too, and is named after its versions', () => {
    const run = runOf(upgraded);
    assert.ok(run.proxy);
    run.proxy = { ...run.proxy, version: '1.22.1', upgrade: to('1.26.3') };
    assert.deepEqual(
      replacedIn(run).map(({ name }) => name),
      ['nginx master', 'nginx worker 1'],
    );
    const answer = answerOf(run);
    assert.match(answer, /after an upgrade of the binary from 1\.22\.1 to 1\.26\.3, 0 of 1,000 WebSockets/);
    const html = reportHtml(resultOf(run));
    for (const text of ['nginx master', 'upgrade to new', 'old workers'])
      assert.ok(html.includes(text), text);
  });

  test('that failed is not reported as an upgrade: the answer says why', () => {
    const [done] = upgraded.actions;
    assert.ok(done);
    const failure = 'Nginx 1.0.0 did not start (unknown directive "<b>"), so the old one kept running';
    const run = runOf({ actions: [{ ...done, failure }], nginx: [MASTER] });
    assert.equal(answerOf(run), `plain was not upgraded. ${failure}.`);
    assert.ok(!reportHtml(resultOf(run)).includes('<b>'));
    assert.ok(summaryText(resultOf(run), 200).includes('plain'));
  });
});
