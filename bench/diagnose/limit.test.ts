import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import type { EvidenceFacts } from '../wording/validity.ts';
import { busyRun, judge, onTarget, openRun, pinned, placed, QUICK, spinning } from './busy.test.fixture.ts';
import { limitOf } from './limit.ts';
import type { ScheduleDoubts } from './schedule.ts';
import { busyFacts, type Utilisation } from './utilisation.ts';

/** Parts of the evidence by name, with shares in per cent. */
type Seen = Readonly<Record<string, string | number | null | undefined>>;

function seenIn({ evidence }: Validity['limit'], names: readonly string[]): Seen {
  const { busy, ...facts } = evidence.data.evidence as EvidenceFacts & Readonly<Record<string, unknown>>;
  const { proxy, server, generator } = busy;
  const all: Record<string, unknown> = {
    ...facts,
    ...{ server, generator, proxy: proxy?.busiest, least: proxy?.least },
  };
  return Object.fromEntries(
    names.map((name) => {
      const value = all[name];
      return [
        name,
        typeof value === 'number' ? Math.round(value * 100) : (value as string | null | undefined),
      ];
    }),
  );
}

describe('the limit of a run', () => {
  const LIMITS: [what: string, run: Run, cpus: number, component: string, evidence: Seen][] = [
    [
      'a schedule that was kept',
      openRun(1, QUICK),
      64,
      'schedule',
      { kind: 'on-schedule', ratio: 100, proxy: 30 },
    ],
    ['a busy Nginx', busyRun({ proxy: [0.97] }), 64, 'proxy', { kind: 'busy', proxy: 97 }],
    [
      'a busy Nginx, with an equally busy generator',
      busyRun({ proxy: [0.95], generator: [0.99] }),
      64,
      'proxy',
      { kind: 'busy', generator: 99 },
    ],
    [
      'a busy generator',
      busyRun({ generator: [0.2, 0.96] }),
      64,
      'generator',
      { kind: 'busy', generator: 96 },
    ],
    ['a busy event loop', busyRun({ loop: 0.97 }), 64, 'generator', { kind: 'busy', generator: 97 }],
    ['a busy server', busyRun({ server: [0.97, 0.2] }), 64, 'server', { kind: 'busy', server: 97 }],
    [
      'server and generator equally busy',
      busyRun({ server: [0.95], generator: [0.95] }),
      64,
      'generator',
      { kind: 'busy', server: 95, generator: 95 },
    ],
    [
      'a server busier than the generator',
      busyRun({ server: [0.97], generator: [0.92] }),
      64,
      'server',
      { kind: 'busy', server: 97 },
    ],
    [
      'a server in direct, with a slightly busier generator',
      busyRun({ server: [0.95], generator: [0.97] }, { profile: 'direct' }),
      64,
      'server',
      { kind: 'busy', server: 95 },
    ],
    [
      'a generator on a target that is not observed',
      onTarget(busyRun({ generator: [0.4] }, { profile: 'direct' })),
      64,
      'none',
      { kind: 'unobserved' },
    ],
    [
      'a busy generator on a target',
      onTarget(busyRun({ generator: [0.95] }, { profile: 'direct' })),
      64,
      'generator',
      { kind: 'busy', generator: 95 },
    ],
    [
      'CPUs that generator and server share',
      pinned(busyRun({ server: [0.4], generator: [0.58] }), [1], [1]),
      64,
      'generator',
      { kind: 'shared-cpus', used: 98 },
    ],
    [
      'shared CPUs, used mostly by the server',
      pinned(busyRun({ server: [0.6], generator: [0.38] }), [1], [1]),
      64,
      'server',
      { kind: 'shared-cpus', used: 98 },
    ],
    [
      'separate CPUs, with the same total use',
      pinned(busyRun({ server: [0.6], generator: [0.38] }), [1], [2]),
      64,
      'none',
      { kind: 'idle', used: 2 },
    ],
    [
      'a full machine with no busy process',
      busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.21, 0.21] }),
      2,
      'machine',
      { kind: 'full-cpus', used: 86 },
    ],
    [
      'a machine that is nearly full',
      busyRun({ proxy: [0.4, 0.4], server: [0.3, 0.2], generator: [0.19, 0.19] }),
      2,
      'none',
      { kind: 'idle', used: 84 },
    ],
    [
      'CPUs shared by Nginx and servers, in an open loop that fell behind',
      placed(openRun(0.9, QUICK, { proxy: [0.5], server: [0.46], generator: [0.5] }), {
        proxy: [1],
        server: [1],
        generator: [0],
        runner: [],
      }),
      64,
      'machine',
      { kind: 'shared-cpus', used: 96, proxy: 50 },
    ],
    ['nobody', busyRun(), 64, 'none', { kind: 'idle', proxy: 30 }],
    [
      'a spinning generator that still sends late',
      spinning(openRun(0.9, { sendLag: 50_000, response: 60_000 })),
      64,
      'generator',
      { kind: 'late-spinner', proxy: 30 },
    ],
    [
      'no component, if the generator sleeps',
      openRun(0.9, { sendLag: 50_000, response: 60_000 }),
      64,
      'none',
      { kind: 'idle' },
    ],
    ['no component, in a schedule that was not kept', openRun(0.9, QUICK), 64, 'none', { kind: 'idle' }],
  ];
  for (const [what, run, cpus, component, evidence] of LIMITS) {
    test(`${what}: ${component}`, () => {
      const { limit } = judge(run, cpus);
      assert.equal(limit.component, component);
      assert.deepEqual(seenIn(limit, Object.keys(evidence)), evidence);
    });
  }

  test('an Nginx that an agent observes may be the limit of a target, and so may its host', () => {
    const observed = (proxy: number[], idleShare: number) => {
      const run = onTarget(busyRun({ proxy, server: [] }));
      const { cpus, samples } = run.machine ?? assert.fail();
      const idle = samples.map((each) => ({ ...each, idleUs: each.atUs * idleShare * cpus.length }));
      const host = { name: 'p', role: 'proxy', cpus: 2, isRunners: false, machine: null } as const;
      const clock = { errorUs: 9, driftUs: 0 };
      run.hosts = [{ ...host, samples: { cpus, samples: idle }, workers: [], sendLag: null, clock }];
      run.plan.proxyAgent = 'p';
      run.proxy = null;
      return judge(run).limit;
    };
    assert.equal(observed([0.95], 0.5).component, 'proxy');
    const quiet = observed([0.4], 0.5);
    assert.deepEqual([quiet.component, ...Object.values(seenIn(quiet, ['kind']))], ['none', 'unobserved']);
    const full = observed([0.4], 0.02);
    assert.deepEqual([full.component, ...Object.values(seenIn(full, ['kind']))], ['machine', 'full-host']);
  });

  test('of Nginx the busiest worker counts, for connections stay with theirs; the master does not', () => {
    const { limit } = judge(busyRun({ proxy: [0.5, 0.99, 0.7] }));
    assert.equal(limit.component, 'proxy');
    assert.deepEqual(seenIn(limit, ['proxy', 'least']), { proxy: 99, least: 50 });
    const alike = judge(busyRun({ proxy: [0.95, 0.93] })).limit;
    assert.deepEqual(seenIn(alike, ['proxy', 'least']), { proxy: 95, least: null });
    assert.equal(judge(busyRun({ proxy: [0.89, 0.5] })).limit.component, 'none');
  });

  test('a process is busy from 90 % on', () => {
    assert.equal(judge(busyRun({ proxy: [0.9] })).limit.component, 'proxy');
    assert.equal(judge(busyRun({ proxy: [0.89] })).limit.component, 'none');
  });

  test('the utilisation of shared CPUs depends on their number', () => {
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

  test('all processes count towards the utilisation of the machine, including the runner', () => {
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
    run.notices.push({ level: 'warning', code: 'affinity-refused', data: {}, text: '' });
    assert.equal(judge(run).limit.component, 'none');
  });

  test('the runner counts with the components whose CPUs it shares', () => {
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
    assert.deepEqual(seenIn(judge(run).limit, ['kind', 'used']), { kind: 'shared-cpus', used: 98 });
  });

  test('a run without known processes has no limit', () => {
    const run = busyRun();
    run.processes = [];
    run.proxy = null;
    const { limit } = judge(run);
    assert.equal(limit.component, 'none');
    assert.deepEqual(limit.evidence.data.evidence, {
      kind: 'idle',
      used: 0,
      busy: { proxy: null, server: null, generator: null },
    });
  });
});

