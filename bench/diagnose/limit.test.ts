import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Run } from '../model/run.ts';
import { busyRun, judge, openRun, pinned, placed, QUICK, spinning } from './busy.test.fixture.ts';

describe('who was the limit', () => {
  const LIMITS: [what: string, run: Run, cpus: number, component: string, evidence: RegExp][] = [
    [
      'a schedule that was kept',
      openRun(1, QUICK),
      64,
      'schedule',
      /^100\.0 % of the \d+ messages\/s that the schedule offered were echoed; an Nginx worker was busy 30 %/,
    ],
    ['a busy Nginx', busyRun({ proxy: [0.97] }), 64, 'proxy', /^an Nginx worker was busy 97 % of the time/],
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
      busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.21, 0.21] }),
      2,
      'machine',
      /^the CPUs are 86 % used by all processes together, and none of them was busy by itself: an Nginx worker/,
    ],
    [
      'a machine that is nearly full',
      busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.19, 0.19] }),
      2,
      'none',
      /all together used 84 % of the CPUs/,
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
      /^Nginx and echo server share CPUs that were 96 % used; an Nginx worker was busy 50 % of the time/,
    ],
    [
      'nobody',
      busyRun(),
      64,
      'none',
      /^no process was busy, and all together used .* of the CPUs: an Nginx worker was busy 30 % of the time/,
    ],
    [
      'a generator that spins and sends late all the same',
      spinning(openRun(0.9, { sendLag: 50_000, response: 60_000 })),
      64,
      'generator',
      /^it spins until the next message is due and still did not keep the schedule, its send lag p99 is 50\d\d\d µs; an Nginx/,
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
    assert.match(judge(busyRun({ proxy: [0.95, 0.93] })).limit.evidence, /^an Nginx worker was busy 95 %/);
    assert.equal(judge(busyRun({ proxy: [0.89, 0.5] })).limit.component, 'none');
  });

  test('a process is busy from 90 % on', () => {
    assert.equal(judge(busyRun({ proxy: [0.9] })).limit.component, 'proxy');
    assert.equal(judge(busyRun({ proxy: [0.89] })).limit.component, 'none');
  });

  test('how full shared CPUs are is counted by how many they are', () => {
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
    const run = busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.19, 0.19] });
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
