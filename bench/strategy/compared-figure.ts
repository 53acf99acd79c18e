import { type ComparedMetric, isHeadline } from '../metrics/compared.ts';
import type { Metric } from '../metrics/metric.ts';
import { metricNamed } from '../metrics/metrics.ts';
import type { ComparedFigure, ComparedTurns, EffectVerdict, OverallVerdict } from '../model/comparison.ts';
import type { Comparison } from '../stats/comparison.ts';
import { median } from '../stats/median.ts';

/** One metric's values for both sides, run by run. */
export interface FigureSides {
  baseline: readonly number[];
  variant: readonly number[];
}

type Tested = Pick<Comparison, 'ratio' | 'interval' | 'adjustedP' | 'verdict' | 'detectable'>;

/**
 * Builds the compared metric from a test's outcome, and adapts the wording of the verdict to the metric.
 * `effect` is null if there was nothing to test.
 */
export function comparedFigure(
  { metric, step }: ComparedMetric,
  sides: FigureSides,
  effect: Tested | null,
): Omit<ComparedFigure, 'rounds'> {
  const { name, unit } = metric;
  const none = {
    baseline: null,
    variant: null,
    effect: null,
    interval: null,
    pValue: null,
    detectable: null,
  };
  if (effect === null) return { name, step, unit, ...none, verdict: 'too few rounds' };
  return {
    name,
    step,
    unit,
    baseline: median(sides.baseline),
    variant: median(sides.variant),
    effect: effect.ratio,
    interval: effect.interval === null ? null : [effect.interval.low, effect.interval.high],
    pValue: effect.adjustedP,
    verdict: worded(effect.verdict, metric),
    detectable: effect.detectable,
  };
}

/**
 * Puts a verdict into words. The test only distinguishes better (`faster`) from worse (`slower`). For
 * resource use, the verdict is `lower` or `higher` instead.
 */
function worded(verdict: Tested['verdict'], { kind, better }: Metric): EffectVerdict {
  if (kind === 'speed' || (verdict !== 'faster' && verdict !== 'slower')) return verdict;
  return (verdict === 'faster') === (better === 'lower') ? 'lower' : 'higher';
}

const CAPACITY = metricNamed('perCoreCapacity');

/**
 * Derives per-core capacity (1 ÷ CPU per message) from the comparison of CPU per message. It is the same
 * comparison in the unit used for planning; a separate test would only make the other tests less significant.
 */
export function restated(figure: ComparedFigure): ComparedFigure[] {
  if (figure.name !== 'cpuPerMessage.proxy' || !isHeadline(figure)) return [];
  const { baseline, variant, effect, interval, verdict, rounds, runs, turns } = figure;
  const perSecond = (cpuUs: number) => 1e6 / cpuUs;
  return [
    {
      ...figure,
      name: CAPACITY.name,
      unit: CAPACITY.unit,
      baseline: baseline === null ? null : perSecond(baseline),
      variant: variant === null ? null : perSecond(variant),
      effect: effect === null ? null : 1 / effect,
      ...(turns === undefined ? {} : { turns: inverse(turns) }),
      interval: inverted(interval),
      verdict: verdict === 'lower' ? 'faster' : verdict === 'higher' ? 'slower' : verdict,
      rounds: rounds.map((each) => ({
        round: each.round,
        baseline: perSecond(each.baseline),
        variant: perSecond(each.variant),
      })),
      ...(runs === undefined
        ? {}
        : { runs: { baseline: runs.baseline.map(perSecond), variant: runs.variant.map(perSecond) } }),
    },
  ];
}

function inverted(interval: ComparedFigure['interval']): ComparedFigure['interval'] {
  return interval === null ? null : [1 / interval[1], 1 / interval[0]];
}

function inverse({ withAll, ...counts }: ComparedTurns): ComparedTurns {
  if (withAll === null) return { ...counts, withAll };
  return { ...counts, withAll: { effect: 1 / withAll.effect, interval: inverted(withAll.interval) } };
}

/**
 * Summarises the verdicts. Returns `mixed` if some metrics are better and others are worse; otherwise the
 * verdict on times if times differ, or the verdict on CPU if they do not.
 */
export function overall(headline: readonly ComparedFigure[]): OverallVerdict {
  const verdicts = headline.map(({ verdict }) => verdict);
  const found = (word: EffectVerdict) => verdicts.includes(word);
  const isBetter = found('faster') || found('lower');
  const isWorse = found('slower') || found('higher');
  if (isBetter && isWorse) return 'mixed';
  if (isBetter) return found('faster') ? 'faster' : 'lower';
  if (isWorse) return found('slower') ? 'slower' : 'higher';
  return found('no difference detected') ? 'no difference detected' : 'too few rounds';
}
