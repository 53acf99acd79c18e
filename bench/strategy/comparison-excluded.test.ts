import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedMetrics } from '../metrics/compared.ts';
import { effectOf, logRatios } from '../stats/effect.ts';
import { fewestRounds } from '../stats/verdict.ts';
import type { ComparedRun } from './compared-run.ts';
import { runsOf } from './compared-runs.test.fixture.ts';
import { type ComparisonOptions, compareRuns, excludedOf } from './comparison.ts';
import { turnedRuns } from './turned-runs.test.fixture.ts';

const OPTIONS: ComparisonOptions = { baseline: 'plain', variants: ['tuned'], asked: 10, seed: null };

function figuresOf(runs: readonly ComparedRun[]) {
  return compareRuns(runs, OPTIONS).comparisons[0]?.figures ?? assert.fail();
}

/** Weights of the metrics of the steps, by metric and step. */
function weightsOf(...steps: string[]): Map<string, number> {
  const [run] = runsOf(1);
  const measured = comparedMetrics().filter(
    ({ metric, step }) => steps.includes(step) && run !== undefined && metric.name in run.metrics,
  );
  return new Map(measured.map(({ metric, step, weight }) => [`${metric.name} ${step}`, weight]));
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const needed = (runs: readonly ComparedRun[]) =>
  figuresOf(runs)
    .filter(({ name }) => name !== 'perCoreCapacity')
    .map(({ name, step, needed }) => [`${name} ${step}`, needed]);

test('a figure with too few rounds states how many it needs, which depends on its weight', () => {
  const weights = weightsOf('throughput', 'latency');
  const expected = [...weights].map(([name, weight]) => [name, fewestRounds(sum(weights.values()) / weight)]);
  assert.ok(new Set(expected.map(([, rounds]) => rounds)).size > 1);
  assert.deepEqual(needed(runsOf(5)), expected);
  assert.deepEqual(
    needed(runsOf(12)).map(([, rounds]) => rounds),
    expected.map(() => undefined),
  );
});

test('a figure without any pair needs rounds for itself and those that have pairs', () => {
  const runs = runsOf(12).map((run) =>
    run.step === 'latency' ? { ...run, outcome: { state: 'failed', reason: 'Nginx died.' } as const } : run,
  );
  const [all, others] = [weightsOf('throughput', 'latency'), sum(weightsOf('throughput').values())];
  assert.deepEqual(
    needed(runs),
    [...all].map(([name, weight]) => [
      ...[name, name.endsWith(' latency') ? fewestRounds((others + weight) / weight) : undefined],
    ]),
  );
});

test('a run is listed once for each reason, with all figures that lack it', () => {
  const limit = { component: 'generator', evidence: { code: 'x', text: 'Busy.', data: {} } } as never;
  const [plain, ...others] = runsOf(1).filter(({ step }) => step === 'throughput');
  assert.ok(plain);
  const lost = { ...plain, metrics: { ...plain.metrics, 'messages.lost': 2 } };
  const pilot = { ...lost, round: null };
  const names = [...weightsOf('throughput').keys()].map((name) => name.replace(' throughput', ''));
  assert.deepEqual(
    excludedOf([lost, pilot, ...others]).map(({ reason, ...rest }) => [reason.code, rest]),
    [['lost-some', { variant: 'plain', step: 'throughput', round: 1, figures: names }]],
  );
  const busy = { ...plain, validity: { verdict: 'generator-limited', reasons: [], limit } as never };
  const found = excludedOf([busy]);
  const listed = found.flatMap(({ figures }) => figures);
  assert.deepEqual(
    [new Set(found.map(({ reason }) => reason.text)).size, new Set(listed).size],
    [found.length, listed.length],
  );
});

/** Rounds whose second pair of turns took this many times as long; it was disturbed unless that is 1. */
function disturbed(...factors: number[]) {
  const QUIET = { baseline: [300, 300, 300, 300], variant: [300, 300, 300, 300] };
  return turnedRuns(
    factors.map((factor) => ({
      latency: QUIET,
      throughput: {
        baseline: [20, 20, 20, 20],
        variant: [20, 20 * factor, 20, 20],
        causes: [null, factor === 1 ? null : 'steal', null, null],
      },
    })),
  );
}

test('the effect with disturbed turns has an interval if there are enough rounds', () => {
  const withAll = (...factors: number[]) =>
    figuresOf(disturbed(...factors)).find(
      ({ name, step }) => name === 'cpuPerMessage.proxy' && step === 'throughput',
    )?.turns?.withAll;
  const factors = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const sides = factors.map((factor) => (20 * 20 * 20 * 20 * factor) ** (1 / 4));
  const { ratio, interval } = effectOf(
    logRatios(
      factors.map(() => 20),
      sides,
    ),
  );
  const found = withAll(...factors);
  assert.ok(found && interval && found.interval);
  const near = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(9)));
  assert.deepEqual(near([found.effect, ...found.interval]), near([ratio, interval.low, interval.high]));
  assert.ok(interval.low < interval.high);
  assert.equal(withAll(1, 2, 3, 4)?.interval, null);
});
