import type {
  ComparedFigure,
  Comparison,
  EffectVerdict,
  Excluded,
  OverallVerdict,
  VariantComparison,
} from '../model/comparison.ts';
import { compareRounds, type FigurePairs } from '../stats/comparison.ts';
import { median } from '../stats/median.ts';
import { DEFAULT_THRESHOLD, fewestRounds } from '../stats/verdict.ts';
import { type ComparedRun, FIGURES, type FigureKind } from './figures.ts';

/** What is compared to what. */
export interface ComparisonOptions {
  baseline: string;
  /** Names of the others. */
  variants: readonly string[];
  /** Rounds that were asked for; null: as many as fitted into a budget. */
  asked: number | null;
  /** Of the simulation behind the smallest effect that could have been seen; null leaves it out. */
  seed: number | null;
}

/** The fewest rounds in which every figure can come to a verdict. */
export function roundsForVerdicts(variants: number): number {
  const least = Math.min(...FIGURES.map(({ weight }) => weight));
  return fewestRounds((variants * totalWeight(FIGURES)) / least);
}

/**
 * Compares each variant to the baseline, figure by figure, by the effect within each round. A figure that one
 * of the two sides never gives (CPU of Nginx, where there is none) is left out.
 *
 * @param runs in any order; those without a round do not count
 */
export function compareRuns(
  runs: readonly ComparedRun[],
  { baseline, variants, asked, seed }: ComparisonOptions,
): Comparison {
  const rounds = [...new Set(runs.flatMap(({ round }) => round ?? []))].sort((a, b) => a - b);
  const questions = variants.flatMap((variant) =>
    FIGURES.map((kind) => ({ variant, kind, pairs: pairsOf(runs, rounds, kind, baseline, variant) })),
  );
  const answered = questions.filter(({ pairs }) => pairs.length > 0);
  const effects = compareRounds(answered.map(figurePairs), seed);
  const figureOf = (question: Question): ComparedFigure =>
    comparedFigure(question, effects[answered.indexOf(question)] ?? null);
  const comparisons = variants.map((variant): VariantComparison => {
    const figures = questions.filter(
      (question) => question.variant === variant && isMeasured(runs, question.kind, [baseline, variant]),
    );
    return {
      variant,
      verdict: overall(figures.filter(({ kind }) => kind.headline).map(figureOf)),
      figures: figures.map(figureOf).flatMap((figure) => [figure, ...restated(figure)]),
    };
  });
  return {
    kind: 'comparison',
    baseline,
    rounds: { asked, used: rounds.filter((round) => isWhole(runs, round)).length },
    comparisons,
    excluded: excludedOf(runs),
  };
}

interface Question {
  variant: string;
  kind: FigureKind;
  pairs: ComparedFigure['rounds'];
}

function pairsOf(
  runs: readonly ComparedRun[],
  rounds: readonly number[],
  kind: FigureKind,
  baseline: string,
  variant: string,
): ComparedFigure['rounds'] {
  return rounds.flatMap((round) => {
    const [base, own] = [baseline, variant].map((name) =>
      usable(
        runs.find((run) => run.variant === name && run.round === round && run.step === kind.step),
        kind,
      ),
    );
    return base == null || own == null ? [] : [{ round, baseline: base, variant: own }];
  });
}

/** What a run says of a figure; null where it is missing, does not give it or cannot be used for it. */
export function usable(run: ComparedRun | undefined, kind: FigureKind): number | null {
  if (run === undefined || kind.doubt(run) !== null) return null;
  const value = run.metrics[kind.name] ?? null;
  // Nothing has a ratio to nothing: growth of memory that cannot be told from none.
  return value !== null && value > 0 ? value : null;
}

function figurePairs({ kind: { better, weight }, pairs }: Question): FigurePairs {
  return {
    baseline: pairs.map((pair) => pair.baseline),
    variant: pairs.map((pair) => pair.variant),
    better,
    threshold: DEFAULT_THRESHOLD,
    weight,
  };
}

