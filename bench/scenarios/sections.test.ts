import { onTarget } from '../../test/external.ts';
import type { Run, Slice } from '../model/run.ts';
import { type Case, encoded, steadyUs, testReports, uncounted } from './sections.test.fixture.ts';

/**
 * What the reports of scenarios say in cases that an ordinary run does not have: nothing, a single one, not all,
 * an early end, or a server that was already running.
 */

const until = (run: Run, count: number) => ({ ...run, timeline: run.timeline.slice(0, count) });

/** Connections on three servers at the end of each steady second, the first of which begins at second 4. */
const placed =
  (...open: (readonly number[])[]) =>
  (run: Run): Run => ({
    ...run,
    slices: run.slices.map((slice, index): Slice => {
      const counts = open[Math.max(0, index - 4)] ?? open.at(-1) ?? [];
      const gauges = counts.map((count, server) => [`server${server + 1}`, count]);
      return { ...slice, gauges: { ...slice.gauges, ...Object.fromEntries(gauges) } };
    }),
  });

const unplaced = (run: Run): Run => ({
  ...run,
  slices: run.slices.map(({ gauges: { open }, ...slice }): Slice => ({ ...slice, gauges: { open } })),
});

const stopped = (run: Run): Run => ({
  ...run,
  outcome: { state: 'aborted', reason: 'SIGINT.' },
});

const NOBODY = { cut: 0, back: 0, waiting: 0, retried: 0, lost: 0, unsent: 0 };

/** A run that recorded how many connections were cut, and nothing else of the kind. */
const partly = (run: Run): Run => ({
  ...uncounted(run),
  slices: run.slices,
  workers: uncounted(run).workers.map((worker) => ({ ...worker, cut: 5 })),
});

/** A run whose steady phase does not begin at a full second. */
const shifted = (run: Run): Run => ({
  ...run,
  phases: run.phases.map((phase) =>
    phase.phase === 'steady' ? { ...phase, startUs: phase.startUs + 300_000 } : phase,
  ),
});

const MIB = 2 ** 20;

/** Nginx workers by when they began and ended, in seconds of the steady phase; each uses 10 MiB more than the last. */
const lived =
  (...workers: (readonly [born: number | null, ended: number | null, samples?: number])[]) =>
  (run: Run): Run => {
    const [master, pattern] = run.processes.filter(({ component }) => component === 'proxy');
    if (master === undefined || pattern === undefined) return run;
    const at = (seconds: number | null) => (seconds === null ? null : steadyUs(run, seconds));
    const own = workers.map(([born, ended, count = 20], index) => ({
      ...pattern,
      name: `nginx worker ${index + 1}`,
      bornUs: at(born),
      endedUs: at(ended),
      samples: pattern.samples
        .filter(({ atUs }) => atUs >= (at(born) ?? 0) && atUs <= (at(ended) ?? 1e9))
        .map((sample) => ({ ...sample, residentBytes: (index + 1) * 10 * MIB }))
        .slice(0, count),
    }));
    const others = run.processes.filter(({ component }) => component !== 'proxy');
    return { ...run, processes: [master, ...own, ...others] };
  };

const replaced = lived([null, null], [3, null]);

const upgradedTo =
  (version: string | null) =>
  (run: Run): Run => {
    const to = version === null ? null : { binary: '/n', origin: null, version, openssl: null };
    return { ...run, proxy: run.proxy && { ...run.proxy, upgrade: to } };
  };

/** The number of slices with this many cuts, attempts and returns. */
const counted =
  (second: number, counters: Record<string, number>) =>
  (run: Run): Run => ({
    ...run,
    slices: run.slices.map((slice, index) => ({
      ...slice,
      counters: {
        ...slice.counters,
        cut: 0,
        attempts: 0,
        back: 0,
        ...(index === second + 4 ? counters : {}),
      },
    })),
  });

