import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch } from '../../../test/capacity.ts';
import type { Trial } from '../../model/capacity.ts';
import { stored } from '../../model/finding.ts';
import { formatShare, NOTHING } from '../../wording/format.ts';
import type { RunView, View } from '../view.ts';
import { capacityLoad, formatLevel } from './answer.ts';
import { endsOf, inconclusiveLines, runsOfTrials, trialColumns, trialRows } from './trials.ts';

interface Given {
  perSecond: number | null;
  state?: 'completed' | 'aborted';
  processes?: { role: string; cpuShare: number | null }[];
  bytes?: number;
}

/** A run of a search, as far as its trials need it. */
function runView({ perSecond, state = 'completed', processes = [], bytes = 64 }: Given): RunView {
  const load =
    perSecond === null
      ? { kind: 'closed', inFlight: 1 }
      : { kind: 'open', ratePerSecond: perSecond, arrivals: 'uniform' };
  const payload = { minBytes: bytes, maxBytes: bytes, type: 'text' };
  const plan = { workload: { load, payload }, durationMs: 2000 };
  return { run: { plan, outcome: { state } }, figures: { processes } } as unknown as RunView;
}

/** A view with these runs, in which they may have another order. */
const viewWith = (runs: readonly RunView[], shown = runs): View =>
  ({ result: { runs: runs.map(({ run }) => run) }, runs: shown }) as unknown as View;

const trial = (level: number, met: boolean, changes: Partial<Trial> = {}): Trial => ({
  ...{ level, met, keptSchedule: true, figures: [level, 0], elsewhere: null },
  ...changes,
});

test('the runs of trials are those with a rate that were not aborted, in the order in which they ran', () => {
  const [first, closed, aborted, second, third] = [
    runView({ perSecond: 1 }),
    runView({ perSecond: null }),
    runView({ perSecond: 2, state: 'aborted' }),
    runView({ perSecond: 3 }),
    runView({ perSecond: 4 }),
  ] as const;
  const runs = [first, closed, aborted, second, third];
  assert.deepEqual(runsOfTrials(viewWith(runs, [third, closed, second, aborted, first])), [
    ...[first, second, third],
  ]);
});

test('the row of a trial has a cell for each column, with the busiest Nginx worker if one was observed', () => {
  const trials = [
    trial(4912, true),
    trial(5100, false, { figures: [41_000] }),
    trial(50, true),
    trial(60, true),
  ];
  const search = makeSearch({ trials });
  const [, none] = search.objectives;
  assert.ok(none);
  const busy = (...shares: (number | null)[]) =>
    runView({
      perSecond: 1,
      processes: [
        ...shares.map((cpuShare) => ({ role: 'worker', cpuShare })),
        { role: 'master', cpuShare: 0.99 },
      ],
    });
  const view = viewWith([busy(0.25, null, 0.5, 0.125), busy(null), busy(0.125)]);
  assert.deepEqual(trialColumns(search), [
    ...['trial', 'messages per second', 'response.p99<20ms', 'connections.failed==0', 'Nginx CPU', 'outcome'],
  ]);
  assert.deepEqual(trialRows(search, view), [
    ['1', '4,910', '4.91 ms', '0', formatShare(0.5), 'held'],
    ['2', '5,100', '41 ms', NOTHING, NOTHING, 'missed'],
    ['3', '50', '50 µs', '0', formatShare(0.125), 'held'],
    ['4', '60', '60 µs', '0', NOTHING, 'held'],
  ]);
  assert.equal(
    trialColumns({ ...search, axis: { over: 'connections', ratePerSecond: 1, per: 'all' } })[1],
    'WebSockets',
  );
});

test('a rate is rounded to three digits, and a number of WebSockets is exact', () => {
  const axis = { over: 'connections', ratePerSecond: 1, per: 'all' } as const;
  assert.deepEqual(
    [formatLevel(12_345, { over: 'rate', connections: 1 }), formatLevel(12_345, axis)],
    ['12,300', '12,345'],
  );
});

test('the ends of a search are the last trials at both ends of the interval, one that held and one that missed', () => {
  const given = [1, 2, 3, 4, 5, 6].map((perSecond) => runView({ perSecond }));
  const trials = [
    trial(100, true),
    trial(100, true),
    trial(100, false),
    trial(200, false),
    trial(200, true),
    trial(50, true),
  ];
  const ends = (low: number | null, high: number | null) =>
    endsOf(makeSearch({ trials, interval: [low, high] }), viewWith(given)).map(({ name, run }) => [
      name,
      given.indexOf(run) + 1,
    ]);
  assert.deepEqual(ends(100, 200), [
    ['held: 100', 2],
    ['missed: 200', 4],
  ]);
  assert.deepEqual(ends(null, 200), [['missed: 200', 4]]);
  assert.deepEqual(ends(50, null), [['held: 50', 6]]);
  assert.deepEqual(ends(300, 300), []);
});

test('each reason why trials were inconclusive is given once, with the trials to which it applies', () => {
  const late = { elsewhere: stored('The generator was late.') };
  const trials = [
    trial(1, false, late),
    trial(2, true),
    trial(3, false, { elsewhere: stored('It swayed.') }),
    trial(4, false, late),
  ];
  assert.deepEqual(inconclusiveLines(makeSearch({ trials })), [
    'Trials 1, 4: The generator was late.',
    'Trial 3: It swayed.',
  ]);
});

test('the load of a search is that of its first run with a rate', () => {
  const runs = [
    runView({ perSecond: null, bytes: 1 }),
    runView({ perSecond: 1, bytes: 2 }),
    runView({ perSecond: 1, bytes: 3 }),
  ];
  assert.equal(
    capacityLoad(makeSearch(), viewWith(runs)),
    'Search over 100 WebSockets, 2 B text messages, 2 s per trial.',
  );
  assert.equal(capacityLoad(makeSearch(), viewWith(runs.slice(0, 1))), null);
});