function comparedFigure(
  { kind, pairs }: Question,
  effect: ReturnType<typeof compareRounds>[number],
): ComparedFigure {
  const { name, step, unit } = kind;
  const none = {
    baseline: null,
    variant: null,
    effect: null,
    interval: null,
    pValue: null,
    detectable: null,
  };
  if (effect === null) return { name, step, unit, ...none, verdict: 'too few rounds', rounds: [] };
  return {
    name,
    step,
    unit,
    baseline: median(pairs.map((pair) => pair.baseline)),
    variant: median(pairs.map((pair) => pair.variant)),
    effect: effect.ratio,
    interval: effect.interval === null ? null : [effect.interval.low, effect.interval.high],
    pValue: effect.adjustedP,
    verdict: worded(effect.verdict, kind),
    detectable: effect.detectable,
    rounds: pairs,
  };
}

function worded(verdict: EffectVerdict, { words: [good, bad] }: FigureKind): EffectVerdict {
  if (verdict === 'faster') return good;
  return verdict === 'slower' ? bad : verdict;
}

/**
 * Per-core capacity is 1 ÷ CPU per message: the same effect and the same test, told as what a person plans with.
 * A test of its own would only take from the others.
 */
function restated(figure: ComparedFigure): ComparedFigure[] {
  if (figure.name !== 'cpuPerMessage.proxy' || figure.step !== 'throughput') return [];
  const { baseline, variant, effect, interval, verdict } = figure;
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
      rounds: figure.rounds.map((each) => ({
        round: each.round,
        baseline: perSecond(each.baseline),
        variant: perSecond(each.variant),
      })),
    },
  ];
}

/** In one word, of time where times differ, else of CPU. */
function overall(headline: readonly ComparedFigure[]): OverallVerdict {
  const verdicts = headline.map(({ verdict }) => verdict);
  const found = (word: EffectVerdict) => verdicts.includes(word);
  const isBetter = found('faster') || found('cheaper');
  const isWorse = found('slower') || found('dearer');
  if (isBetter && isWorse) return 'mixed';
  if (isBetter) return found('faster') ? 'faster' : 'cheaper';
  if (isWorse) return found('slower') ? 'slower' : 'dearer';
  return found('no difference detected') ? 'no difference detected' : 'too few rounds';
}

function isMeasured(runs: readonly ComparedRun[], kind: FigureKind, variants: readonly string[]): boolean {
  return variants.every((name) =>
    runs.some(
      (run) => run.variant === name && run.step === kind.step && (run.metrics[kind.name] ?? null) !== null,
    ),
  );
}

/** Whether every variant has its runs of the round, and each of them a figure that counts. */
function isWhole(runs: readonly ComparedRun[], round: number): boolean {
  const within = runs.filter((run) => run.round !== null);
  const kinds = new Set(within.map(({ variant, step }) => `${step} ${variant}`));
  return within.filter((run) => run.round === round && countsAtAll(run)).length === kinds.size;
}

function countsAtAll(run: ComparedRun): boolean {
  return FIGURES.some((kind) => kind.step === run.step && kind.doubt(run) === null);
}

/** One entry for each run and reason. */
function excludedOf(runs: readonly ComparedRun[]): Excluded[] {
  return runs.flatMap((run) => {
    const { variant, step, round } = run;
    if (round === null) return [];
    const byReason = new Map<string, string[]>();
    for (const kind of FIGURES.filter((each) => each.step === step)) {
      const reason = kind.doubt(run);
      if (reason !== null) byReason.set(reason, [...(byReason.get(reason) ?? []), kind.name]);
    }
    return [...byReason].map(([reason, figures]) => ({ variant, step, round, figures, reason }));
  });
}

function totalWeight(kinds: readonly FigureKind[]): number {
  return kinds.reduce((sum, { weight }) => sum + weight, 0);
}
