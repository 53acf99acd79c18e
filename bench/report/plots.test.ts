import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch } from '../../test/capacity.ts';
import { makeComparison } from '../../test/comparison.ts';
import { assertGolden } from '../../test/golden.ts';
import { outlineOf } from '../../test/outline.ts';
import { metricNamed } from '../metrics/metrics.ts';
import type { CapacitySearch, Trial } from '../model/capacity.ts';
import type { ComparedFigure } from '../model/comparison.ts';
import { stored } from '../model/finding.ts';
import type { Ladder } from '../model/ladder.ts';
import type { MetricUnit } from '../model/metric.ts';
import { plottedObjectives, trialsPlot } from './capacity/plot.ts';
import { forestPlot } from './comparison/forest.ts';
import { pairsPlot } from './comparison/pairs.ts';
import { metricPlot, residualPlot } from './ladder/plot.ts';
import type { Markup } from './markup.ts';

/** The plots that are drawn without the page's script, from a few hand-made values: every coordinate and label. */

function assertPlots(name: string, plots: Readonly<Record<string, Markup | null>>): void {
  const texts = Object.entries(plots).map(([what, plot]) => {
    if (plot === null) return `${what}\nno plot`;
    const [, size, described] = /viewBox="([^"]*)" role="img" aria-label="([^"]*)"/.exec(plot.markup) ?? [];
    return [what, outlineOf(plot.markup), size, described].join('\n');
  });
  assertGolden(`outlines/plots-${name}.txt`, `${texts.join('\n\n')}\n`);
}

const trial = (level: number, figure: number | null, changes: Partial<Trial> = {}): Trial => ({
  ...{ level, met: true, keptSchedule: true, elsewhere: null, figures: [figure] },
  ...changes,
});
const missed = { met: false };
const objective = (unit: MetricUnit, limit: number): Pick<CapacitySearch, 'objectives'> => ({
  objectives: [{ text: 'x<1', metric: 'x', operator: '<', limit, unit }],
});

test('the trials of a capacity search are points whose labels do not overlap', () => {
  const times = makeSearch({
    ...objective('time', 20_000),
    interval: [1000, 10_000],
    trials: [
      trial(10_000, 50_000, missed),
      trial(100, 5000),
      trial(1000, 20_000, { ...missed, elsewhere: stored('It was late.') }),
      trial(1000, null),
      trial(1050, 19_000),
      trial(1000, 8000),
      trial(1020, 16_000),
      trial(1000, 12_000),
      trial(10_500, 48_000, missed),
    ],
  });
  const axis = { over: 'connections', ratePerSecond: 1, per: 'all' } as const;
  const bytes = { ...objective('bytes', 4096), trials: [trial(100, 1000), trial(200, 6000, missed)] };
  const dense = [
    [100, 50],
    [110, 56],
    [183, 46],
    [385, 50],
    [1000, 20],
    [1010, 26],
    [1651, 42],
    [558, 66],
    [1, 0],
    [10_000, 100],
  ].map(([level = 1, figure = 0]) => trial(level, figure));
  const counts = { ...objective('count', 0), trials: [trial(100, 0), trial(200, 5, missed)] };
  assertPlots('capacity', {
    times: trialsPlot(times, 0),
    bytes: trialsPlot(makeSearch({ ...bytes, axis, interval: [null, 200] }), 0),
    counts: trialsPlot(makeSearch({ ...counts, interval: [100, null] }), 0),
    dense: trialsPlot(makeSearch({ ...counts, trials: dense, interval: [100, 1000] }), 0),
    nothing: trialsPlot(
      makeSearch({ ...objective('count', 0), interval: [null, null], trials: [trial(100, 0)] }),
      0,
    ),
    unmeasured: trialsPlot(makeSearch({ ...counts, trials: [trial(100, null)] }), 0),
    unknown: trialsPlot(times, 1),
  });
});

test('only objectives whose figures differ between trials are plotted, or the first if none do', () => {
  const plotted = (...figures: number[][]) =>
    plottedObjectives(makeSearch({ trials: figures.map((each) => trial(1, null, { figures: each })) }));
  assert.deepEqual(plotted([1, 5], [1, 6]), [1]);
  assert.deepEqual(plotted([1, 5], [2, 6]), [0, 1]);
  assert.deepEqual(plotted([1, 5], [1, 5]), [0]);
  assert.deepEqual(plottedObjectives(makeSearch({ objectives: [] })), []);
});

