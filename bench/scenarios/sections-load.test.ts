import { onTarget } from '../../test/external.ts';
import { rateOf } from '../../test/result.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import type { QueueSample, Run } from '../model/run.ts';
import { encoded, steadyUs, testReports, uncounted } from './sections.test.fixture.ts';

/**
 * What the reports of scenarios whose connections are not cut say in cases that an ordinary run does not have:
 * nothing, a single one, too few for a median, an early end, or a server that was already running.
 */

const without = (run: Run): Run => ({ ...run, timeline: [] });

/** A run that ended before its steady phase. */
const unsteady = (run: Run): Run => ({
  ...run,
  phases: run.phases.filter(({ phase }) => phase !== 'steady' && phase !== 'drain'),
  slices: run.slices.filter(({ phase }) => phase !== 'steady' && phase !== 'drain'),
});

const external = (result: Result): Result => {
  const runs = result.runs.map(onTarget);
  const [variant] = result.variants;
  const name = runs[0]?.plan.variant ?? '';
  return { ...result, runs, variants: variant === undefined ? [] : [{ ...variant, name, proxy: null }] };
};

const onlyExternal = (result: Result, name: string) => (name === 'external' ? external(result) : result);

const BALANCED = { ended: 0, held: 100, opened: 100, pings: 0, pongs: 0 };

testReports(
  'idle',
  {
    none: {},
    several: {
      old: { change: uncounted },
      none: { counts: { ...BALANCED, ended: 100, held: 0 }, failures: { 'open/closed-1006': 100 } },
      one: {
        counts: { ...BALANCED, ended: 1, held: 1, opened: 1 },
        failures: { 'open/closed-1001': 1 },
        times: { lifetime: [[1000, 1]] },
      },
      both: {
        counts: { ...BALANCED, ended: 60, held: 40, pings: 3, pongs: 2 },
        failures: { 'open/closed-1006': 50, 'open/reset': 10 },
        times: {
          lifetime: [
            [1000, 30],
            [9000, 30],
          ],
        },
      },
      direct: {
        profile: 'direct',
        counts: { ...BALANCED, ended: 2 },
        failures: { 'open/closed-1006': 2 },
        change: (run) => ({ ...run, memory: run.memory.map((each) => ({ ...each, proxyBytes: null })) }),
      },
      unopened: { counts: { ...BALANCED, opened: 0, held: 0 }, failures: {}, change: unsteady },
    },
    touched: {
      idle: [
        { step: 'hold', counts: BALANCED },
        { step: 'touched', options: { touch: 2048 } },
      ],
      touched: { step: 'touched' },
      early: {
        step: 'touched',
        change: (run) => {
          const { touch: _, ...options } = run.plan.workload.options;
          const workload = { ...run.plan.workload, options };
          return { ...run, plan: { ...run.plan, workload }, memory: run.memory.slice(0, 1) };
        },
      },
      noisy: {
        step: 'hold',
        counts: BALANCED,
        change: (run) => ({
          ...run,
          memory: run.memory.map((each, at) => ({ ...each, kernelBytes: 4e7 + (at % 2) * 1e6 })),
        }),
      },
    },
    edges: {
      unsteady: { step: 'hold', counts: BALANCED, change: unsteady },
      old: {
        step: 'touched',
        change: (run) => {
          const { touch: _, ...options } = run.plan.workload.options;
          return { ...run, plan: { ...run.plan, workload: { ...run.plan.workload, options } } };
        },
      },
      flat: {
        step: 'hold',
        counts: BALANCED,
        change: (run) => ({ ...run, memory: run.memory.map((each) => ({ ...each, kernelBytes: 4e7 })) }),
      },
    },
    external: { ours: { counts: { ...BALANCED, ended: 2 }, failures: { 'open/closed-1006': 2 } } },
  },
  onlyExternal,
);

/** The number of sockets in TIME_WAIT rises from this one. */
const waiting =
  (first: number) =>
  (run: Run): Run => ({
    ...run,
    machine: run.machine && {
      ...run.machine,
      samples: run.machine.samples.map((sample, at) => ({ ...sample, timeWait: first + at })),
    },
  });

const OPENED = { started: 100, refused: 0, broken: 0, unstarted: 0, due: 100, opened: 100, resumed: 25 };

