import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emptyHistogram, encode } from '../measure/histogram.ts';
import type { Facts } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { busyRun, judge, openRun, pinned, QUICK, type Shares } from './busy.test.fixture.ts';

describe('valid', () => {
  const RUNS: [what: string, run: Run][] = [
    ['no component was busy', busyRun()],
    ['Nginx was the limit', busyRun({ proxy: [0.97] })],
    [
      'Nginx was the limit, and the generator was busy waiting for it',
      busyRun({ proxy: [0.97], generator: [0.89] }),
    ],
    ['in direct, the server is the measured component', busyRun({ server: [0.97] }, { profile: 'direct' })],
    ['the schedule was kept', openRun(1, QUICK)],
    ['send lag is a small share of response time', openRun(1, { sendLag: 900, response: 10_000 })],
    ['send lag is within the precision of timers', openRun(1, { sendLag: 290, response: 400 })],
    [
      'in direct the server is the limit, and the generator nearly busy',
      busyRun({ server: [0.97], generator: [0.89] }, { profile: 'direct' }),
    ],
  ];
  for (const [what, run] of RUNS) {
    test(what, () => {
      const { verdict, reasons } = judge(run);
      assert.deepEqual([verdict, reasons], ['valid', []]);
    });
  }
});

describe('suspect', () => {
  const change = (make: (run: Run) => void, shares: Shares = {}): Run => {
    const run = busyRun(shares);
    make(run);
    return run;
  };
  const worker = (run: Run) => run.workers[0] ?? assert.fail();
  const add = (run: Run, name: string, by: number) => {
    worker(run)[name] = counted(worker(run), name) + by;
  };
  const RUNS: [what: string, run: Run, code: string, data: Facts][] = [
    [
      'the run was interrupted',
      change((run) => {
        run.outcome = { state: 'aborted', reason: 'Interrupted.' };
      }),
      'run-ended',
      { state: 'aborted', reason: 'Interrupted.' },
    ],
    [
      'an action of its timeline failed, and another one',
      change((run) => {
        const failed = { action: { kind: 'start-server' as const, server: 1 }, atUs: 1 };
        run.timeline = [
          { action: { kind: 'kill-server', server: 1 }, atUs: 1, failure: null },
          { ...failed, failure: 'It has no port.' },
          { ...failed, failure: 'Neither has it.' },
        ];
      }),
      'action-failed',
      { action: 'echo server 2 started again', reason: 'It has no port.', more: 1 },
    ],
    [
      'a storm cut nothing',
      change((run) => {
        run.plan.workload = { ...run.plan.workload, scenario: 'storm', load: null };
        run.workers = [{ worker: 0, asked: 1, opened: 1, failed: 0, cut: 0, back: 0, waiting: 0 }];
      }),
      'nothing-cut',
      {},
    ],
    [
      'the spread was uneven before a backend was lost',
      change((run) => {
        run.plan.workload = { ...run.plan.workload, scenario: 'backend-loss' };
        for (const slice of run.slices) slice.gauges = { ...slice.gauges, server1: 9, server2: 1 };
        const atUs = run.slices.at(-1)?.endUs ?? 0;
        run.timeline = [{ action: { kind: 'kill-server', server: 0 }, atUs, failure: null }];
      }),
      'uneven-before',
      { least: 1, most: 9 },
    ],
    [
      'the run failed',
      change((run) => {
        run.outcome = { state: 'failed', reason: 'Nginx died.' };
      }),
      'run-ended',
      { state: 'failed', reason: 'Nginx died.' },
    ],
    [
      'the run failed, whichever component was busy',
      change(
        (run) => {
          run.outcome = { state: 'failed', reason: 'Nginx died.' };
        },
        { server: [0.97] },
      ),
      'run-ended',
      { state: 'failed', reason: 'Nginx died.' },
    ],
    [
      'connections failed',
      change((run) => {
        worker(run).failed = 3;
      }),
      'losses',
      { asked: 10, failed: 3, lost: 0, unsent: 0 },
    ],
    [
      'messages were lost',
      change((run) => {
        add(run, 'lost', 2);
        add(run, 'echoed', -2);
      }),
      'losses',
      { asked: 10, failed: 0, lost: 2, unsent: 0 },
    ],
    [
      'messages were never sent',
      change((run) => {
        add(run, 'due', 7);
        add(run, 'unsent', 7);
      }),
      'losses',
      { asked: 10, failed: 0, lost: 0, unsent: 7 },
    ],
    [
      'the counts do not balance',
      change((run) => {
        add(run, 'echoed', -1);
      }),
      'counts-differ',
      {},
    ],
    ['the generator sent late', openRun(1, { sendLag: 5000, response: 10_000 }), 'send-lag', { share: 50 }],
    [
      'send lag is a little more than a tenth of response time',
      openRun(1, { sendLag: 1200, response: 10_000 }),
      'send-lag',
      { share: 12 },
    ],
    ['the rate was not reached', openRun(0.985, QUICK), 'rate-missed', { ratio: 99 }],
    ['a generator was nearly busy', busyRun({ generator: [0.2, 0.88] }), 'generator-busy', { share: 88 }],
    [
      'a generator was nearly busy, and so was Nginx',
      busyRun({ proxy: [0.89], generator: [0.88] }),
      'generator-busy',
      { share: 88 },
    ],
    [
      'nothing was echoed',
      change((run) => {
        for (const slice of run.slices) slice.counters.echoed = 0;
      }),
      'nothing-echoed',
      {},
    ],
    [
      'the machine was the limit',
      busyRun({ proxy: [0.8, 0.8], server: Array(60).fill(0.8), generator: Array(11).fill(0.8) }),
      'limited-by',
      { component: 'machine' },
    ],
    [
      'messages came back, but late',
      openRun(1, { sendLag: 50, response: 1_800_000 }),
      'late-echoes',
      { share: 0 },
    ],
    ['an event loop was nearly busy', busyRun({ loop: 0.87 }), 'generator-busy', { share: 87 }],
  ];
  for (const [what, run, code, data] of RUNS) {
    test(what, () => {
      const { verdict, reasons } = judge(run);
      assert.equal(verdict, 'suspect');
      assert.deepEqual(
        reasons.map((reason) => reason.code),
        [code],
      );
      for (const [name, expected] of Object.entries(data)) {
        const found = reasons[0]?.data[name];
        const isShare = name === 'share' || name === 'ratio';
        assert.deepEqual(isShare ? Math.round(Number(found) * 100) : found, expected, name);
      }
    });
  }

  test('for several reasons at once', () => {
    const run = openRun(0.5, { sendLag: 9000, response: 10_000 }, { loop: 0.88 });
    run.outcome = { state: 'aborted', reason: 'Interrupted.' };
    worker(run).failed = 1;
    const { verdict, reasons } = judge(run);
    assert.equal(verdict, 'suspect');
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ['run-ended', 'losses', 'send-lag', 'rate-missed', 'generator-busy'],
    );
  });
});

