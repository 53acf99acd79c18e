import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricNamed } from '../metrics/metrics.ts';
import type { LadderAxis, LadderPoint } from '../model/ladder.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { fitLaw, throughputAt } from '../stats/scalability.ts';
import { finding } from '../wording/finding.ts';
import { type Fitted, lawFinding, lawOf } from './ladder-law.ts';

const [CLOSED, OPEN] = scenarioNamed('echo').steps;
const IDLE = scenarioNamed('idle').steps[0];
const RATE = metricNamed('messages.perSecond');
const LEVELS = [64, 2, 4, 16, 256, 1024];
const LAW = { lambda: 8000, sigma: 0.2, kappa: 2e-5 };

function point(level: number, value: number | null, unfit: string[] = []): LadderPoint {
  return { level, round: 1, figures: { [RATE.name]: value }, excluded: null, unfit };
}

const POINTS = LEVELS.map((level) => point(level, throughputAt(LAW, level)));

function fitted(
  points: readonly LadderPoint[] = POINTS,
  { over = 'connections' as LadderAxis, step = CLOSED, metric = RATE } = {},
): Fitted | null {
  return lawOf(points, { over, step: step ?? assert.fail(), seed: 7 }, metric);
}

test('the law applies to a rate over connections in a closed loop, and over workers except on a schedule', () => {
  const applies = (over: LadderAxis, step: typeof CLOSED) => fitted([], { over, step }) !== null;
  assert.deepEqual(
    [applies('connections', CLOSED), applies('connections', OPEN), applies('connections', IDLE)],
    [true, false, false],
  );
  assert.deepEqual(
    [applies('nginx-workers', CLOSED), applies('nginx-workers', OPEN), applies('nginx-workers', IDLE)],
    [true, false, true],
  );
  assert.deepEqual([applies('rate', CLOSED), applies('payload', CLOSED)], [false, false]);
  assert.equal(lawOf([], { over: 'connections', step: CLOSED ?? assert.fail(), seed: 7 }, undefined), null);
  assert.equal(fitted([], { metric: metricNamed('response.p50') }), null);
});

test('levels without a usable value do not count', () => {
  const none = { law: null, valid: 0, deviation: 0 };
  assert.deepEqual(fitted([]), none);
  const five = POINTS.slice(1);
  for (const other of [point(64, null), point(64, 0), point(64, -1), point(64, 9, [RATE.name])])
    assert.deepEqual(fitted([...five, other]), { ...none, valid: 5 });
  assert.deepEqual(fitted([...five, { ...point(64, 9), figures: {} }, point(2, 9)]), { ...none, valid: 5 });
});

test('the curve extends from the smallest level to twice the largest, in 48 steps of the same ratio', () => {
  const { law, valid, deviation } = fitted() ?? assert.fail();
  const fit = fitLaw(
    POINTS.map(({ level, figures }) => ({ size: level, value: figures[RATE.name] ?? 0 })),
    7,
  );
  assert.ok(law !== null && fit !== null);
  assert.equal(valid, 6);
  assert.ok(deviation < 1e-6);
  for (const name of ['lambda', 'sigma', 'kappa'] as const)
    assert.deepEqual(law[name], { value: fit.law[name], ...fit.intervals[name] });
  assert.deepEqual(law.peak, Math.sqrt((1 - fit.law.sigma) / fit.law.kappa));
  assert.equal(law.curve.length, 48);
  for (const [index, { level, ...values }] of law.curve.entries()) {
    assert.ok(Math.abs(level / (2 * 1024 ** (index / 47)) - 1) < 1e-9);
    assert.deepEqual(values, { value: throughputAt(fit.law, level), ...fit.band(level) });
  }
});

test('the deviation is that of the median at the level that is furthest from the curve', () => {
  const spread = [0.8, 1, 1.1].map((factor) => point(16, factor * throughputAt(LAW, 16)));
  const found = fitted([...POINTS.filter(({ level }) => level !== 16), ...spread]) ?? assert.fail();
  assert.ok(found.law !== null);
  const { lambda, sigma, kappa } = found.law;
  const law = { lambda: lambda.value, sigma: sigma.value, kappa: kappa.value };
  const apart = LEVELS.map((level) => Math.abs(throughputAt(LAW, level) / throughputAt(law, level) - 1));
  assert.ok(Math.max(...apart) > 0.001);
  assert.ok(Math.abs(found.deviation - Math.max(...apart)) < 1e-12);
});

test('a peak beyond twice the largest level is not reported, and one below 1 is 1', () => {
  const peakOf = (kappa: number, sigma = 0) => {
    const points = LEVELS.map((level) => point(level, throughputAt({ lambda: 100, sigma, kappa }, level)));
    return fitted(points)?.law?.peak;
  };
  assert.equal(peakOf(1 / 2100 ** 2), null);
  assert.ok(Math.abs((peakOf(1 / 2000 ** 2) ?? 0) - 2000) < 1);
  assert.equal(peakOf(4), 1);
});

test('the finding states the law, or why there is none', () => {
  const found = fitted() ?? assert.fail();
  const { law, deviation } = found;
  assert.ok(law !== null);
  const { lambda, sigma, kappa, peak } = law;
  const facts = { over: 'connections', unit: 'rate', lambda, sigma, kappa, peak, deviation } as const;
  assert.ok(kappa.low > 0);
  assert.deepEqual(
    lawFinding(found, 'connections', 'rate'),
    finding('ladder-law', { ...facts, declines: true }),
  );
  const flat = { ...found, law: { ...law, kappa: { ...kappa, low: 0 } } };
  assert.deepEqual(
    lawFinding(flat, 'connections', 'rate'),
    finding('ladder-law', { ...facts, kappa: { ...kappa, low: 0 }, declines: false }),
  );
  const without = (valid: number) => lawFinding({ law: null, valid, deviation: 0 }, 'connections', 'rate');
  assert.deepEqual(without(5), finding('ladder-too-few', { valid: 5, needed: 6 }));
  assert.deepEqual(without(6), finding('ladder-undetermined', {}));
});