testReports(
  'connect',
  {
    none: {},
    several: {
      old: { change: uncounted },
      both: [{ step: 'fastest' }, { step: 'scheduled' }],
      fastest: { step: 'fastest', profile: 'tls', counts: OPENED, options: { resume: 'on' } },
      scheduled: {
        step: 'scheduled',
        profile: 'tls',
        counts: OPENED,
        options: { resume: 'on', echo: 'on' },
        times: { response: [[1000, 30]] },
      },
      few: [
        { step: 'fastest', change: (run) => ({ ...run, listenDrops: null }) },
        {
          step: 'scheduled',
          times: { response: [[1000, 1]] },
          change: (run) => ({ ...run, listenDrops: null }),
        },
      ],
      many: [
        { step: 'fastest', profile: 'direct' },
        {
          step: 'scheduled',
          profile: 'direct',
          times: {
            response: [
              [1000, 9900],
              [5000, 100],
            ],
          },
        },
      ],
      early: [
        { step: 'fastest', change: unsteady },
        { step: 'scheduled', change: unsteady },
      ],
    },
    limited: {
      first: [
        { step: 'fastest', counts: OPENED, failures: {} },
        { step: 'scheduled', counts: OPENED, failures: {} },
      ],
      second: { step: 'fastest', counts: OPENED, failures: {} },
    },
    single: { lonely: { step: 'fastest', counts: OPENED, failures: {} } },
    edges: {
      fresh: { step: 'fastest', profile: 'tls', options: { resume: 'off' }, times: { tls: [[1000, 100]] } },
      resuming: { step: 'fastest', profile: 'tls', options: { resume: 'on' }, times: { tls: [[1000, 100]] } },
      both: [
        { step: 'fastest', profile: 'tls', options: { resume: 'on' }, times: { tls: [[1000, 100]] } },
        { step: 'scheduled', profile: 'tls', options: { resume: 'on' }, times: { tls: [[1000, 99]] } },
      ],
      once: { step: 'fastest', change: waiting(3) },
      twice: [
        { step: 'fastest', change: waiting(7) },
        { step: 'scheduled', change: waiting(5) },
      ],
    },
    external: { ours: [{ step: 'fastest' }, { step: 'scheduled' }] },
  },
  (result, name) => {
    if (name !== 'limited') return onlyExternal(result, name);
    const [first] = result.runs;
    if (first !== undefined)
      first.validity = { ...first.validity, verdict: 'suspect', reasons: [stored('A reason.')] };
    const leftOut = { kind: 'left-out', variant: 'second', reason: stored('Nothing was opened.') } as const;
    return { ...result, conclusions: [rateOf(200), leftOut] };
  },
);

const DELIVERED = { expected: 1000, delivered: 1000, skipped: 0, missed: 0, pending: 0 };

/** Shares of Nginx workers in connections and messages. */
const spread =
  (...shares: number[]) =>
  (run: Run): Run => ({
    ...run,
    spread: [
      ...shares.map((messages, index) => ({
        component: 'proxy' as const,
        name: `nginx worker ${index + 1}`,
        connections: 10 * (index + 1),
        messages,
      })),
      { component: 'server', name: 'echo server 1', connections: 100, messages: 1000 },
    ],
  });

testReports('broadcast', {
  none: {},
  several: {
    old: { change: uncounted },
    all: { counts: DELIVERED, change: spread(300, 700) },
    one: { counts: { ...DELIVERED, expected: 1, delivered: 1 }, change: spread(5) },
    lost: { counts: { ...DELIVERED, delivered: 998, missed: 2 }, change: spread(0, 0) },
    skipped: {
      counts: { ...DELIVERED, delivered: 999, skipped: 1 },
      change: (run) => ({ ...run, spread: [] }),
    },
    broken: { counts: { ...DELIVERED, delivered: 990 }, times: { lastReceiver: [[1000, 1]] } },
    rooms: { options: { room: 10 }, times: { firstReceiver: [] }, profile: 'direct' },
    uneven: { options: { room: 40 }, times: { medianReceiver: [] } },
    early: { change: unsteady },
    short: {
      change: (run) => ({
        ...run,
        slices: run.slices.map((slice, index) => ({
          ...slice,
          endUs: slice.startUs + (index % 3 === 0 ? 1_000_000 : 250_000 - (index % 3) + 1),
        })),
      }),
    },
  },
  single: {
    lonely: {
      counts: DELIVERED,
      times: {
        lastReceiver: [
          [1000, 3],
          [9000, 1],
        ],
      },
      change: (run) => ({
        ...run,
        processes: run.processes.filter(({ component }) => component !== 'server'),
      }),
    },
  },
});

