import { comparedMetrics } from '../metrics/compared.ts';
import type { RunFacts } from '../metrics/metric.ts';
import type { Calibration, FigureSpread, KnownEffect, Trial } from '../model/calibration.ts';
import type { ComparedFigure, Comparison, VariantComparison } from '../model/comparison.ts';
import type { Strategy } from '../model/strategy.ts';
import { falsePositives } from '../stats/false-positives.ts';
import { variation } from '../stats/variation.ts';
import { type ComparisonOptions, compareRuns, usable } from './comparison.ts';
import { makeRounds, type RoundsOptions } from './rounds.ts';

/**
 * Measures how reliable comparisons are on this machine. Runs the rounds of an ordinary comparison, using
 * variants that cannot differ from the baseline and variants of known cost. Each variant is judged as if it
 * were the only one compared, because most comparisons have only one.
 *
 * @param trials one per variant except the baseline
 */
export function makeCalibration(options: RoundsOptions, trials: readonly Trial[]): Strategy {
  return makeRounds(options, (runs, asked) => {
    const comparison = compareApart(runs, asked);
    return [comparison, calibrationOf(runs, comparison, trials)];
  });
}

/** Compares each variant with the baseline in a separate comparison. */
export function compareApart(runs: readonly RunFacts[], options: ComparisonOptions): Comparison {
  const { baseline, variants } = options;
  return {
    ...compareRuns(runs, { ...options, seed: null }),
    comparisons: variants.flatMap((variant) => {
      const own = runs.filter((run) => run.variant === baseline || run.variant === variant);
      return compareRuns(own, { ...options, variants: [variant] }).comparisons;
    }),
  };
}

/**
 * Draws a calibration's conclusions.
 *
 * @param comparison from `compareApart`
 */
export function calibrationOf(
  runs: readonly RunFacts[],
  { baseline, comparisons }: Comparison,
  trials: readonly Trial[],
): Calibration {
  const comparedTo = ({ variant }: Trial) => comparisons.find((each) => each.variant === variant);
  const same = trials.filter(({ expected }) => expected === null).flatMap((each) => comparedTo(each) ?? []);
  const { comparisons: figures, positives, interval } = falsePositives(same.flatMap(verdictsOf));
  return {
    kind: 'calibration',
    trials: [...trials],
    falsePositives: { figures, called: positives, interval: [interval.low, interval.high] },
    spread: spreadOf(runs, baseline, same[0]),
    known: trials.flatMap((trial) => knownEffect(trial, comparedTo(trial))),
  };
}

/**
 * Collects the verdicts. Skips per-core capacity, because its verdict only repeats the one on CPU per
 * message.
 */
function verdictsOf({ figures }: VariantComparison): ComparedFigure['verdict'][] {
  return figures.filter(({ name }) => name !== 'perCoreCapacity').map(({ verdict }) => verdict);
}

function spreadOf(
  runs: readonly RunFacts[],
  baseline: string,
  again: VariantComparison | undefined,
): FigureSpread[] {
  const own = runs.filter(({ variant, round }) => variant === baseline && round !== null);
  return comparedMetrics().flatMap((kind): FigureSpread[] => {
    const { step } = kind;
    const { name } = kind.metric;
    const values = own.filter((run) => run.step === step).flatMap((run) => usable(run, kind) ?? []);
    const beside = again?.figures.find((figure) => figure.name === name && figure.step === step);
    if (values.length === 0) return [];
    return [
      {
        name,
        step,
        runs: values.length,
        variation: variation(values),
        detectable: beside?.detectable ?? null,
      },
    ];
  });
}

function knownEffect({ variant, expected }: Trial, comparison: VariantComparison | undefined): KnownEffect[] {
  if (expected === null) return [];
  const { name, step, verdict } = expected;
  const figure = comparison?.figures.find((each) => each.name === name && each.step === step);
  const found = figure?.verdict ?? 'too few rounds';
  return [{ variant, name, step, effect: figure?.effect ?? null, verdict: found, found: found === verdict }];
}
