import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedMetrics } from '../metrics/compared.ts';
import type { ComparedFigure, EffectVerdict } from '../model/comparison.ts';
import { comparedFigure, overall, restated } from './compared-figure.ts';

function kindNamed(name: string) {
  return comparedMetrics().find(({ metric }) => metric.name === name) ?? assert.fail();
}

const SIDES = { baseline: [3, 1, 2], variant: [8, 6] };
const EFFECT = {
  ...{ ratio: 3.5, interval: { low: 2, high: 4 }, adjustedP: 0.01, detectable: 1.2 },
  verdict: 'slower',
} as const;

test('a figure has the medians of both sides and the outcome of the test', () => {
  const kind = kindNamed('response.p50');
  const of = { name: 'response.p50', step: kind.step, unit: 'time' };
  assert.deepEqual(comparedFigure(kind, SIDES, EFFECT), {
    ...of,
    ...{ baseline: 2, variant: 7, effect: 3.5, interval: [2, 4], pValue: 0.01, verdict: 'slower' },
    detectable: 1.2,
  });
  assert.equal(comparedFigure(kind, SIDES, { ...EFFECT, interval: null }).interval, null);
  assert.deepEqual(comparedFigure(kind, SIDES, null), {
    ...of,
    ...{ baseline: null, variant: null, effect: null, interval: null, pValue: null, detectable: null },
    verdict: 'too few rounds',
  });
});

test('speed is faster or slower, and the use of resources lower or higher', () => {
  const verdict = (name: string, found: typeof EFFECT.verdict | 'faster' | 'no difference detected') =>
    comparedFigure(kindNamed(name), SIDES, { ...EFFECT, verdict: found }).verdict;
  for (const name of ['response.p50', 'messages.perSecond'])
    assert.deepEqual([verdict(name, 'faster'), verdict(name, 'slower')], ['faster', 'slower']);
  assert.deepEqual(
    (['faster', 'slower', 'no difference detected'] as const).map((each) =>
      verdict('cpuPerMessage.proxy', each),
    ),
    ['lower', 'higher', 'no difference detected'],
  );
});

const CPU: ComparedFigure = {
  ...{ name: 'cpuPerMessage.proxy', step: 'throughput', unit: 'time', baseline: 20, variant: 25 },
  ...{ effect: 1.25, interval: [1, 2], pValue: 0.5, detectable: 1.1, verdict: 'higher' },
  rounds: [{ round: 3, baseline: 10, variant: 40 }],
};

test('per-core capacity restates CPU per message as a rate', () => {
  const restatedCpu = {
    ...CPU,
    ...{ name: 'perCoreCapacity', unit: 'rate', baseline: 50_000, variant: 40_000, effect: 0.8 },
    ...{ interval: [0.5, 1], verdict: 'slower', rounds: [{ round: 3, baseline: 100_000, variant: 25_000 }] },
  };
  assert.deepEqual(restated(CPU), [restatedCpu]);
  const counts = { pairs: 9, steal: 1, other: 2 };
  const turns = (withAll: NonNullable<ComparedFigure['turns']>['withAll']) =>
    restated({ ...CPU, turns: { ...counts, withAll } })[0]?.turns;
  assert.deepEqual(turns(null), { ...counts, withAll: null });
  assert.deepEqual(turns({ effect: 2, interval: [1.6, 2.5] }), {
    ...counts,
    withAll: { effect: 0.5, interval: [0.4, 0.625] },
  });
  assert.deepEqual(turns({ effect: 2, interval: null }), {
    ...counts,
    withAll: { effect: 0.5, interval: null },
  });
  assert.deepEqual(restated({ ...CPU, runs: { baseline: [10, 20], variant: [40] } }), [
    { ...restatedCpu, runs: { baseline: [100_000, 50_000], variant: [25_000] } },
  ]);
  const unknown = { baseline: null, variant: null, effect: null, interval: null };
  assert.deepEqual(restated({ ...CPU, ...unknown, verdict: 'too few rounds' }), [
    { ...restatedCpu, ...unknown, verdict: 'too few rounds' },
  ]);
  assert.deepEqual(
    (['lower', 'no difference detected'] as const).map(
      (verdict) => restated({ ...CPU, verdict })[0]?.verdict,
    ),
    ['faster', 'no difference detected'],
  );
  assert.deepEqual(restated({ ...CPU, name: 'response.p50' }), []);
  assert.deepEqual(restated({ ...CPU, step: 'elsewhere' }), []);
});

test('verdicts are summarised: times before CPU, and contradictions as mixed', () => {
  const of = (...verdicts: EffectVerdict[]) => overall(verdicts.map((verdict) => ({ ...CPU, verdict })));
  const none = 'no difference detected';
  for (const [verdicts, expected] of [
    [['lower', 'faster'], 'faster'],
    [['lower', none], 'lower'],
    [['higher', 'slower'], 'slower'],
    [['higher', 'too few rounds'], 'higher'],
    [['faster', 'slower'], 'mixed'],
    [['lower', 'slower'], 'mixed'],
    [['faster', 'higher'], 'mixed'],
    [['lower', 'higher'], 'mixed'],
    [['too few rounds', none], none],
    [['too few rounds'], 'too few rounds'],
    [[], 'too few rounds'],
  ] as const)
    assert.equal(of(...verdicts), expected, verdicts.join());
});
