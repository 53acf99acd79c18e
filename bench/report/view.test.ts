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
import { stored } from '../model/finding.ts';
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
  const looks = viewOf(makeResult(runs)).runs.map(({ colour, pattern }) => `${colour} ${pattern}`);
  assert.equal(new Set(looks).size, 12);
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