/** Removes event loop figures, as on Bun, which only has CPU time. */
function withoutLoop(run: Run): Run {
  for (const { samples } of run.processes)
    for (const sample of samples) Object.assign(sample, { loopUtilisation: null, loopDelayMaxUs: null });
  return run;
}

describe('limited', () => {
  const RUNS: [what: string, run: Run, verdict: string][] = [
    ['by a busy generator', busyRun({ generator: [0.97] }), 'generator-limited'],
    [
      'by a busy generator without event loop figures',
      withoutLoop(busyRun({ generator: [0.97] })),
      'generator-limited',
    ],
    ['by a busy server', busyRun({ server: [0.97] }), 'server-limited'],
    [
      'by a generator with Nginx just below',
      busyRun({ proxy: [0.79], generator: [0.97] }),
      'generator-limited',
    ],
    ['by a generator, in direct', busyRun({ generator: [0.97] }, { profile: 'direct' }), 'generator-limited'],
    [
      'by a generator and server on one CPU',
      pinned(busyRun({ server: [0.4], generator: [0.58] }), [1], [1]),
      'generator-limited',
    ],
  ];
  for (const [what, run, expected] of RUNS) {
    test(`${what}: ${expected}, with the evidence`, () => {
      const { verdict, reasons, limit } = judge(run);
      assert.equal(verdict, expected);
      const { evidence } = limit.evidence.data;
      assert.ok(evidence !== undefined);
      assert.deepEqual(
        reasons.map(({ code, data }) => [code, data]),
        [['limited-by', { component: limit.component, evidence }]],
      );
    });
  }

  test('not if Nginx used 80 % or more, which is only a doubt', () => {
    assert.equal(judge(busyRun({ proxy: [0.85], generator: [0.97] })).verdict, 'suspect');
  });

  test('other doubts are kept in addition', () => {
    const run = busyRun({ generator: [0.97] });
    const [worker] = run.workers;
    assert.ok(worker);
    worker.failed = 3;
    const { verdict, reasons } = judge(run);
    assert.equal(verdict, 'generator-limited');
    assert.equal(reasons.length, 2);
    assert.deepEqual([reasons[1]?.code, reasons[1]?.data.failed], ['losses', 3]);
  });
});

test('clocks that may differ by much of the times between hosts are a reason, unless there is one host', () => {
  const reasonsOf = (p50Us: number, errors: readonly number[]) => {
    const run = openRun(1, QUICK);
    run.plan.workload.scenario = 'broadcast';
    for (const slice of run.slices) {
      const delivery = emptyHistogram();
      delivery.recordValueWithCount(p50Us, 1000);
      slice.histograms.delivery = encode(delivery);
    }
    const host = { role: 'generator', cpus: 2, isRunners: false, machine: null, samples: null } as const;
    run.hosts = errors.map((errorUs, index) => ({
      ...{ ...host, name: `h${index}`, workers: [index], sendLag: null },
      clock: { errorUs, driftUs: -20 },
    }));
    return judge(run).reasons.flatMap(({ code, data }) => (code === 'clock-error' ? [data] : []));
  };
  assert.deepEqual(reasonsOf(1000, [50, 40, 10]), [{ errorUs: 130, p50Us: 1000 }]);
  assert.deepEqual(reasonsOf(1500, [50, 40, 10]), []);
  assert.deepEqual(reasonsOf(100, [500]), []);
  assert.deepEqual(reasonsOf(100, []), []);
});
