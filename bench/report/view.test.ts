import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../test/machine.ts';
import {
  makeAllProfiles,
  makeBothSteps,
  makeLatencyRun,
  makeResult,
  RATE,
  rateOf,
} from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { histogramOf } from '../measure/figures.ts';
import type { Conclusion } from '../model/conclusion.ts';
import { stored } from '../model/finding.ts';
import { levelText } from '../wording/ladder.ts';
import { type RunView, viewOf } from './view.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 1000 };

function labelsOf(runs: readonly (RunView | undefined)[]): (string | undefined)[] {
  return runs.map((run) => run?.label);
}

test('every variant has the answers of both steps, and every step its runs in the order of the variants', () => {
  const { variants, steps, runs, rate } = viewOf(makeBothSteps(3, 1));
  assert.deepEqual(
    variants.map(({ name, title }) => [name, title]),
    [
      ['direct', 'The direct profile'],
      ['plain', 'The plain profile'],
      ['tls', 'The tls profile'],
    ],
  );
  assert.deepEqual(
    variants.map(({ answers }) => labelsOf([answers.throughput, answers.latency])),
    [
      ['direct, throughput', 'direct, latency'],
      ['plain, throughput', 'plain, latency'],
      ['tls, throughput', 'tls, latency'],
    ],
  );
  assert.deepEqual(
    steps.map(({ step, runs }) => [step, runs.map(({ name }) => name)]),
    [
      ['throughput', ['direct', 'plain', 'tls']],
      ['latency', ['direct', 'plain', 'tls']],
    ],
  );
  assert.equal(runs.length, 6);
  assert.equal(rate?.ratePerSecond, RATE);
});

test('a run at a superseded rate provides no answer, but is not lost', () => {
  const carried = [makeRun({ ...SMALL, profile: 'plain' }), makeRun(SMALL)];
  const high = ['plain', 'tls'].map((profile) => makeLatencyRun(profile, SMALL, 2000));
  const low = makeLatencyRun('plain', SMALL, 1000);
  const result = { ...makeResult([...carried, ...high, low]), conclusions: [rateOf(1000, true)] };
  const { variants, runs, steps } = viewOf(result);
  assert.deepEqual(
    variants.map(({ answers }) => answers.latency?.run.plan.workload.load),
    [low.plan.workload.load, undefined],
  );
  assert.deepEqual(labelsOf(runs), [
    'plain, throughput',
    'plain, latency at 2k/s, superseded',
    'plain, latency',
    'tls, throughput',
    'tls, latency at 2k/s, superseded',
  ]);
  assert.deepEqual(
    steps.map(({ runs }) => runs.map(({ name }) => name)),
    [['plain', 'tls'], ['plain']],
  );
});

test('a variant without a latency step gives the reason, and one that never ran is still listed', () => {
  const result = makeResult([makeRun({ ...SMALL, profile: 'plain' })]);
  const [plain] = result.variants;
  assert.ok(plain);
  result.variants = [plain, { ...plain, name: 'later', title: 'Later' }];
  result.conclusions = [{ kind: 'left-out', variant: 'plain', reason: stored('Nothing was echoed.') }];
  const { variants } = viewOf(result);
  assert.deepEqual(
    variants.map(({ name, answers, leftOut }) => [name, answers.throughput?.name, answers.latency, leftOut]),
    [
      ['plain', 'plain', undefined, stored('Nothing was echoed.')],
      ['later', undefined, undefined, null],
    ],
  );
});

test('a run whose variant is not listed in the result is shown as well', () => {
  const result = { ...makeResult([makeRun(SMALL)]), variants: [] };
  assert.deepEqual(
    viewOf(result).variants.map(({ name, title, answers }) => [name, title, answers.throughput?.label]),
    [['tls', '', 'tls, throughput']],
  );
});

test('a variant has the same colour in both steps, and twelve variants can be told apart', () => {
  const both = viewOf(makeBothSteps(6, 1));
  for (const { colour, answers } of both.variants)
    assert.deepEqual([answers.throughput?.colour, answers.latency?.colour], [colour, colour]);
  const runs = Array.from({ length: 12 }, (_, at) => makeRun({ ...SMALL, variant: `variant ${at}` }));
  const { variants, runs: views } = viewOf(makeResult(runs));
  const looks = views.map(({ colour, pattern }) => `${colour} ${pattern}`);
  assert.deepEqual(looks, [
    ...['series-0 0', 'series-1 1', 'series-2 2', 'series-3 3', 'series-4 4', 'series-5 5'],
    ...['series-0 1', 'series-1 2', 'series-2 3', 'series-3 4', 'series-4 5', 'series-5 0'],
  ]);
  assert.deepEqual(
    variants.map(({ colour }) => colour),
    views.map(({ colour }) => colour),
  );
});

