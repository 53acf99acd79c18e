import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { disturb } from '../../test/run.ts';
import type { Placement } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { busyRun, judge, openRun, type Shares, setTimes } from './busy.test.fixture.ts';
import { diagnose } from './diagnose.ts';

const QUICK = { sendLag: 50, response: 1000 };

function spinning(run: Run): Run {
  return { ...run, plan: { ...run.plan, pacing: 'spin' } };
}

function placed(run: Run, placement: Placement): Run {
  run.plan.placement = placement;
  return run;
}

function pinned(run: Run, generator: number[], server: number[]): Run {
  return placed(run, { proxy: [0], server, generator, runner: [] });
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
      'a machine that is full of processes none of which is busy',
      busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.25, 0.25] }),
      2,
      'machine',
      /^the CPUs are 90 % used by all processes together, and none of them was busy by itself: a Nginx worker/,
    ],
    [
      'a machine that is nearly full',
      busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.24, 0.24] }),
      2,
      'none',
      /all together used 89 % of the CPUs/,
    ],
    [
      'CPUs that Nginx and servers share, in an open loop that was not kept up with',
      placed(openRun(0.9, QUICK, { proxy: [0.5], server: [0.46], generator: [0.5] }), {
        proxy: [1],
        server: [1],
        generator: [0],
        runner: [],
      }),
      64,
      'machine',
      /^Nginx and echo server share CPUs that were 96 % used; a Nginx worker was busy 50 % of the time/,
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

  test('of Nginx the busiest worker counts, for connections stay with theirs; the master does not', () => {
    const { limit } = judge(busyRun({ proxy: [0.5, 0.99, 0.7] }));
    assert.equal(limit.component, 'proxy');
    assert.match(
      limit.evidence,
      /^the busiest Nginx worker was busy 99 % of the time, the least busy 50 %, /,
    );
    assert.match(judge(busyRun({ proxy: [0.95, 0.93] })).limit.evidence, /^a Nginx worker was busy 95 %/);
    assert.equal(judge(busyRun({ proxy: [0.89, 0.5] })).limit.component, 'none');
  });

  test('a process is busy from 90 % on', () => {
    assert.equal(judge(busyRun({ proxy: [0.9] })).limit.component, 'proxy');
    assert.equal(judge(busyRun({ proxy: [0.89] })).limit.component, 'none');
  });

  test('of two sets of shared CPUs the fuller one counts, by how many CPUs it has', () => {
    const on = (server: number[], ...shares: [proxy: number, generator: number]) =>
      judge(
        placed(busyRun({ proxy: [shares[0]], server: [0.4], generator: [shares[1]] }), {
          proxy: [0],
          server,
          generator: server,
          runner: [0],
        }),
      ).limit.component;
    assert.equal(on([1], 0.5, 0.56), 'generator');
    assert.equal(on([1, 2], 0.5, 0.56), 'none');
  });

  test('all processes count for how full the machine is, the runner as well', () => {
    const run = busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.24, 0.24] });
    assert.equal(judge(run, 2).limit.component, 'none');
    const [master] = run.processes;
    assert.ok(master);
    const samples = master.samples.map((sample) => ({ ...sample, cpuUs: sample.atUs * 0.05 }));
    run.processes.push({ ...master, component: 'runner', name: 'runner', samples });
    assert.equal(judge(run, 2).limit.component, 'machine');
  });

  test('CPUs are not shared where the system refused to place processes', () => {
    const run = pinned(busyRun({ server: [0.4], generator: [0.58] }), [1], [1]);
    run.notices.push({ level: 'warning', code: 'affinity-refused', text: '' });
    assert.equal(judge(run).limit.component, 'none');
  });

  test('the runner counts with those whose CPUs it has', () => {
    const run = placed(busyRun({ server: [0.3], generator: [0.58] }), {
      proxy: [0],
      server: [1],
      generator: [1],
      runner: [1],
    });
    assert.equal(judge(run).limit.component, 'none');
    const [first] = run.processes;
    assert.ok(first);
    run.processes.push({
      ...first,
      component: 'runner',
      name: 'runner',
      samples: first.samples.map((sample) => ({ ...sample, cpuUs: Math.round(sample.atUs * 0.1) })),
    });
    assert.match(judge(run).limit.evidence, /share CPUs that were 98 % used/);
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

describe('a run that never settled', () => {
  /** An open loop of about 1,000 messages a second with so many outstanding at the end of its warm-up. */
  const withBacklog = (outstanding: number, response = 1000): Run => {
    const run = openRun(1, { sendLag: 50, response }, {}, { seconds: 3 });
    for (const slice of run.slices) {
      if (slice.phase === 'warm-up') slice.gauges.outstanding = outstanding;
    }
    return run;
  };

  test('is suspect where the steady phase began with a backlog, and its schedule was not the limit', () => {
    const { verdict, reasons, limit } = judge(withBacklog(120));
    assert.equal(verdict, 'suspect');
    assert.equal(reasons.length, 1);
    assert.match(reasons[0] ?? '', /^The steady phase began with 120 messages .* had not settled/);
    assert.equal(limit.component, 'none');
  });

  test('has no backlog below a tenth of a second, or where the usual time explains it', () => {
    assert.deepEqual(judge(withBacklog(90)).reasons, []);
    assert.deepEqual(judge(withBacklog(1400, 500_000)).reasons, []);
    assert.equal(judge(withBacklog(1700, 500_000)).verdict, 'suspect');
  });

  test('is not taken for one that kept its schedule because a backlog was echoed in its steady phase', () => {
    const run = openRun(1.02, { sendLag: 50, response: 1_800_000 }, { proxy: [0.3], generator: [0.3] });
    const { limit, verdict } = judge(run, 0.85);
    assert.equal(limit.component, 'machine');
    assert.equal(verdict, 'suspect');
  });
});

describe('a disturbed run', () => {
  const LATE = { sendLag: 5000, response: 10_000 };
  /** An open loop of ten seconds; in those that are named the host took its share and the generator was late. */
  const disturbed = (...seconds: number[]): Run => {
    const run = openRun(1, QUICK, {}, { seconds: 10 });
    const steady = run.slices.filter(({ phase }) => phase === 'steady');
    for (const second of seconds) {
      disturb(run, second, { stolenUs: 5e6 });
      setTimes(steady[second] ?? assert.fail(), LATE);
    }
    return run;
  };
  const notice = (run: Run) => diagnose(run, 64).notices.find(({ code }) => code === 'disturbed-seconds');

  test('is valid where the other seconds are at least half and nothing speaks against them', () => {
    const run = disturbed(1, 2, 3, 6, 8);
    assert.deepEqual([judge(run).verdict, judge(run).reasons], ['valid', []]);
    assert.equal(judge(run).limit.component, 'schedule');
    assert.match(
      notice(run)?.text ?? '',
      /^Disturbed: 5 of 10 seconds of the steady phase \(2–4, 7, 9\), in which the host gave up to 7\.8 % of the CPUs' time to others\. Response time p99 is \d+ µs over all seconds and 1\d\d\d over the undisturbed ones\. Send lag p99 is 5\d\d\d µs over all seconds and 50 over/,
    );
  });

  test('is suspect because of the disturbance where they are fewer, with what that did', () => {
    const { verdict, reasons } = judge(disturbed(0, 1, 2, 3, 6, 8));
    assert.equal(verdict, 'suspect');
    assert.match(
      reasons[0] ?? '',
      /^Disturbed: 6 of 10 seconds of the steady phase \(1–4, 7, 9\), in which the host/,
    );
    assert.match(reasons[1] ?? '', /^The generator sent late/);
    assert.equal(reasons.length, 2);
  });

  test('is suspect where no second is left to compare with', () => {
    const run = disturbed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert.match(judge(run).reasons.join(' '), /^Disturbed: 10 of 10 seconds .* The generator sent late/);
    assert.match(notice(run)?.text ?? '', /No second is left to compare with\.$/);
  });

  test('did not keep its schedule where it did so in no second', () => {
    const run = openRun(0.5, { sendLag: 50, response: 2_000_000 }, {}, { seconds: 2 });
    for (const second of [0, 1]) disturb(run, second, { stolenUs: 5e6 });
    const { limit, reasons } = judge(run);
    assert.equal(limit.component, 'none');
    assert.deepEqual(
      reasons.map((reason) => reason.split(' ').slice(0, 2).join(' ')),
      ['Disturbed: 2', 'Only 50', 'Only 0.0'],
    );
  });

  test('is its own fault where the undisturbed seconds are no better', () => {
    const run = disturbed(1, 2);
    for (const slice of run.slices) setTimes(slice, LATE);
    assert.match(judge(run).reasons.join(' '), /^The generator sent late[^.]*\.$/);
  });

  test('is valid where nothing was touched, however many seconds were disturbed', () => {
    const run = disturbed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    for (const slice of run.slices) setTimes(slice, QUICK);
    assert.deepEqual(judge(run).reasons, []);
    assert.equal(notice(run)?.level, 'warning');
  });

  test('of a spinning generator that was late only then: the schedule was kept', () => {
    assert.equal(judge(spinning(disturbed(1, 2))).limit.component, 'schedule');
  });

  test('of a spinning generator that was late only then is not limited by it, whatever else fell short', () => {
    const run = spinning(disturbed(1, 2));
    for (const slice of run.slices) if (slice.phase === 'warm-up') slice.gauges.outstanding = 5000;
    assert.equal(judge(run).limit.component, 'none');
    assert.match(judge(run).reasons.join(' '), /^The steady phase began with 5000 messages/);
  });

  test('in a closed loop is touched where it echoed more in the other seconds', () => {
    const closed = (share: number, ...seconds: number[]): Run => {
      const run = busyRun({}, { seconds: 4 });
      for (const slice of run.slices) slice.counters.echoed = 1000;
      for (const second of seconds) {
        disturb(run, second, { otherUs: 7e6 });
        const slice = run.slices.filter(({ phase }) => phase === 'steady')[second];
        if (slice !== undefined) slice.counters.echoed = 1000 * share;
      }
      return run;
    };
    assert.deepEqual(judge(closed(0.5, 0, 1)).reasons, []);
    assert.match(
      judge(closed(0.5, 0, 1, 2)).reasons.join(' '),
      /^Disturbed: 3 of 4 seconds of the steady phase \(1–3\), in which other work took up to 11 % of the CPUs' time\.$/,
    );
    assert.deepEqual(judge(closed(0.96, 0, 1, 2)).reasons, []);
    assert.match(judge(closed(1, 0, 1, 2, 3)).reasons.join(' '), /^Disturbed: 4 of 4/);
    assert.match(
      notice(closed(0.5, 0, 1))?.text ?? '',
      /It echoed 750 messages\/s over all seconds and 1000 over/,
    );
  });
});
