import { type ComparedMetric, comparedMetrics, weightsBeside } from '../metrics/compared.ts';
import { incomplete } from '../metrics/fitness.ts';
import type { ComparedFigure, Comparison, Excluded, VariantComparison } from '../model/comparison.ts';
import type { Finding } from '../model/finding.ts';
import type { Step } from '../model/plan.ts';
import type { Variant } from '../model/variant.ts';
import { compareRounds, type FigurePairs } from '../stats/comparison.ts';
import { effectOf, logRatios } from '../stats/effect.ts';
import { DEFAULT_THRESHOLD, fewestRounds, roundsForWeights } from '../stats/verdict.ts';
import { comparedFigure, overall, restated } from './compared-figure.ts';
import type { ComparedRun } from './compared-run.ts';
import { pairsOf, type RoundPair } from './pairs.ts';

export interface ComparisonOptions {
  baseline: string;
  /** Names of the variants to compare with the baseline. */
  variants: readonly string[];
  /** Requested number of rounds; null for as many as fit into the time budget. */
  asked: number | null;
  /** Seed for the simulation that estimates the smallest detectable effect; null skips the simulation. */
  seed: number | null;
}

/** Returns the minimum number of rounds needed for every metric to get a verdict. */
export function roundsForVerdicts(variants: number, steps: readonly Step[]): number {
  return roundsForWeights(weightsBeside(steps), variants);
}

/**
 * Returns the minimum number of rounds needed for any metric to get a verdict. The metric with the highest
 * weight, among those that the variants and steps provide, determines this number.
 */
export function roundsForAnyVerdict(
  [baseline, ...others]: readonly Pick<Variant, 'proxy'>[],
  steps: readonly Step[],
): number {
  const measured = others.flatMap(({ proxy }) => {
    const ofNginx = proxy !== null && baseline?.proxy != null;
    return comparedMetrics().filter(
      ({ metric, step }) => steps.includes(step) && (ofNginx || !metric.name.endsWith('.proxy')),
    );
  });
  return fewestRounds(totalWeight(measured) / Math.max(...measured.map(({ weight }) => weight)));
}

/**
 * Compares each variant with the baseline, metric by metric, based on the effect within each round. A metric
 * that one side never provides is omitted: for example, proxy CPU if one side has no proxy.
 *
 * @param runs in any order; those that do not belong to a round are ignored
 */
export function compareRuns(
  runs: readonly ComparedRun[],
  { baseline, variants, asked, seed }: ComparisonOptions,
): Comparison {
  const rounds = [...new Set(runs.flatMap(({ round }) => round ?? []))].sort((a, b) => a - b);
  const questions = variants.flatMap((variant) =>
    comparedMetrics().map((kind) => ({
      variant,
      kind,
      pairs: pairsOf(runs, rounds, kind, baseline, variant),
    })),
  );
  const answered = questions.filter(({ pairs }) => pairs.length > 0);
  const effects = compareRounds(answered.map(figurePairs), seed);
  const figureOf = (question: Question): ComparedFigure => {
    const effect = effects[answered.indexOf(question)] ?? null;
    const figure = comparedFigure(question.kind, sidesOf(question), effect);
    return {
      ...figure,
      ...(figure.verdict === 'too few rounds' ? { needed: roundsNeeded(question, answered) } : {}),
      rounds: question.pairs.map(({ values }) => values),
      ...excludedTurns(question),
    };
  };
  const comparisons = variants.map((variant): VariantComparison => {
    const figures = questions
      .filter(
        (question) => question.variant === variant && isMeasured(runs, question.kind, [baseline, variant]),
      )
      .map((question) => ({ ...question.kind, figure: figureOf(question) }));
    return {
      variant,
      verdict: overall(figures.flatMap(({ headline, figure }) => (headline ? figure : []))),
      figures: figures.flatMap(({ figure }) => [figure, ...restated(figure)]),
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
  kind: ComparedMetric;
  pairs: RoundPair[];
}

function figurePairs(question: Question): FigurePairs {
  const { metric, weight } = question.kind;
  return { ...sidesOf(question), better: metric.better ?? 'lower', threshold: DEFAULT_THRESHOLD, weight };
}

function sidesOf({ pairs }: Question): Record<'baseline' | 'variant', number[]> {
  return {
    baseline: pairs.map(({ values }) => values.baseline),
    variant: pairs.map(({ values }) => values.variant),
  };
}

/** Returns how many pairs of turns were excluded, and the effect with all pairs included. */
function excludedTurns({ pairs }: Question): Pick<ComparedFigure, 'turns'> {
  const sum = (of: (pair: RoundPair) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  const counts = {
    pairs: sum(({ turns }) => turns.pairs),
    steal: sum(({ turns }) => turns.steal),
    other: sum(({ turns }) => turns.other),
  };
  if (counts.pairs === 0) return {};
  if (counts.steal + counts.other === 0) return { turns: { ...counts, withAll: null } };
  const all = pairs.map(({ values, all }) => all ?? values);
  const sideOf = (side: 'baseline' | 'variant') => all.map((each) => each[side]);
  const { ratio, interval } = effectOf(logRatios(sideOf('baseline'), sideOf('variant')));
  return {
    turns: {
      ...counts,
      withAll: { effect: ratio, interval: interval === null ? null : [interval.low, interval.high] },
    },
  };
}

/** Returns how many rounds a verdict on the metric needs. */
function roundsNeeded({ kind }: Question, answered: readonly Question[]): number {
  const kinds = answered.map((each) => each.kind);
  return fewestRounds(totalWeight(kinds.includes(kind) ? kinds : [...kinds, kind]) / kind.weight);
}

function isMeasured(
  runs: readonly ComparedRun[],
  kind: ComparedMetric,
  variants: readonly string[],
): boolean {
  return variants.every((name) =>
    runs.some(
      (run) =>
        run.variant === name && run.step === kind.step && (run.metrics[kind.metric.name] ?? null) !== null,
    ),
  );
}

/** Reports whether every variant completed all of its runs in the round without losses. */
function isWhole(runs: readonly ComparedRun[], round: number): boolean {
  const within = runs.filter((run) => run.round !== null);
  const kinds = new Set(within.map(({ variant, step }) => `${step} ${variant}`));
  return within.filter((run) => run.round === round && incomplete(run) === null).length === kinds.size;
}

/** Lists what is excluded from the comparison, with one entry per run and reason. */
export function excludedOf(runs: readonly ComparedRun[]): Excluded[] {
  const compared = comparedMetrics();
  return runs.flatMap((run) => {
    const { variant, step, round } = run;
    if (round === null) return [];
    const byText = new Map<string, { reason: Finding; figures: string[] }>();
    for (const { metric } of compared.filter((each) => each.step === step)) {
      const reason = metric.unfit(run);
      if (reason === null) continue;
      const { figures } = byText.get(reason.text) ?? { figures: [] };
      byText.set(reason.text, { reason, figures: [...figures, metric.name] });
    }
    return [...byText.values()].map(({ reason, figures }) => ({ variant, step, round, figures, reason }));
  });
}

function totalWeight(kinds: readonly ComparedMetric[]): number {
  return kinds.reduce((sum, { weight }) => sum + weight, 0);
}