describe('the limit that follows from the utilisation', () => {
  const IDLE: Utilisation = { proxy: null, server: null, generator: null, machine: 0, shared: null };

  function limit(
    changes: Partial<Utilisation>,
    run = busyRun(),
    figures: Partial<RunFigures> = {},
    doubts: ScheduleDoubts = {},
  ) {
    const utilisation = { ...IDLE, ...changes };
    const { component, evidence } = limitOf(run, { ...figuresOf(run), ...figures }, utilisation, doubts);
    const { busy, ...facts } = evidence;
    assert.deepEqual(busy, busyFacts(utilisation));
    return [component, facts];
  }
  const worker = (busiest: number) => ({ proxy: { busiest, least: 0 } });
  const IS_BUSY = { kind: 'busy' };

  test('a process is busy from 90 %; the measured one counts first', () => {
    const none = ['none', { kind: 'idle', used: 0 }];
    assert.deepEqual(limit({}), none);
    assert.deepEqual(limit({ ...worker(0.89), server: 0.89, generator: 0.89 }), none);
    assert.deepEqual(limit({ ...worker(0.9), server: 1, generator: 1 }), ['proxy', IS_BUSY]);
    assert.deepEqual(limit({ server: 0.9 }), ['server', IS_BUSY]);
    assert.deepEqual(limit({ server: 0.9, generator: 0.9 }), ['server', IS_BUSY]);
    assert.deepEqual(limit({ ...worker(0), server: 0.9, generator: 0.89 }), ['server', IS_BUSY]);
    assert.deepEqual(limit({ ...worker(0), server: 0.9, generator: 0.9 }), ['generator', IS_BUSY]);
    assert.deepEqual(limit({ ...worker(0), server: 0.91, generator: 0.9 }), ['server', IS_BUSY]);
    assert.deepEqual(limit({ generator: 0.9 }), ['generator', IS_BUSY]);
    assert.deepEqual(limit({ generator: 0.89 }), none);
    // Without Nginx, the server counts if it is 95 % as busy as the generator.
    assert.deepEqual(limit({ server: 0.95, generator: 1 }), ['server', IS_BUSY]);
    assert.deepEqual(limit({ server: 0.949, generator: 1 }), ['generator', IS_BUSY]);
    assert.deepEqual(limit({ server: 0.89, generator: 0.9 }), ['generator', IS_BUSY]);
  });

  test('shared CPUs are full from 95 %, and those of the machine from 85 %', () => {
    const shared = (used: number, components: Component[], others: Partial<Utilisation> = {}) =>
      limit({ ...others, shared: { components, used } });
    type Component = NonNullable<Utilisation['shared']>['components'][number];
    const full = (components: Component[], used = 0.95) => ({ kind: 'shared-cpus', components, used });
    const ends: Component[] = ['server', 'generator'];
    assert.deepEqual(shared(0.949, ends), ['none', { kind: 'idle', used: 0 }]);
    assert.deepEqual(shared(0.95, ends), ['generator', full(ends)]);
    assert.deepEqual(shared(0.95, ends, { server: 0.5, generator: 0.5 }), ['generator', full(ends)]);
    assert.deepEqual(shared(0.95, ends, { server: 0.5 }), ['server', full(ends)]);
    assert.deepEqual(shared(0.95, ends, { server: 0.5, generator: 0.45 }), ['server', full(ends)]);
    assert.deepEqual(shared(0.95, ['proxy', 'server']), ['machine', full(['proxy', 'server'])]);
    assert.deepEqual(limit({ machine: 0.849 }), ['none', { kind: 'idle', used: 0.849 }]);
    assert.deepEqual(limit({ machine: 0.85 }), ['machine', { kind: 'full-cpus', used: 0.85 }]);
  });

  test('the host of Nginx is full from 95 %, and comes before the CPUs of the runner', () => {
    const hosts = (used: number | null, role = 'proxy') =>
      limit({ machine: 0.9 }, busyRun(), {
        hosts: [
          { role: 'generator', used: 1 },
          { role, used },
        ] as never,
      });
    const own = ['machine', { kind: 'full-cpus', used: 0.9 }];
    assert.deepEqual(hosts(0.95), ['machine', { kind: 'full-host', used: 0.95 }]);
    for (const found of [hosts(0.949), hosts(null), hosts(1, 'server')]) assert.deepEqual(found, own);
    assert.deepEqual(limit({ machine: 1 }, onTarget(busyRun())), ['none', { kind: 'unobserved' }]);
  });

  test('a schedule that was kept comes first, unless its rate, its echoes or its start are in doubt', () => {
    const run = openRun(1, QUICK);
    const offered = { perSecond: 700, achievedPerSecond: null, ratio: 0.995, inTime: 1 };
    const doubt = finding('backlog', { outstanding: 1 });
    const kept = ['schedule', { kind: 'on-schedule', ratio: 0.995, perSecond: 700 }];
    const busy = worker(1);
    assert.deepEqual(limit(busy, run, { offered }), kept);
    assert.deepEqual(limit(busy, run, { offered }, { lag: doubt }), kept);
    for (const doubts of [{ rate: doubt }, { inTime: doubt }, { backlog: doubt }])
      assert.deepEqual(limit(busy, run, { offered }, doubts)[0], 'proxy');
    assert.deepEqual(limit(busy, run, { offered: { ...offered, ratio: null } })[0], 'proxy');
    assert.deepEqual(limit(busy, run, { offered: null })[0], 'proxy');
  });

  test('a spinning generator that was late is the limit before full CPUs', () => {
    const late = openRun(0.9, { sendLag: 50_000, response: 60_000 });
    const doubts = {
      lag: finding('send-lag', { lagUs: 1, share: 1 }),
      rate: finding('rate-missed', { ratio: 0.9 }),
    };
    const [component, evidence] = limit({ machine: 1 }, spinning(late), {}, doubts);
    assert.equal(component, 'generator');
    const { lagUs, ...facts } = evidence as { lagUs: number };
    assert.deepEqual([Math.round(lagUs / 1e3), facts], [50, { kind: 'late-spinner' }]);
    const others: [Run, ScheduleDoubts][] = [
      [late, doubts],
      [spinning(late), { rate: doubts.rate }],
      [spinning(openRun(0.9, QUICK)), doubts],
    ];
    for (const [run, of] of others) assert.equal(limit({ machine: 1 }, run, {}, of)[0], 'machine');
  });
});
