import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { LoadFigures } from '../measure/merge.ts';
import { MESSAGE_NAMES } from '../measure/messages.ts';
import type { BenchEvent, LiveFigures } from '../model/event.ts';
import { type Recording, zeroCounters } from '../model/recording.ts';
import type { Turns } from '../model/turns.ts';
import { watchLive } from './live.ts';
import type { Place } from './turns.ts';

function recording(worker: number, changes: Partial<Recording>): Recording {
  return {
    from: { host: 'here', index: worker },
    sequence: 0,
    startUs: 0,
    endUs: 1_000_000,
    phase: 'steady',
    counters: zeroCounters(MESSAGE_NAMES.counters),
    failures: {},
    gauges: { outstanding: 0, open: 0 },
    histograms: {},
    fanOuts: [],
    loop: null,
    ...changes,
  };
}

const LATEST = {
  duePerSecond: 100,
  echoedPerSecond: 90,
  openedPerSecond: 7,
  p50Us: 300,
  p99Us: 900,
  p999Us: 1200,
};
const USAGE = [
  ['proxy', 'master', 0],
  ['proxy', 'worker', 0.9],
  ['proxy', 'worker', 0.3],
  ['server', 'server', 0.5],
  ['runner', 'runner', 0.1],
] as const;

interface Circumstances {
  load?: typeof OPEN;
  scenario?: string;
  turns?: Turns;
  place?: Place | null;
  latest?: LoadFigures | null;
}

/** Starts to report a run of ten connections. Events are collected in `events`. */
function watched({ load, scenario = 'echo', turns, place = null, latest = LATEST }: Circumstances = {}) {
  const { plan } = makeRun({ seconds: 1, connections: 10, ...(load === undefined ? {} : { load }) });
  const events: BenchEvent[] = [];
  const live = watchLive(
    {
      plan: { ...plan, turns: turns ?? null, workload: { ...plan.workload, scenario } },
      place,
      emit: async (event) => void events.push(event),
    },
    () => latest,
    () => USAGE.map(([component, role, cores], pid) => ({ component, role, name: role, cores, pid })),
  );
  return { live, events };
}

function told(circumstances: Circumstances = {}): LiveFigures[] {
  const { live, events } = watched(circumstances);
  live.enter('connect');
  live.note(recording(0, { gauges: { outstanding: 0, open: 3 }, failures: { 'tcp/refused': 2 } }));
  live.note(
    recording(1, { gauges: { outstanding: 0, open: 4 }, failures: { 'tcp/refused': 1, 'tls/reset': 1 } }),
  );
  live.note(
    recording(1, { gauges: null, counters: { ...zeroCounters(MESSAGE_NAMES.counters), lost: 5, unsent: 1 } }),
  );
  live.note(recording(0, { gauges: null, failures: { 'open/closed-1006': 8 } }));
  live.enter('steady');
  live.close();
  return events.flatMap((event) => (event.type === 'live' ? [event.figures] : []));
}

const CPU = [
  { component: 'proxy', processes: 2, cores: 1.2, busiest: 0.9 },
  { component: 'server', processes: 1, cores: 0.5, busiest: 0.5 },
];

test('the workers’ reports add up; the load is reported once it exists', () => {
  const connecting = {
    connections: { asked: 10, open: 0, failed: 0 },
    ...{
      offeredPerSecond: null,
      echoedPerSecond: 0,
      openedPerSecond: 0,
      p50Us: null,
      p99Us: null,
      p999Us: null,
    },
    ...{ lost: 0, failures: {}, cpu: CPU },
  };
  const steady = {
    connections: { asked: 10, open: 7, failed: 12 },
    ...{
      offeredPerSecond: 100,
      echoedPerSecond: 90,
      openedPerSecond: 7,
      p50Us: 300,
      p99Us: 900,
      p999Us: 1200,
    },
    ...{ lost: 6, failures: { 'tcp/refused': 3, 'tls/reset': 1, 'open/closed-1006': 8 }, cpu: CPU },
  };
  assert.deepEqual(told({ load: OPEN }), [connecting, steady]);
  const failed = { connections: steady.connections, lost: 6, failures: steady.failures };
  assert.deepEqual(told({ load: OPEN, latest: null }), [connecting, { ...connecting, ...failed }]);
  // A closed loop has no offered rate.
  assert.deepEqual(told(), [connecting, { ...steady, offeredPerSecond: null }]);
});

test('interleaved runs report the rates of their own time', () => {
  const turns = { index: 0, of: 3, lengthMs: 100, pauseMs: 20, mirrored: false };
  const { offeredPerSecond, echoedPerSecond, openedPerSecond } = told({ load: OPEN, turns })[1] ?? {};
  assert.deepEqual([offeredPerSecond, echoedPerSecond, openedPerSecond], [375, 337.5, 26.25]);
});

test('progress is reported twice a second, under load only for the last of several interleaved runs', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const place = (isLast: boolean) => ({ isLast }) as Place;
  const counts = (of: Place | null) => {
    const { live, events } = watched({ place: of });
    const seen: number[] = [];
    for (const pass of [
      () => t.mock.timers.tick(499),
      () => t.mock.timers.tick(1),
      () => live.enter('connect'),
      () => t.mock.timers.tick(1000),
      () => live.enter('steady'),
      () => t.mock.timers.tick(500),
      () => live.close(),
      () => t.mock.timers.tick(500),
    ]) {
      pass();
      seen.push(events.length);
    }
    const phases = events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
    const first = events[0]?.type === 'live' ? events[0].figures.echoedPerSecond : null;
    return [...seen, first, ...phases];
  };
  const all = [0, 1, 3, 5, 7, 8, 8, 8, 0, 'connect', 'steady'];
  assert.deepEqual(counts(null), all);
  assert.deepEqual(counts(place(true)), all);
  assert.deepEqual(counts(place(false)), [0, 1, 3, 5, 5, 5, 5, 5, 0, 'connect']);
});

test('connections that the scenario ends on purpose do not count as failed', () => {
  const [, steady] = told({ load: OPEN, scenario: 'backend-loss' });
  assert.deepEqual([steady?.connections.failed, steady?.failures], [4, { 'tcp/refused': 3, 'tls/reset': 1 }]);
});
