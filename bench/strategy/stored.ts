import { type ComparedMetric, comparedMetrics } from '../metrics/compared.ts';
import { incomplete } from '../metrics/fitness.ts';
import type { RunFacts } from '../metrics/metric.ts';
import { knownFacts } from '../metrics/metrics.ts';
import type { ComparedFigure, Comparison, Stored, VariantComparison } from '../model/comparison.ts';
import { Problem } from '../model/failure.ts';
import type { Step } from '../model/plan.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { Variant } from '../model/variant.ts';
import { compareSets } from '../stats/unpaired-comparison.ts';
import { DEFAULT_THRESHOLD } from '../stats/verdict.ts';
import { comparedFigure, type FigureSides, overall, restated } from './compared-figure.ts';
import { excludedOf } from './comparison.ts';
import { configurationDifference, differencesOf } from './differences.ts';
import { usable } from './pairs.ts';

/** Two stored results combined into one, with variants called `tls (A)` and `tls (B)`. */
export interface StoredPair {
  variants: Variant[];
  runs: Run[];
  comparison: Comparison;
}

/**
 * Compares the variants of two stored results. Runs of different results are not paired, so each side is a
 * set of runs. Variants are matched by name. If no names match and each result has exactly one variant, those
 * two are compared.
 *
 * @param seed seed for the simulation that estimates the smallest detectable effect
 * @throws Problem('usage') if no variants match
 */
export function compareStored(baseline: Result, variant: Result, seed: number): StoredPair {
  const names = matched(namesOf(baseline), namesOf(variant));
  const sides = [sideOf(baseline, 'A'), sideOf(variant, 'B')] as const;
  const [first, second] = sides;
  const pairs = names.map(([a, b]) => ({
    baseline: `${a} (A)`,
    variant: `${b} (B)`,
  }));
  const taken = new Set(pairs.flatMap((pair) => [pair.baseline, pair.variant]));
  const runs = sides.flatMap((side) => side.runs.filter(({ plan }) => taken.has(plan.variant)));
  const compared = runs.map(knownFacts);
  const of = (side: typeof first) => runs.filter((run) => side.runs.includes(run));
  return {
    variants: sides.flatMap((side) => side.variants.filter(({ name }) => taken.has(name))),
    runs,
    comparison: {
      kind: 'comparison',
      baseline: pairs[0]?.baseline ?? '',
      rounds: { asked: null, used: fewestRuns(compared, pairs) },
      comparisons: compareUnpaired(compared, pairs, seed),
      excluded: excludedOf(compared),
      stored: {
        baseline: sourceOf(baseline),
        variant: sourceOf(variant),
        differences: [
          ...differencesOf({ result: baseline, runs: of(first) }, { result: variant, runs: of(second) }),
          ...names
            .filter(([a, b]) => a === b)
            .flatMap(([name]) => configurationDifference(name, baseline, variant)),
        ],
        unmatched: unmatched(names, namesOf(baseline), namesOf(variant)),
      },
    },
  };
}

interface Pair {
  baseline: string;
  variant: string;
}

/**
 * Compares each variant with its counterpart. All metrics of all variants form one family for the
 * multiple-testing adjustment.
 */
function compareUnpaired(
  runs: readonly RunFacts[],
  pairs: readonly Pair[],
  seed: number,
): VariantComparison[] {
  const questions = pairs.flatMap((pair) =>
    comparedMetrics().flatMap((kind) => {
      const sides = {
        baseline: valuesOf(runs, pair.baseline, kind),
        variant: valuesOf(runs, pair.variant, kind),
      };
      return isGiven(runs, pair, kind) ? [{ pair, kind, sides }] : [];
    }),
  );
  const effects = compareSets(
    questions.map(({ kind: { metric, weight }, sides }) => ({
      ...sides,
      better: metric.better ?? 'lower',
      weight,
      threshold: DEFAULT_THRESHOLD,
    })),
    seed,
  );
  const figures = questions.map(({ pair, kind, sides }, index) => ({
    pair,
    kind,
    figure: toldOf(kind, sides, effects[index] ?? null),
  }));
  return pairs.map((pair) => {
    const own = figures.filter((each) => each.pair === pair);
    return {
      ...pair,
      verdict: overall(own.filter(({ kind }) => kind.headline).map(({ figure }) => figure)),
      figures: own.flatMap(({ figure }) => [figure, ...restated(figure)]),
    };
  });
}

