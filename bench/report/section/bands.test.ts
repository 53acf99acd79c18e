import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Phase } from '../../model/load.ts';
import type { Action } from '../../model/timeline.ts';
import { actionsText } from '../../wording/timeline.ts';
import { type RunView, viewOf } from '../view.ts';
import { bandsOf, eventsOf, steadySecond } from './bands.ts';

const [VIEW = assert.fail()] = viewOf(
  makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]),
).runs;
const QUIET: RunView = { ...VIEW, zeroUs: 0, seconds: null, run: { ...VIEW.run, timeline: [], phases: [] } };

const kill = (server: number): Action => ({ kind: 'kill-server', server });

function eventsAt(...actions: [Action, atUs: number][]) {
  const timeline = actions.map(([action, atUs]) => ({ action, atUs, failure: null }));
  return eventsOf({ ...QUIET, run: { ...QUIET.run, timeline } });
}

test('actions on several servers within a second of the first are one event, which names them in order', () => {
  const event = (at: number, ...actions: Action[]) => ({
    ...{ from: at, to: at, label: actionsText(actions), kind: 'event' },
  });
  assert.deepEqual(eventsAt([kill(1), 2e6], [kill(0), 2_400_000], [kill(2), 2_999_999]), [
    event(2, kill(1), kill(0), kill(2)),
  ]);
  assert.deepEqual(eventsAt([kill(0), 2e6], [kill(1), 3e6]), [event(2, kill(0)), event(3, kill(1))]);
  const start: Action = { kind: 'start-server', server: 0 };
  assert.deepEqual(eventsAt([kill(0), 2e6], [start, 2e6]), [event(2, kill(0)), event(2, start)]);
  const reload: Action = { kind: 'reload' };
  assert.deepEqual(eventsAt([reload, 2e6], [reload, 2_100_000]), [event(2, reload), event(2.1, reload)]);
});

test('only warm-up and drain are shaded, if they have a duration', () => {
  const phases = (
    [
      ['connect', 0, 1e6],
      ['warm-up', 1e6, 2e6],
      ['steady', 2e6, 3e6],
      ['drain', 3e6, 3e6],
    ] as [Phase, number, number][]
  ).map(([phase, startUs, endUs]) => ({ phase, startUs, endUs }));
  assert.deepEqual(bandsOf({ ...QUIET, run: { ...QUIET.run, phases } }), [
    { from: 1, to: 2, label: 'warm-up', kind: 'phase' },
  ]);
  assert.deepEqual(bandsOf(QUIET), []);
});

test('adjacent disturbed seconds of one cause are one band', () => {
  const causes = ['steal', 'steal', 'other', null, 'other'] as const;
  const seconds = causes.map((cause, at) => ({ startUs: at * 1e6, endUs: (at + 1) * 1e6, cause }));
  const view = { ...QUIET, seconds } as unknown as RunView;
  const band = (from: number, to: number, label: string) => ({ from, to, label, kind: 'disturbed' });
  assert.deepEqual(bandsOf(view), [band(0, 2, 'steal'), band(2, 3, 'other work'), band(4, 5, 'other work')]);
});

test('a moment is in seconds since the steady phase began, to two decimal places', () => {
  const view = { ...QUIET, zeroUs: 5e6 };
  assert.deepEqual(
    [5e6, 4e6, 5_014_999, 5_015_001, 1_005e6].map((atUs) => steadySecond(view, atUs)),
    [0, -1, 0.01, 0.02, 1000],
  );
});
