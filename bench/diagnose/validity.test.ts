import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Run } from '../model/run.ts';
import { busyRun, judge, openRun, pinned, QUICK, type Shares } from './busy.test.fixture.ts';

describe('valid', () => {
  const RUNS: [what: string, run: Run][] = [
    ['nobody was busy', busyRun()],
    ['Nginx was the limit', busyRun({ proxy: [0.97] })],
    [
      'Nginx was the limit and the generator waited for it, busily',
      busyRun({ proxy: [0.97], generator: [0.89] }),
    ],
    ['in direct the server is what is measured', busyRun({ server: [0.97] }, { profile: 'direct' })],
    ['the schedule was kept', openRun(1, QUICK)],
    ['send lag is a small share of response time', openRun(1, { sendLag: 900, response: 10_000 })],
    ['send lag is no more than timers do', openRun(1, { sendLag: 290, response: 400 })],
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
  const RUNS: [what: string, run: Run, reason: RegExp][] = [
    [
      'the run was cut off',
      change((run) => {
        run.outcome = { state: 'aborted', reason: 'Interrupted.' };
      }),
      /^The run was aborted: Interrupted\.$/,
    ],
    [
      'the run failed',
      change((run) => {
        run.outcome = { state: 'failed', reason: 'Nginx died.' };
      }),
      /^The run was failed: Nginx died\.$/,
    ],
    [
      'the run failed, whoever was busy in it',
      change(
        (run) => {
          run.outcome = { state: 'failed', reason: 'Nginx died.' };
        },
        { server: [0.97] },
      ),
      /^The run was failed: Nginx died\.$/,
    ],
    [
      'connections failed',
      change((run) => {
        worker(run).failed = 3;
      }),
      /^3 of 10 connections failed and 0 messages were lost\.$/,
    ],
    [
      'messages were lost',
      change((run) => {
        worker(run).lost += 2;
        worker(run).echoed -= 2;
      }),
      /^0 of 10 connections failed and 2 messages were lost\.$/,
    ],
    [
      'messages were never sent',
      change((run) => {
        worker(run).due += 7;
        worker(run).unsent += 7;
      }),
      /^0 of 10 connections failed and 0 messages were lost, and 7 had no connection left to be sent on\.$/,
    ],
    [
      'the books do not balance',
      change((run) => {
        worker(run).echoed -= 1;
      }),
      /^The books do not balance/,
    ],
    [
      'the generator sent late',
      openRun(1, { sendLag: 5000, response: 10_000 }),
      /^The generator sent late: send lag p99 is \d+ µs, 50 % of the response time's p99\.$/,
    ],
    [
      'send lag is a little more than a tenth of response time',
      openRun(1, { sendLag: 1200, response: 10_000 }),
      /^The generator sent late: send lag p99 is 120\d µs, 12 %/,
    ],
    ['the rate was not reached', openRun(0.985, QUICK), /^Only 99 % of the offered rate was echoed/],
    [
      'a generator was nearly busy',
      busyRun({ generator: [0.2, 0.88] }),
      /^A generator worker was busy 88 % of the time/,
    ],
    [
      'a generator was nearly busy, and Nginx nearly too',
      busyRun({ proxy: [0.89], generator: [0.88] }),
      /^A generator worker was busy 88 %/,
    ],
    [
      'nothing was echoed',
      change((run) => {
        for (const slice of run.slices) slice.counters.echoed = 0;
      }),
      /^Nothing was echoed in the steady phase\.$/,
    ],
    [
      'the machine was the limit',
      busyRun({ proxy: [0.8, 0.8], server: Array(60).fill(0.8), generator: Array(11).fill(0.8) }),
      /^The machine was the limit: the CPUs are 91 % used/,
    ],
    [
      'messages came back, but late',
      openRun(1, { sendLag: 50, response: 1_800_000 }),
      /^Only 0\.0 % of the messages that were due in the steady phase were echoed within 1 s of when they were due\.$/,
    ],
    ['an event loop was nearly busy', busyRun({ loop: 0.87 }), /^A generator worker was busy 87 %/],
  ];
  for (const [what, run, reason] of RUNS) {
    test(what, () => {
      const { verdict, reasons } = judge(run);
      assert.equal(verdict, 'suspect');
      assert.equal(reasons.length, 1);
      assert.match(reasons[0] ?? '', reason);
    });
  }

  test('for several reasons at once', () => {
    const run = openRun(0.5, { sendLag: 9000, response: 10_000 }, { loop: 0.88 });
    run.outcome = { state: 'aborted', reason: 'Interrupted.' };
    worker(run).failed = 1;
    const { verdict, reasons } = judge(run);
    assert.equal(verdict, 'suspect');
    assert.deepEqual(
      reasons.map((reason) => reason.split(' ').slice(0, 3).join(' ')),
      ['The run was', '1 of 10', 'The generator sent', 'Only 50 %', 'A generator worker'],
    );
  });
});

/** As on Bun: CPU time is all that there is. */
function withoutLoop(run: Run): Run {
  for (const { samples } of run.processes)
    for (const sample of samples) Object.assign(sample, { loopUtilisation: null, loopDelayMaxUs: null });
  return run;
}

describe('limited', () => {
  const RUNS: [what: string, run: Run, verdict: string][] = [
    ['by a busy generator', busyRun({ generator: [0.97] }), 'generator-limited'],
    [
      'by a busy generator that tells nothing of its event loop',
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
      assert.equal(reasons.length, 1);
      const who = expected === 'server-limited' ? 'echo server' : 'generator';
      assert.equal(reasons[0], `The ${who} was the limit: ${limit.evidence}`);
    });
  }

  test('not where Nginx was at 80 % or more: then it is a doubt', () => {
    assert.equal(judge(busyRun({ proxy: [0.85], generator: [0.97] })).verdict, 'suspect');
  });

  test('other doubts are kept beside it', () => {
    const run = busyRun({ generator: [0.97] });
    const [worker] = run.workers;
    assert.ok(worker);
    worker.failed = 3;
    const { verdict, reasons } = judge(run);
    assert.equal(verdict, 'generator-limited');
    assert.equal(reasons.length, 2);
    assert.match(reasons[1] ?? '', /^3 of 10 connections failed/);
  });
});