function toldOf(
  kind: ComparedMetric,
  sides: FigureSides,
  effect: ReturnType<typeof compareSets>[number],
): ComparedFigure {
  const runs = { baseline: [...sides.baseline], variant: [...sides.variant] };
  return { ...comparedFigure(kind, sides, effect), rounds: [], runs };
}

function valuesOf(runs: readonly RunFacts[], variant: string, kind: ComparedMetric): number[] {
  return runs
    .filter((run) => run.variant === variant && run.step === kind.step)
    .flatMap((run) => usable(run, kind) ?? []);
}

/**
 * Reports whether both sides provide a metric. A metric that one side never provides (such as proxy CPU in a
 * run without a proxy) is omitted rather than reported as equal.
 */
function isGiven(
  runs: readonly RunFacts[],
  { baseline, variant }: Pair,
  { metric, step }: ComparedMetric,
): boolean {
  return [baseline, variant].every((side) =>
    runs.some(
      (run) => run.variant === side && run.step === step && (run.metrics[metric.name] ?? null) !== null,
    ),
  );
}

/**
 * Returns the smallest number of runs that either side has in any step that both sides have run. Runs that
 * failed or had losses are not counted.
 */
function fewestRuns(runs: readonly RunFacts[], pairs: readonly Pair[]): number {
  const count = (variant: string, step: Step) =>
    runs.filter((run) => run.variant === variant && run.step === step && incomplete(run) === null).length;
  const fewer = pairs.flatMap(({ baseline, variant }) =>
    [...new Set(comparedMetrics().map(({ step }) => step))].map((step) =>
      Math.min(count(baseline, step), count(variant, step)),
    ),
  );
  const measured = fewer.filter((each) => each > 0);
  return measured.length === 0 ? 0 : Math.min(...measured);
}

function matched(baseline: readonly string[], variant: readonly string[]): [string, string][] {
  const both = baseline.filter((name) => variant.includes(name));
  if (both.length > 0) return both.map((name) => [name, name]);
  const [a, ...moreOfA] = baseline;
  const [b, ...moreOfB] = variant;
  if (a !== undefined && b !== undefined && moreOfA.length + moreOfB.length === 0) return [[a, b]];
  const listed = (names: readonly string[]) => names.join(', ') || 'none';
  throw new Problem(
    'usage',
    `The two results have no variant in common: the first has ${listed(baseline)}, the second has ${listed(variant)}. ` +
      'Variants are compared only if they have the same name, or if each result has only one variant.',
  );
}

function unmatched(
  names: readonly (readonly [string, string])[],
  baseline: readonly string[],
  variant: readonly string[],
): Stored['unmatched'] {
  const taken = [new Set(names.map(([a]) => a)), new Set(names.map(([, b]) => b))] as const;
  return [
    ...baseline
      .filter((name) => !taken[0].has(name))
      .map((name) => ({ variant: name, in: 'baseline' as const })),
    ...variant
      .filter((name) => !taken[1].has(name))
      .map((name) => ({ variant: name, in: 'variant' as const })),
  ];
}

/** Lists the variants that were run, in the order in which they were requested. */
function namesOf({ variants, runs }: Result): string[] {
  const run = new Set(runs.map(({ plan }) => plan.variant));
  return [...new Set([...variants.map(({ name }) => name), ...run])].filter((name) => run.has(name));
}

function sourceOf({ id, startedAt }: Result): Stored['baseline'] {
  return { id, startedAt };
}

/**
 * Selects the runs of a result to compare, and renames their variants to show which of the two results they
 * come from.
 */
function sideOf(result: Result, letter: 'A' | 'B'): { variants: Variant[]; runs: Run[] } {
  return {
    variants: result.variants.map((each) => ({ ...each, name: `${each.name} (${letter})` })),
    runs: countingRuns(result).map((run) => ({
      ...run,
      plan: { ...run.plan, variant: `${run.plan.variant} (${letter})`, round: run.plan.round ?? 1 },
    })),
  };
}

/**
 * Selects the runs of all rounds, without the pilot. If there are no rounds, selects the last run of each
 * variant and step.
 */
function countingRuns({ runs }: Result): Run[] {
  const ofRounds = runs.filter(({ plan }) => plan.round !== null);
  if (ofRounds.length > 0) return ofRounds;
  const isLast = ({ plan }: Run, index: number) =>
    runs.findLastIndex((other) => other.plan.variant === plan.variant && other.plan.step === plan.step) ===
    index;
  return runs.filter(isLast);
}
