import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import { MESSAGE_NAMES } from '../measure/messages.ts';
import type { LiveFigures } from '../model/event.ts';
import { type Recording, zeroCounters } from '../model/recording.ts';
import { watchLive } from './live.ts';

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
  openedPerSecond: 0,
  p50Us: 300,
  p99Us: 900,
  p999Us: null,
};
const USAGE = [
  ['proxy', 'master', 0],
  ['proxy', 'worker', 0.9],
  ['proxy', 'worker', 0.3],
  ['server', 'server', 0.5],
  ['runner', 'runner', 0.1],
] as const;

function told(load?: typeof OPEN, scenario = 'echo') {
  const { plan } = makeRun({ seconds: 1, connections: 10, ...(load === undefined ? {} : { load }) });
  plan.workload = { ...plan.workload, scenario };
  const figures: LiveFigures[] = [];
  const live = watchLive(
    {
      plan,
      place: null,
      async emit(event) {
        if (event.type === 'live') figures.push(event.figures);
      },
    },
    () => LATEST,
    () => USAGE.map(([component, role, cores], pid) => ({ component, role, name: role, cores, pid })),
  );
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
  return figures;
}

test('the workers’ reports add up; the load is reported once it exists', () => {
  const [connecting, steady] = told(OPEN);
  assert.deepEqual(
    [connecting?.echoedPerSecond, connecting?.p50Us, connecting?.connections.open],
    [0, null, 0],
  );
  assert.deepEqual(steady?.connections, { asked: 10, open: 7, failed: 12 });
  assert.deepEqual(steady.failures, { 'tcp/refused': 3, 'tls/reset': 1, 'open/closed-1006': 8 });
  assert.deepEqual([steady.lost, steady.offeredPerSecond, steady.echoedPerSecond], [6, 100, 90]);
});

test('connections that the scenario ends on purpose do not count as failed', () => {
  const [, steady] = told(OPEN, 'backend-loss');
  assert.deepEqual([steady?.connections.failed, steady?.failures], [4, { 'tcp/refused': 3, 'tls/reset': 1 }]);
});

test('a closed loop has no offered rate', () => {
  assert.deepEqual(
    told().map(({ offeredPerSecond }) => offeredPerSecond),
    [null, null],
  );
});

test('CPU is reported by component, for Nginx that of its workers', () => {
  assert.deepEqual(told()[1]?.cpu, [
    { component: 'proxy', processes: 2, cores: 1.2, busiest: 0.9 },
    { component: 'server', processes: 1, cores: 0.5, busiest: 0.5 },
  ]);
});
