import { type ComparedMetric, comparedMetrics, weightsBeside } from '../metrics/compared.ts';
import { incomplete } from '../metrics/fitness.ts';
import type { RunFacts } from '../metrics/metric.ts';
import type { ComparedFigure, Comparison, Excluded, VariantComparison } from '../model/comparison.ts';
import type { Finding } from '../model/finding.ts';
import type { Step } from '../model/plan.ts';
import type { Variant } from '../model/variant.ts';
import { compareRounds, type FigurePairs } from '../stats/comparison.ts';
import { DEFAULT_THRESHOLD, fewestRounds, roundsForWeights } from '../stats/verdict.ts';
import { comparedFigure, overall, restated } from './compared-figure.ts';

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
 * Returns the minimum number of rounds needed for any metric to get a verdict. It depends on the metric with
 * the highest weight that these variants and steps provide.
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
 * that one side never provides (such as Nginx CPU without Nginx) is omitted.
 *
 * @param runs in any order; those that do not belong to a round are ignored
 */
export function compareRuns(
  runs: readonly RunFacts[],
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
  const figureOf = (question: Question): ComparedFigure => ({
    ...comparedFigure(question.kind, sidesOf(question), effects[answered.indexOf(question)] ?? null),
    rounds: question.pairs,
  });
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
  kind: ComparedMetric;
  pairs: ComparedFigure['rounds'];
}

function pairsOf(
  runs: readonly RunFacts[],
  rounds: readonly number[],
  kind: ComparedMetric,
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

/**
 * Returns a run's value for a metric; null if the run is missing, lacks the value or is unfit for the metric.
 */
export function usable(run: RunFacts | undefined, { metric }: ComparedMetric): number | null {
  if (run === undefined || metric.unfit(run) !== null) return null;
  const value = run.metrics[metric.name] ?? null;
  // A ratio requires a value above 0. Memory growth may be indistinguishable from 0.
  return value !== null && value > 0 ? value : null;
}

function figurePairs(question: Question): FigurePairs {
  const { metric, weight } = question.kind;
  return { ...sidesOf(question), better: metric.better ?? 'lower', threshold: DEFAULT_THRESHOLD, weight };
}

function sidesOf({ pairs }: Question): { baseline: number[]; variant: number[] } {
  return { baseline: pairs.map((pair) => pair.baseline), variant: pairs.map((pair) => pair.variant) };
}

function isMeasured(runs: readonly RunFacts[], kind: ComparedMetric, variants: readonly string[]): boolean {
  return variants.every((name) =>
    runs.some(
      (run) =>
        run.variant === name && run.step === kind.step && (run.metrics[kind.metric.name] ?? null) !== null,
    ),
  );
}

/** Reports whether every variant completed all of its runs in the round without losses. */
function isWhole(runs: readonly RunFacts[], round: number): boolean {
  const within = runs.filter((run) => run.round !== null);
  const kinds = new Set(within.map(({ variant, step }) => `${step} ${variant}`));
  return within.filter((run) => run.round === round && incomplete(run) === null).length === kinds.size;
}

/** Lists what is excluded from the comparison, with one entry per run and reason. */
export function excludedOf(runs: readonly RunFacts[]): Excluded[] {
  return runs.flatMap((run) => {
    const { variant, step, round } = run;
    if (round === null) return [];
    const byText = new Map<string, { reason: Finding; figures: string[] }>();
    for (const { metric } of comparedMetrics().filter((each) => each.step === step)) {
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