const KEPT_UP = {
  expected: 900,
  delivered: 900,
  slowExpected: 100,
  slowDelivered: 100,
  slowSkipped: 0,
  stalled: 2,
};

/** Open connections of Nginx's sockets to the clients in each second. */
const closing =
  (...open: number[]) =>
  (run: Run): Run => ({
    ...run,
    queues: run.queues.map(
      (sample, at): QueueSample => ({
        ...sample,
        proxyClient: { ...sample.proxyClient, open: open[at] ?? open.at(-1) ?? 0 },
      }),
    ),
  });

const MANY = [
  [1000, 1980],
  [4000, 20],
] as const;

testReports('slow-consumer', {
  none: {},
  edges: {
    rare: { times: { before: [[1000, 30]], during: MANY } },
    frequent: { times: { before: MANY, during: [[1000, 30]] } },
    once: { times: { before: [], during: [[1000, 1]], after: [] } },
    never: { times: { before: [], during: [], after: [] } },
    cold: { change: (run) => ({ ...run, phases: run.phases.filter(({ phase }) => phase !== 'warm-up') }) },
  },
  several: {
    old: { change: uncounted },
    none: { counts: KEPT_UP, failures: {}, change: closing(100) },
    one: {
      counts: { ...KEPT_UP, slowSkipped: 1, delivered: 899, stalled: 1 },
      failures: { 'open/closed-1006': 1 },
      times: { before: [[1000, 30]], during: [[2000, 30]] },
      options: { 'read-rate': 2048 },
      change: closing(100, 100, 100, 99),
    },
    some: {
      counts: { ...KEPT_UP, slowSkipped: 7, delivered: 890 },
      failures: {},
      times: {
        before: [[1000, 2000]],
        during: [
          [2000, 1900],
          [9000, 100],
        ],
      },
      change: closing(100, 100, 99, 99, 98, 98),
    },
    ended: { failures: { 'open/closed-1006': 2, 'open/reset': 1 }, change: closing(100) },
    few: { times: { before: [[1000, 1]], after: [] }, change: (run) => ({ ...run, queues: [] }) },
    direct: {
      profile: 'direct',
      times: { during: [[1000, 1]] },
      change: (run) => ({
        ...run,
        queues: run.queues.map((each) => ({ ...each, tcpBytes: null, proxyBytes: null })),
      }),
    },
    early: { change: without },
  },
  single: {
    lonely: {
      change: (run) => ({
        ...run,
        queues: run.queues.map((each, at) => ({ ...each, atUs: steadyUs(run, at - 3) })),
      }),
    },
  },
});

type HttpLoad = NonNullable<Run['httpLoad']>;

const requests =
  (total: Partial<HttpLoad['total']>) =>
  (run: Run): Run => ({
    ...run,
    httpLoad: run.httpLoad && { ...run.httpLoad, total: { ...run.httpLoad.total, ...total } },
  });

testReports('mixed', {
  none: {},
  edges: { odd: { change: requests({ requests: 199 }) } },
  several: {
    old: { change: uncounted },
    all: { times: { response: [[1000, 1000]] } },
    cached: { change: requests({ cache: { HIT: 199, MISS: 1 }, backendRequests: 1 }) },
    failed: {
      change: requests({
        requests: 198,
        errors: 1,
        non2xx: 0,
        schedule: { ratePerSecond: 100, due: 200, unanswered: 1 },
      }),
    },
    many: {
      change: (run) => ({
        ...run,
        slices: run.slices.map((slice) => ({
          ...slice,
          histograms: {
            response: encoded([
              [1000, 1980],
              [4000, 20],
            ]),
            sendLag: encoded([[10, 2000]]),
          },
        })),
      }),
    },
    few: { times: { response: [[1000, 1]] }, change: requests({ latency: encoded([[700, 1]]) }) },
    alone: {
      change: (run) => ({
        ...run,
        http: null,
        processes: run.processes.filter(({ component }) => component !== 'server'),
      }),
    },
    unknown: {
      change: requests({
        requests: 0,
        errors: 5,
        backendRequests: null,
        schedule: null,
        latency: encoded([]),
      }),
    },
    nothing: { change: requests({ requests: 0, backendRequests: 0 }) },
    early: { change: (run) => ({ ...without(run), httpLoad: null }) },
  },
  single: { lonely: {} },
});
