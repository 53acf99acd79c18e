import type { ComparedFigure, EffectVerdict, OverallVerdict } from '../model/comparison.ts';
import type { Comparison } from '../stats/comparison.ts';
import { median } from '../stats/median.ts';
import type { FigureKind } from './figures.ts';

/** A figure on both sides, run by run. */
export interface FigureSides {
  baseline: readonly number[];
  variant: readonly number[];
}

type Tested = Pick<Comparison, 'ratio' | 'interval' | 'adjustedP' | 'verdict' | 'detectable'>;

/**
 * The outcome of a test, with the verdict named as the figure requires. `effect` is null if there was nothing to
 * test.
 */
export function comparedFigure(
  kind: FigureKind,
  sides: FigureSides,
  effect: Tested | null,
): Omit<ComparedFigure, 'rounds'> {
  const { name, step, unit } = kind;
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
    verdict: worded(effect.verdict, kind),
    detectable: effect.detectable,
  };
}

function worded(verdict: Tested['verdict'], { words: [good, bad] }: FigureKind): EffectVerdict {
  if (verdict === 'faster') return good;
  return verdict === 'slower' ? bad : verdict;
}

/**
 * Per-core capacity is 1 ÷ CPU per message: the same effect and test, expressed in the unit used for planning. A
 * separate test would only take significance from the others.
 */
export function restated(figure: ComparedFigure): ComparedFigure[] {
  if (figure.name !== 'cpuPerMessage.proxy' || figure.step !== 'throughput') return [];
  const { baseline, variant, effect, interval, verdict, rounds, runs } = figure;
  const perSecond = (cpuUs: number) => 1e6 / cpuUs;
  return [
    {
      ...figure,
      name: 'perCoreCapacity',
      unit: '1/s',
      baseline: baseline === null ? null : perSecond(baseline),
      variant: variant === null ? null : perSecond(variant),
      effect: effect === null ? null : 1 / effect,
      interval: interval === null ? null : [1 / interval[1], 1 / interval[0]],
      verdict: verdict === 'cheaper' ? 'faster' : verdict === 'dearer' ? 'slower' : verdict,
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

/** The verdict in one word: about time if times differ, otherwise about CPU. */
export function overall(headline: readonly ComparedFigure[]): OverallVerdict {
  const verdicts = headline.map(({ verdict }) => verdict);
  const found = (word: EffectVerdict) => verdicts.includes(word);
  const isBetter = found('faster') || found('cheaper');
  const isWorse = found('slower') || found('dearer');
  if (isBetter && isWorse) return 'mixed';
  if (isBetter) return found('faster') ? 'faster' : 'cheaper';
  if (isWorse) return found('slower') ? 'slower' : 'dearer';
  return found('no difference detected') ? 'no difference detected' : 'too few rounds';
}