const estimate = (value: number, low: number, high: number) => ({ value, low, high });
const LADDER: Ladder = {
  kind: 'ladder',
  variant: 'plain',
  scenario: 'echo',
  step: 'throughput',
  over: 'connections',
  levels: [10, 100, 110, 1000],
  rounds: 2,
  metrics: ['messages.perSecond', 'cpuPerMessage.proxy'],
  points: (
    [
      [10, 1000, null],
      [100, 4500, 30],
      [100, 5500, 20],
      [1000, 9000, 10],
    ] as const
  ).map(([level, perSecond, cpu], index) => ({
    ...{ level, round: 1, excluded: index === 1 ? stored('It was disturbed.') : null, unfit: null },
    figures: { 'messages.perSecond': perSecond, 'cpuPerMessage.proxy': cpu },
  })),
  law: {
    lambda: estimate(110, 90, 120),
    sigma: estimate(0.01, 0.005, 0.02),
    kappa: estimate(1e-5, 1e-6, 2e-5),
    peak: 316,
    curve: [
      { level: 10, ...estimate(1000, 900, 1100) },
      { level: 1000, ...estimate(9000, 8000, 10_000) },
      { level: 1500, ...estimate(8500, 7000, 11_000) },
      { level: 2000, ...estimate(8000, 6000, 12_000) },
    ],
  },
  memorySlope: null,
  findings: [],
};

test('a ladder has a point for each run, and the fitted law or a line through the medians', () => {
  const [perSecond, cpu] = ['messages.perSecond', 'cpuPerMessage.proxy'].map(metricNamed);
  assert.ok(perSecond && cpu && LADDER.law);
  const law = (changes: Partial<typeof LADDER.law>): Ladder => ({
    ...LADDER,
    law: LADDER.law && { ...LADDER.law, ...changes },
  });
  const growing = { kappa: estimate(1e-5, 0, 2e-5) };
  assertPlots('ladder', {
    law: metricPlot(LADDER, perSecond, true),
    'a law that may have no maximum': metricPlot(law(growing), perSecond, true),
    'a law without a maximum': metricPlot(law({ peak: null }), perSecond, true),
    'another metric': metricPlot(LADDER, cpu, false),
    'no law': metricPlot({ ...LADDER, over: 'payload', law: null }, perSecond, true),
    residuals: residualPlot(LADDER),
    'residuals without a law': residualPlot({ ...LADDER, law: null }),
    'only valid runs': metricPlot({ ...LADDER, points: LADDER.points.slice(2) }, perSecond, true),
    'a metric that was not measured': metricPlot(LADDER, metricNamed('response.p50'), false),
  });
});

test('hollow points are explained if some runs do not count', () => {
  const metric = metricNamed('messages.perSecond');
  const explained = (points: Ladder['points']) =>
    metricPlot({ ...LADDER, points }, metric, true)?.markup.includes('Hollow points');
  assert.deepEqual([explained(LADDER.points), explained(LADDER.points.slice(2))], [true, false]);
});

const [COMPARED] = makeComparison().comparisons;
assert.ok(COMPARED);
const [FIGURE] = COMPARED.figures;
assert.ok(FIGURE);

const effect = (
  ratio: number,
  interval: ComparedFigure['interval'],
  verdict: ComparedFigure['verdict'],
): ComparedFigure => ({ ...FIGURE, effect: ratio, interval, verdict });

test('a forest plot has a row for each effect, and an arrow at the edge for an effect beyond its scale', () => {
  const forest = (...figures: ComparedFigure[]) => forestPlot({ ...COMPARED, figures }, 'plain');
  assertPlots('forest', {
    effects: forest(
      effect(1.1, [1.05, 1.15], 'higher'),
      effect(0.9, [0.85, 0.95], 'lower'),
      effect(5, [4, 6], 'higher'),
      effect(0.2, [0.1, 0.3], 'lower'),
      effect(1.01, null, 'too few rounds'),
      effect(1.02, [0.99, 1.03], 'no difference detected'),
      { ...FIGURE, effect: null },
    ),
    'small effects': forest(effect(1.01, [0.99, 1.03], 'no difference detected')),
    'an effect without an interval': forest(effect(1.3, null, 'too few rounds')),
    'the widest scale': forest(effect(1.5, [1.4, 1.6], 'higher'), effect(0.63, [0.62, 0.64], 'lower')),
    'no effect': forest({ ...FIGURE, effect: null }),
  });
});

test('the rounds of a metric are joined by lines; the runs of stored results are not', () => {
  const rounds = [
    { round: 1, baseline: 20, variant: 25 },
    { round: 2, baseline: 30, variant: 22 },
    { round: 4, baseline: 21, variant: 21 },
  ];
  const pairs = (changes: Partial<ComparedFigure>) => pairsPlot({ ...FIGURE, ...changes }, COMPARED, 'plain');
  assertPlots('pairs', {
    rounds: pairs({ rounds }),
    'equal values': pairs({ rounds: [{ round: 1, baseline: 20, variant: 20 }], verdict: 'lower' }),
    zeros: pairs({ rounds: [{ round: 1, baseline: 0, variant: 0 }] }),
    'nearly equal values': pairs({ rounds: [{ round: 1, baseline: 20_000_000, variant: 20_000_001 }] }),
    runs: pairs({ runs: { baseline: [20, 21], variant: [30, 0.5, 31] }, verdict: 'too few rounds' }),
    'more runs of the baseline': pairs({ runs: { baseline: [20, 21], variant: [30] } }),
  });
});
