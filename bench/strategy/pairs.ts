import type { ComparedMetric } from '../metrics/compared.ts';
import type { ComparedFigure } from '../model/comparison.ts';
import { PAIRS_A_BLOCK } from '../stats/allocation.ts';
import type { Block, NestedRatios } from '../stats/components.ts';
import type { ComparedRun, RunTurns } from './compared-run.ts';

/**
 * The values of a metric in one round, for both sides. `all` has the values over all turns if disturbed turns
 * were excluded, and is null otherwise.
 */
export interface RoundPair {
  values: ComparedFigure['rounds'][number];
  all: { baseline: number; variant: number } | null;
  /**
   * Number of pairs of turns in which the metric was measured, and how many of these were excluded because
   * the host took CPU time (`steal`) or other work ran (`other`). All are 0 if there are no such pairs.
   */
  turns: { pairs: number; steal: number; other: number };
}

const NO_TURNS = { pairs: 0, steal: 0, other: 0 };

/**
 * Pairs the two sides of every round that has a usable value of the metric for both.
 *
 * A pair of turns is excluded on both sides if the machine was disturbed in its cycle: the host took CPU
 * time, or other work ran. The other pair of its block (A B, B A) is excluded as well, because the order of
 * the turns affects each pair, and this effect only cancels out in whole blocks. If more than half of a
 * round's pairs would be excluded, all of them count: the disturbance is then the usual state of the machine,
 * and the few remaining turns would not be representative.
 */
export function pairsOf(
  runs: readonly ComparedRun[],
  rounds: readonly number[],
  kind: ComparedMetric,
  baseline: string,
  variant: string,
): RoundPair[] {
  const ofStep = runs.filter(({ step }) => step === kind.step);
  return rounds.flatMap((round): RoundPair[] => {
    const [base, own] = sidesOf(ofStep, round, baseline, variant);
    const [whole, wholeOwn] = [usable(base, kind), usable(own, kind)];
    if (whole === null || wholeOwn === null) return [];
    const all = { baseline: whole, variant: wholeOwn };
    const causes = causesOf(base, own);
    const kept = calm(causes);
    const turns = countsOf(base, own, kind, causes, kept);
    const values =
      turns.steal + turns.other === 0
        ? null
        : { baseline: over(base, kept, kind), variant: over(own, kept, kind) };
    if (values === null || values.baseline === null || values.variant === null)
      return [{ values: { round, ...all }, all: null, turns: { ...turns, steal: 0, other: 0 } }];
    return [{ values: { round, baseline: values.baseline, variant: values.variant }, all, turns }];
  });
}

/**
 * Returns, by round, the log-ratios of a metric in each whole block of turns that is not excluded; empty if
 * the metric is not measured in turns.
 */
export function turnRatios(
  runs: readonly ComparedRun[],
  rounds: readonly number[],
  kind: ComparedMetric,
  baseline: string,
  variant: string,
): NestedRatios {
  const ofStep = runs.filter(({ step }) => step === kind.step);
  return rounds.flatMap((round): Block[][] => {
    const [base, own] = sidesOf(ofStep, round, baseline, variant);
    if (usable(base, kind) === null || usable(own, kind) === null) return [];
    const ratios = new Map<number, number>();
    for (const number of calm(causesOf(base, own))) {
      const [before, after] = [turnValue(base, number, kind), turnValue(own, number, kind)];
      if (before !== null && after !== null) ratios.set(number, Math.log(after / before));
    }
    const blocks = [...ratios].flatMap(([number, ratio]): Block[] => {
      const next = number % PAIRS_A_BLOCK === 0 ? ratios.get(number + 1) : undefined;
      return next === undefined ? [] : [[ratio, next]];
    });
    return blocks.length === 0 ? [] : [blocks];
  });
}

/** Returns a run's value for a metric; null if the run is missing or unfit, or has no value above 0. */
export function usable(run: ComparedRun | undefined, { metric }: ComparedMetric): number | null {
  if (run === undefined || metric.unfit(run) !== null) return null;
  return aboveZero(run.metrics[metric.name]);
}

type Maybe = ComparedRun | undefined;

/** Returns the two sides of a round, from the runs of one step. */
function sidesOf(
  runs: readonly ComparedRun[],
  round: number,
  ...names: readonly [string, string]
): [Maybe, Maybe] {
  const [base, own] = names.map((name) => runs.find((run) => run.variant === name && run.round === round));
  return [base, own];
}

/** Counts the pairs of turns in which both sides have a value, and how many of these pairs are excluded. */
function countsOf(
  base: Maybe,
  own: Maybe,
  kind: ComparedMetric,
  causes: Causes,
  calm: readonly number[],
): RoundPair['turns'] {
  const measured = [...causes].filter(
    ([number]) => turnValue(base, number, kind) !== null && turnValue(own, number, kind) !== null,
  );
  if (measured.length === 0) return NO_TURNS;
  const kept = new Set(calm);
  const excluded = measured.filter(([number]) => !kept.has(number));
  const steal = excluded.filter(([, cause]) => cause === 'steal').length;
  return { pairs: measured.length, steal, other: excluded.length - steal };
}

/**
 * Returns the numbers of the cycles that count for both sides: those of undisturbed blocks, or all cycles if
 * most are disturbed.
 */
function calm(causes: Causes): number[] {
  const undisturbed = [...causes].filter(([, cause]) => cause === null);
  const counted = undisturbed.length * 2 >= causes.size ? undisturbed : [...causes];
  return counted.map(([number]) => number);
}

type Cause = RunTurns['cycles'][number]['cause'];
/** Maps each cycle number to the reason why the cycle's block is disturbed; null if it is undisturbed. */
type Causes = ReadonlyMap<number, Cause>;

/**
 * Returns, for each cycle that both runs have, why the cycle's block was disturbed in either run; null if it
 * was disturbed in neither.
 */
function causesOf(base: Maybe, own: Maybe): Causes {
  const others = new Map(own?.turns?.cycles.map(({ number, cause }) => [number, cause]));
  const cycles = (base?.turns?.cycles ?? []).filter(({ number }) => others.has(number));
  const blockOf = (number: number) => Math.floor(number / PAIRS_A_BLOCK);
  const ofBlocks = new Map<number, Cause>();
  for (const { number, cause } of cycles)
    ofBlocks.set(blockOf(number), ofBlocks.get(blockOf(number)) ?? cause ?? others.get(number) ?? null);
  return new Map(cycles.map(({ number }) => [number, ofBlocks.get(blockOf(number)) ?? null]));
}

function turnValue(run: Maybe, number: number, { metric }: ComparedMetric): number | null {
  return aboveZero(run?.turns?.ofCycle(number)[metric.name]);
}

function over(run: Maybe, cycles: readonly number[], { metric }: ComparedMetric): number | null {
  return aboveZero(run?.turns?.ofCycles(cycles)[metric.name]);
}

/** Returns null for a value that cannot be part of a ratio, such as memory growth that is not above 0. */
function aboveZero(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && value > 0 ? value : null;
}
