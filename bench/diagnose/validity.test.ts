import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Run } from '../model/run.ts';
import { busyRun, judge, openRun, type Shares } from './busy.test.fixture.ts';

const QUICK = { sendLag: 50, response: 1000 };

function spinning(run: Run): Run {
  return { ...run, plan: { ...run.plan, pacing: 'spin' } };
}

function pinned(run: Run, generator: number[], server: number[]): Run {
  run.plan.placement = { proxy: [0], server, generator, runner: [] };
  return run;
}

describe('who was the limit', () => {
  const LIMITS: [what: string, run: Run, cpus: number, component: string, evidence: RegExp][] = [
    [
      'a schedule that was kept',
      openRun(1, QUICK),
      64,
      'schedule',
      /^100\.0 % of the \d+ messages\/s that the schedule offered were echoed; a Nginx worker was busy 30 %/,
    ],
    ['a busy Nginx', busyRun({ proxy: [0.97] }), 64, 'proxy', /^a Nginx worker was busy 97 % of the time/],
    [
      'a busy Nginx, with a generator as busy',
      busyRun({ proxy: [0.95], generator: [0.99] }),
      64,
      'proxy',
      /the busiest generator worker 99 %\.$/,
    ],
    ['a busy generator', busyRun({ generator: [0.2, 0.96] }), 64, 'generator', /generator worker 96 %/],
    ['a busy event loop', busyRun({ loop: 0.97 }), 64, 'generator', /generator worker 97 %/],
    ['a busy server', busyRun({ server: [0.97, 0.2] }), 64, 'server', /echo server 97 %/],
    ['server and generator alike', busyRun({ server: [0.95], generator: [0.95] }), 64, 'generator', /95 %/],
    [
      'a server busier than the generator',
      busyRun({ server: [0.97], generator: [0.92] }),
      64,
      'server',
      /97/,
    ],
    [
      'a server in direct, with a generator a hair busier',
      busyRun({ server: [0.95], generator: [0.97] }, { profile: 'direct' }),
      64,
      'server',
      /^the busiest echo server 95 %/,
    ],
    [
      'CPUs that generator and server share',
      pinned(busyRun({ server: [0.4], generator: [0.58] }), [1], [1]),
      64,
      'generator',
      /share CPUs that were 98 % used/,
    ],
    [
      'CPUs that they share, most of it for the server',
      pinned(busyRun({ server: [0.6], generator: [0.38] }), [1], [1]),
      64,
      'server',
      /share CPUs/,
    ],
    [
      'CPUs of their own, as busy together',
      pinned(busyRun({ server: [0.6], generator: [0.38] }), [1], [2]),
      64,
      'none',
      /^no process was busy, and all together used 2\.0 % of the CPUs: /,
    ],
    [
      'a machine that is full, of Nginx most',
      busyRun({ proxy: [0.8, 0.8], server: [0.2], generator: [0.2] }),
      2,
      'proxy',
      /CPUs are 100\.0 % used/,
    ],
    [
      'a machine that is full, of generators most',
      busyRun({ proxy: [0.3], server: [0.2], generator: [0.75, 0.75] }),
      2,
      'generator',
      /CPUs are 100\.0 % used/,
    ],
    [
      'nobody',
      busyRun(),
      64,
      'none',
      /^no process was busy, and all together used .* of the CPUs: a Nginx worker was busy 30 % of the time/,
    ],
    [
      'a generator that spins and sends late all the same',
      spinning(openRun(0.9, { sendLag: 50_000, response: 60_000 })),
      64,
      'generator',
      /^it spins until the next message is due and still did not keep the schedule, its send lag p99 is 50\d\d\d µs; a Nginx/,
    ],
    [
      'nobody, where it sleeps',
      openRun(0.9, { sendLag: 50_000, response: 60_000 }),
      64,
      'none',
      /^no process was busy/,
    ],
    ['nobody, in a schedule that was not kept', openRun(0.9, QUICK), 64, 'none', /^no process was busy/],
  ];
  for (const [what, run, cpus, component, evidence] of LIMITS) {
    test(`${what}: ${component}`, () => {
      const { limit } = judge(run, cpus);
      assert.equal(limit.component, component);
      assert.match(limit.evidence, evidence);
    });
  }

  test('of Nginx the mean of its workers counts, and the master does not', () => {
    assert.equal(judge(busyRun({ proxy: [0.95, 0.93] })).limit.component, 'proxy');
    assert.equal(judge(busyRun({ proxy: [0.99, 0.5] })).limit.component, 'none');
  });

  test('a run of which no process is known has no limit', () => {
    const run = busyRun();
    run.processes = [];
    run.proxy = null;
    assert.deepEqual(judge(run).limit, {
      component: 'none',
      evidence: 'no process was busy: nothing is known of the processes.',
    });
  });
});

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
    ['the rate was not reached', openRun(0.97, QUICK), /^Only 97 % of the offered rate was echoed/],
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

describe('limited', () => {
  const RUNS: [what: string, run: Run, verdict: string][] = [
    ['by a busy generator', busyRun({ generator: [0.97] }), 'generator-limited'],
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

test('poisson arrivals may fall short by chance: three times the root of their number, and no more', () => {
  const withArrivals = (arrivals: 'uniform' | 'poisson', deviations: number) => {
    const run = openRun(1, QUICK);
    if (run.plan.workload.load.kind === 'closed') throw new Error('an open loop is needed');
    // 10,000 messages in the steady phase: the root is 1 %.
    run.plan.durationMs = (10_000 / run.plan.workload.load.ratePerSecond) * 1e3;
    run.plan.workload.load = { ...run.plan.workload.load, arrivals };
    run.plan.workload.load.ratePerSecond /= 1 - deviations / 100;
    return judge(run).verdict;
  };
  assert.equal(withArrivals('poisson', 2.5), 'valid');
  assert.equal(withArrivals('poisson', 3.5), 'suspect');
  assert.equal(withArrivals('uniform', 2.5), 'suspect');
});
