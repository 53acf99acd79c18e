import type { ComparedFigure } from '../../model/comparison.ts';
import type { Result } from '../../model/result.ts';
import { comparisonOf } from '../comparison/conclusion.ts';
import { formatDetectable, formatEffect, formatInterval, isFound } from '../comparison/words.ts';
import { formatCount } from '../page/format.ts';
import type { RunView, VariantView, View } from '../view.ts';
import { capital } from '../words.ts';
import type { EffectFigure } from './figures.ts';

/**
 * How a variant compares with a baseline in one figure. `unclear`: any difference could not be distinguished from
 * chance.
 */
export interface Effect {
  direction: 'higher' | 'lower' | 'alike' | 'unclear';
  basis: 'rounds' | 'single';
  sentence: string;
}

/**
 * Based on the rounds of a comparison if it has both, otherwise on one run per side. Null if a figure is missing.
 */
export function effectOf(view: View, baseline: string, variant: string, figure: EffectFigure): Effect | null {
  return byRounds(view, baseline, variant, figure) ?? bySingleRuns(view, baseline, variant, figure);
}

function byRounds({ result }: View, baseline: string, variant: string, figure: EffectFigure): Effect | null {
  const compared =
    comparedIn(result, baseline, variant, figure) ?? turned(comparedIn(result, variant, baseline, figure));
  if (compared === null || compared.effect === null) return null;
  return {
    direction: directionOf(compared, compared.effect),
    basis: 'rounds',
    sentence: toldOf(compared, baseline, variant, figure),
  };
}

function comparedIn(
  result: Result,
  baseline: string,
  variant: string,
  figure: EffectFigure,
): ComparedFigure | null {
  const comparison = comparisonOf(result);
  if (comparison?.baseline !== baseline) return null;
  const figures = comparison.comparisons.find((each) => each.variant === variant)?.figures ?? [];
  return figures.find(({ name, step }) => name === figure.name && step === figure.step) ?? null;
}

/**
 * The same comparison with the sides swapped. Its rounds are left as they are, because here they are only counted.
 */
function turned(compared: ComparedFigure | null): ComparedFigure | null {
  if (compared === null || compared.effect === null) return null;
  const { baseline, variant, effect, interval } = compared;
  return {
    ...compared,
    baseline: variant,
    variant: baseline,
    effect: 1 / effect,
    interval: interval && [1 / interval[1], 1 / interval[0]],
  };
}

function directionOf(compared: ComparedFigure, effect: number): Effect['direction'] {
  if (compared.verdict === 'too few rounds') return 'unclear';
  if (!isFound(compared)) return 'alike';
  return effect > 1 ? 'higher' : 'lower';
}

function toldOf(
  compared: ComparedFigure,
  baseline: string,
  variant: string,
  { title, format }: EffectFigure,
): string {
  const sides = `${variant} ${format(compared.variant)}, ${baseline} ${format(compared.baseline)}`;
  const { effect, interval, rounds, detectable } = compared;
  const told =
    compared.verdict === 'too few rounds'
      ? `too few rounds (${rounds.length}) for a verdict`
      : isFound(compared)
        ? `${formatEffect(effect)}, 95 % interval ${formatInterval(interval)}, ${rounds.length} rounds`
        : `no difference detected in ${rounds.length} rounds, in which ${formatDetectable(detectable)} would have been`;
  return `${capital(title)}: ${sides} (${told}).`;
}

function bySingleRuns(view: View, baseline: string, variant: string, figure: EffectFigure): Effect | null {
  const [base, other] = [baseline, variant].map((name) => variantOf(view, name)?.[figure.step] ?? null);
  if (!base || !other) return null;
  const [from, to] = [base, other].map(({ figures }) => figure.read(figures));
  if (from == null || to == null || from === 0) return null;
  const ratio = to / from;
  const sides = `${capital(figure.title)}: ${variant} ${figure.format(to)}, ${baseline} ${figure.format(from)} (${formatEffect(ratio)})`;
  const told = (direction: Effect['direction'], why: string): Effect => ({
    direction,
    basis: 'single',
    sentence: `${sides}${why}.`,
  });
  const doubts = [base, other].flatMap((run) => doubtOf(run, figure) ?? []);
  if (doubts.length > 0) return told('unclear', `; not counted: ${doubts.join(', ')}`);
  const least = formatEffect(LEAST_SINGLE).replace('+', '');
  if (Math.max(ratio, 1 / ratio) < LEAST_SINGLE)
    return told('unclear', `; one run a side does not tell less than ${least} from chance`);
  return told(ratio > 1 ? 'higher' : 'lower', '; one run a side');
}

/**
 * For one run per side, ratios closer to 1 than this (either way) are attributed to chance. Between runs of the
 * same variant CPU per message varies by 2.5 to 4 % and p50 by 2 %; between minutes on a shared machine, by several
 * times that.
 */
const LEAST_SINGLE = 1.25;

/**
 * Why a single run cannot be used. Rounds would distribute its disturbance over both sides; a single run does not.
 */
function doubtOf({ name, run, figures }: RunView, figure: EffectFigure): string | null {
  if (run.outcome.state !== 'completed') return `${name} did not complete`;
  const { disturbed } = figures;
  if (disturbed !== null && disturbed.seconds > disturbed.of / 2)
    return `${name} was disturbed for ${formatCount(disturbed.seconds)} of ${formatCount(disturbed.of)} seconds`;
  const doubt = figure.doubt(run);
  return doubt === null ? null : `${name} ${doubt}`;
}

/** The variant that is the unmodified profile, without tunings. */
export function variantOf({ variants }: View, profile: string): VariantView | null {
  return variants.find(({ name }) => name === profile) ?? null;
}