test('steps are in the order of the scenario, followed by others of the plan; those without a run are left out', () => {
  const result = makeBothSteps(1, 1);
  const stepsOf = (steps: string[], runs = result.runs) =>
    viewOf({ ...result, runs, plan: { ...result.plan, steps } }).steps.map(({ step }) => step);
  assert.deepEqual(stepsOf(['latency', 'throughput']), ['throughput', 'latency']);
  assert.deepEqual(stepsOf(['latency'], result.runs.slice(0, 1)), ['throughput']);
  const [first = assert.fail()] = result.runs;
  const other = { ...first, plan: { ...first.plan, step: 'storm' } };
  assert.deepEqual(stepsOf(['storm'], [other, ...result.runs]), ['throughput', 'latency', 'storm']);
});

test('a run is named by what distinguishes it from the other runs of its kind of result', () => {
  const [closed, open] = [makeRun(SMALL), makeLatencyRun('tls', SMALL, 2000)];
  const stepsOf = (conclusion: { kind: string; over?: string }, round: number | null) => {
    const runs = [closed, open].map((run) => ({ ...run, plan: { ...run.plan, round } }));
    const conclusions = [conclusion] as unknown as Conclusion[];
    return viewOf({ ...makeResult(runs), conclusions }).runs.map(({ step }) => step);
  };
  assert.deepEqual(stepsOf({ kind: 'price' }, null), ['throughput', 'latency']);
  assert.deepEqual(stepsOf({ kind: 'price' }, 3), ['throughput, round 3', 'latency, round 3']);
  assert.deepEqual(stepsOf({ kind: 'capacity' }, null), ['throughput', 'latency at 2k/s']);
  const size = levelText('connections', 10);
  assert.deepEqual(stepsOf({ kind: 'size' }, null), [`throughput, ${size}`, `latency at 2k/s, ${size}`]);
  assert.deepEqual(stepsOf({ kind: 'size' }, 3), [
    `throughput, ${size}, round 3`,
    `latency at 2k/s, ${size}, round 3`,
  ]);
  // In a ladder over the rate, a run without a rate has no level.
  assert.deepEqual(stepsOf({ kind: 'ladder', over: 'rate' }, 3), [
    'throughput, round 3',
    `latency, ${levelText('rate', 2000)}, round 3`,
  ]);
});

test('the time series of connecting and of the load are apart, and second 0 is where the steady phase begins', () => {
  const run = makeRun({ ...SMALL, seconds: 3 });
  const view = (phases = run.phases) => viewOf(makeResult([{ ...run, phases }])).runs[0] ?? assert.fail();
  const { points, connecting, zeroUs } = view();
  const phasesOf = (of: typeof points) => of.map(({ phase }) => phase);
  assert.deepEqual(phasesOf(connecting), ['connect', 'connect']);
  assert.deepEqual(phasesOf(points), ['warm-up', 'warm-up', 'steady', 'steady', 'steady', 'drain']);
  assert.equal(zeroUs, run.phases.find(({ phase }) => phase === 'steady')?.startUs);
  assert.equal(view([]).zeroUs, 0);
});

test('times are response times in an open loop and service times in a closed one', () => {
  const runs = [makeRun(SMALL), makeLatencyRun('tls', SMALL, 2000)];
  assert.deepEqual(
    viewOf(makeResult(runs)).runs.map(({ times }) => times.maxValue),
    runs.map((run, at) => histogramOf(run, at === 0 ? 'service' : 'response').maxValue),
  );
});

test('the seconds of a run are those of its steady phase, or unknown', () => {
  const run = makeRun({ ...SMALL, seconds: 3 });
  disturb(run, 1, { stolenUs: 500_000 });
  const [seen] = viewOf(makeResult([run])).runs;
  assert.deepEqual(
    seen?.seconds?.map(({ cause }) => cause),
    [null, 'steal', null],
  );
  assert.equal(viewOf(makeResult([{ ...run, machine: null }])).runs[0]?.seconds, null);
  assert.equal(viewOf(makeAllProfiles(undefined, 1)).rate, null);
});