const CASES: Record<string, Record<string, Record<string, Case | Case[]>>> = {
  'backend-loss': {
    none: {},
    several: {
      old: { change: uncounted },
      partly: { change: partly },
      none: {
        counts: NOBODY,
        times: { outage: [], response: [] },
        failures: {},
        change: placed([34, 33, 33]),
      },
      one: {
        counts: { cut: 1, back: 1, waiting: 1, retried: 1, lost: 1, unsent: 1, unplaced: 0 },
        times: { outage: [[250_000, 1]] },
        failures: { 'tcp/refused': 1, 'open/closed-1006': 1 },
        change: placed([34, 33, 33], [34, 33, 33], [0, 50, 50], [1, 50, 49], [35, 33, 32]),
      },
      away: { counts: { cut: 5, back: 0, waiting: 5 }, times: { outage: [] }, options: { loss: 'stop' } },
      some: { counts: { cut: 1500, back: 1499, waiting: 2 }, times: { outage: [[1000, 1500]] } },
      all: { counts: { cut: 1500, back: 1500, waiting: 0 }, times: { outage: [[1000, 1500]] } },
      gone: { change: (run) => until(placed([0, 0, 0])(run), 1) },
      untouched: { change: (run) => until(run, 0) },
      unplaced: { change: unplaced },
    },
    edges: {
      many: {
        counts: { unplaced: 1 },
        change: (run) => placed([8, 7, 6, 5, 4, 3, 2, 1])({ ...run, plan: { ...run.plan, servers: 8 } }),
      },
      brief: {
        change: (run) => ({
          ...until(run, 0),
          slices: run.slices.filter(({ startUs }) => startUs < steadyUs(run, 1)),
        }),
      },
      halted: {
        change: (run) => ({ ...until(run, 0), slices: run.slices.filter(({ phase }) => phase === 'drain') }),
      },
    },
    single: { stream: { counts: { unplaced: 0 }, change: (run) => stopped(shifted(run)) } },
  },
  storm: {
    none: {},
    several: {
      old: { change: uncounted },
      partly: { change: partly },
      none: { counts: NOBODY, times: { outage: [], backAfter: [], attemptAfter: [] }, failures: {} },
      one: {
        counts: { cut: 1, back: 1, attempts: 2, attemptsFailed: 1, waiting: 1 },
        times: { outage: [[250_000, 1]], backAfter: [[250_000, 1]], attemptAfter: [[150_000, 2]] },
        failures: { 'tls/reset': 1 },
      },
      away: {
        counts: { cut: 5, back: 0, attempts: 0, waiting: 5, attemptsFailed: 0 },
        times: { outage: [] },
      },
      some: {
        counts: { cut: 30, back: 29, attempts: 40 },
        times: { outage: [[1000, 29]] },
        options: { cut: 'proxy' },
      },
      all: {
        counts: { cut: 30, back: 30, attempts: 35, waiting: 0 },
        times: { outage: [[1000, 30]], handshake: [] },
        options: { cut: 'backend' },
        failures: {
          'tcp/refused': 1,
          'tcp/reset': 9,
          'tls/refused': 4,
          'upgrade/status-502': 2,
          'open/cut': 30,
        },
      },
      early: {
        counts: { cut: 2000, back: 2000 },
        times: {
          outage: [
            [1000, 1980],
            [2000, 20],
          ],
        },
        options: { cut: 'backend' },
        failures: {},
        change: (run) => ({ ...run, plan: { ...run.plan, servers: 1 } }),
      },
      failed: {
        options: { cut: 'backend' },
        change: (run) => ({
          ...run,
          timeline: run.timeline.map((each, at) => (at === 4 ? { ...each, failure: 'No.' } : each)),
        }),
      },
      unstarted: { options: { cut: 'backend' }, change: (run) => until(run, 3) },
      started: {
        options: { cut: 'backend' },
        change: (run) => ({ ...run, timeline: run.timeline.slice(3) }),
      },
    },
    single: {
      lonely: {
        times: {
          attemptAfter: [
            [50_000, 3],
            [350_000, 2],
          ],
          backAfter: [[350_000, 2]],
        },
      },
    },
    quiet: { lonely: { times: { attemptAfter: [], backAfter: [] }, failures: {} } },
    external: { ours: { change: onTarget, failures: {} } },
  },
  reload: {
    none: {},
    several: {
      old: { change: uncounted },
      partly: { change: partly },
      uncut: { counts: NOBODY, failures: {}, change: (run) => counted(0, {})(replaced(run)) },
      two: { counts: NOBODY, failures: {}, change: lived([null, null], [null, null], [3, null]) },
      early: { counts: NOBODY, failures: {}, change: (run) => stopped(replaced(run)) },
      all: {
        counts: { cut: 100, back: 100, waiting: 0 },
        failures: { 'open/closed-1006': 100 },
        times: {
          cutAfter: [[1_000_000, 100]],
          outage: [[250_000, 10_000]],
          backAfter: [
            [1_250_000, 9990],
            [1_500_000, 10],
          ],
        },
        change: (run) => counted(5, { back: 1 })(lived([null, 4], [2, 5], [3, null])(run)),
      },
      some: {
        counts: { cut: 99, back: 99, waiting: 1 },
        failures: { 'open/closed-1006': 90, 'open/closed-1001': 9 },
        times: { cutAfter: [[1_000_000, 99]], outage: [[250_000, 99]], backAfter: [[1_250_000, 99]] },
        change: (run) => counted(0, { cut: 1 })(lived([null, 4], [3, null])(run)),
      },
      kept: {
        counts: { cut: 100, back: 0, waiting: 2 },
        failures: { 'open/reset': 1 },
        times: { cutAfter: [], outage: [], backAfter: [] },
        change: (run) => counted(1, { attempts: 2 })(replaced(run)),
      },
      lost: {
        counts: { cut: 1, back: 0, waiting: 1 },
        options: { reconnect: 'none' },
        failures: { 'open/closed-1006': 1 },
        change: lived([null, null], [null, null, 0], [3, 4]),
      },
      gone: { counts: NOBODY, failures: {}, change: lived([3, null]) },
    },
    edges: {
      one: { counts: NOBODY, failures: {}, change: lived([null, 4], [null, null], [3, null]) },
      both: { counts: NOBODY, failures: {}, change: lived([null, 4], [null, 5], [3, null]) },
      old: { change: (run) => replaced(uncounted(run)) },
      sparse: {
        times: { response: [[1000, 2000]] },
        change: (run) => {
          const last = run.slices.findLastIndex(({ phase }) => phase === 'steady');
          const response = encoded([[1000, 30]]);
          return {
            ...run,
            slices: run.slices.map((slice, index) =>
              index === last ? { ...slice, histograms: { ...slice.histograms, response } } : slice,
            ),
          };
        },
      },
      timeless: {
        times: { cutAfter: [], outage: [], backAfter: [] },
        change: (run) => {
          const old = uncounted(replaced(run));
          return { ...old, workers: old.workers.map((worker) => ({ ...worker, cut: 5, back: 5 })) };
        },
      },
    },
    row: {
      lonely: {
        times: { cutAfter: [], outage: [[250_000, 1]], backAfter: [] },
        change: (run) => ({
          ...run,
          processes: run.processes.map((series) => ({
            ...series,
            samples: series.samples.filter(({ atUs }) => atUs < steadyUs(run, 0.5)),
          })),
        }),
      },
    },
    upgrades: {
      same: { options: { upgrade: 'same' }, change: (run) => upgradedTo('1.22.1')(replaced(run)) },
      newer: { options: { upgrade: 'new' }, change: (run) => upgradedTo('1.26.3')(replaced(run)) },
      unknown: { options: { upgrade: 'new' }, change: (run) => upgradedTo(null)(replaced(run)) },
      failed: {
        options: { upgrade: 'new' },
        change: (run) => ({
          ...run,
          timeline: run.timeline.map((each) => ({ ...each, failure: 'it did not start' })),
        }),
      },
      stopped: { options: { upgrade: 'new' }, change: (run) => until(run, 0) },
    },
    repeated: {
      twice: {
        options: { reloads: 2 },
        counts: { cut: 100, back: 100 },
        change: lived([null, null], [2, 5], [3, null], [4, null]),
      },
      bare: { profile: 'direct', counts: { ...NOBODY }, change: (run) => until(run, 0) },
    },
    single: {
      lonely: {
        counts: { cut: 0, back: 0 },
        times: { response: [[1000, 30]], cutAfter: [] },
        change: shifted,
      },
    },
  },
};

for (const [scenario, reports] of Object.entries(CASES)) testReports(scenario, reports);
