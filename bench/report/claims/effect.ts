import type { Metric } from '../../metrics/metric.ts';
import { factsOf, metricNamed, usualStep } from '../../metrics/metrics.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import type { Step } from '../../model/plan.ts';
import type { Result } from '../../model/result.ts';
import { formatCount, formatFigure } from '../../wording/format.ts';
import { capital, sentence } from '../../wording/words.ts';
import { formatDetectable, formatEffect, formatInterval, isFound } from '../comparison/effect.ts';
import { conclusionOf } from '../conclusion.ts';
import type { RunView, VariantView, View } from '../view.ts';

/** A metric that a claim uses, and the step in which it is measured. */
export interface ClaimedFigure {
  metric: Metric;
  step: Step;
}

export const P50 = claimed('response.p50');
export const THROUGHPUT = claimed('messages.perSecond');
export const NGINX_CPU = claimed('cpuPerMessage.proxy');
export const SERVER_CPU = claimed('cpuPerMessage.server');
export const P50_WITH_HTTP = claimed('responseWithHttp.p50');
export const SERVER_CPU_WITH_HTTP = claimed('coresWithHttp.server');

function claimed(name: string): ClaimedFigure {
  const metric = metricNamed(name);
  return { metric, step: usualStep(metric) };
}

/**
 * One figure of a variant, compared with the baseline. `unclear` means that no difference could be
 * distinguished from chance.
 */
export interface Effect {
  direction: 'higher' | 'lower' | 'unclear';
  basis: 'rounds' | 'single';
  sentence: string;
}

/**
 * Compares two variants. Uses the rounds of a comparison if available, otherwise one run per side. Returns
 * null if the metric is missing.
 */
export function effectOf(
  view: View,
  baseline: string,
  variant: string,
  figure: ClaimedFigure,
): Effect | null {
  return byRounds(view, baseline, variant, figure) ?? bySingleRuns(view, baseline, variant, figure);
}

function byRounds({ result }: View, baseline: string, variant: string, figure: ClaimedFigure): Effect | null {
  const compared =
    comparedIn(result, baseline, variant, figure) ?? turned(comparedIn(result, variant, baseline, figure));
  if (compared === null || compared.effect === null) return null;
  return {
    direction: directionOf(compared, compared.effect),
    basis: 'rounds',
    sentence: roundsText(compared, baseline, variant, figure),
  };
}

function comparedIn(
  result: Result,
  baseline: string,
  variant: string,
  figure: ClaimedFigure,
): ComparedFigure | null {
  const comparison = conclusionOf(result, 'comparison');
  if (comparison?.baseline !== baseline) return null;
  const figures = comparison.comparisons.find((each) => each.variant === variant)?.figures ?? [];
  return figures.find(({ name, step }) => name === figure.metric.name && step === figure.step) ?? null;
}

/**
 * The same comparison with the two sides swapped. The values in its rounds are not swapped, because only the
 * number of rounds is used.
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
  if (!isFound(compared)) return 'unclear';
  return effect > 1 ? 'higher' : 'lower';
}

function roundsText(
  compared: ComparedFigure,
  baseline: string,
  variant: string,
  { metric: { title, unit } }: ClaimedFigure,
): string {
  const sides = `${variant} ${formatFigure(compared.variant, unit)}, ${baseline} ${formatFigure(compared.baseline, unit)}`;
  const { effect, interval, rounds, detectable } = compared;
  const outcome =
    compared.verdict === 'too few rounds'
      ? `too few rounds for a verdict: ${rounds.length}`
      : isFound(compared)
        ? `${formatEffect(effect)}, 95 % CI ${formatInterval(interval)}, ${rounds.length} rounds`
        : `no difference detected in ${rounds.length} rounds; ${formatDetectable(detectable)} would have been detected`;
  return `${capital(title)}: ${sides} (${outcome}).`;
}

function bySingleRuns(view: View, baseline: string, variant: string, figure: ClaimedFigure): Effect | null {
  const [base, other] = [baseline, variant].map((name) => variantOf(view, name)?.answers[figure.step]);
  if (!base || !other) return null;
  const { read, title, unit } = figure.metric;
  const [from, to] = [base, other].map(({ run, figures }) => read(figures, run.plan));
  if (from == null || to == null || from === 0) return null;
  const ratio = to / from;
  const sides = `${capital(title)}: ${variant} ${formatFigure(to, unit)}, ${baseline} ${formatFigure(from, unit)} (${formatEffect(ratio)})`;
  const effect = (direction: Effect['direction'], why: string): Effect => ({
    direction,
    basis: 'single',
    sentence: sentence(`${sides}${why}`),
  });
  const doubts = [base, other].flatMap((run) => doubtOf(run, figure) ?? []);
  if (doubts.length > 0) return effect('unclear', `; not counted: ${doubts.join(' ')}`);
  const least = formatEffect(LEAST_SINGLE).replace('+', '');
  if (Math.max(ratio, 1 / ratio) < LEAST_SINGLE)
    return effect('unclear', `; one run per side cannot distinguish differences below ${least} from noise`);
  return effect(ratio > 1 ? 'higher' : 'lower', '; one run per side');
}

/**
 * With one run per side, a ratio closer to 1 than this (in either direction) is attributed to chance. Between
 * runs of the same variant, CPU per message varies by 2.5 to 4 % and p50 by 2 %. On a shared machine, both
 * vary several times as much from one minute to the next.
 */
const LEAST_SINGLE = 1.25;

/**
 * Returns why a single run cannot be used as evidence; null if it can. In a round, a disturbance affects both
 * sides. With single runs, it affects only one.
 */
function doubtOf({ name, run, figures }: RunView, { metric }: ClaimedFigure): string | null {
  const { disturbed } = figures;
  if (disturbed !== null && disturbed.seconds > disturbed.of / 2)
    return `${name} was disturbed in ${formatCount(disturbed.seconds)} of ${formatCount(disturbed.of)} seconds.`;
  const doubt = metric.unfit(factsOf(run, figures));
  return doubt === null ? null : `${name}: ${doubt.text}`;
}

/** Returns the variant that uses this profile unmodified, without tunings. */
export function variantOf({ variants }: View, profile: string): VariantView | undefined {
  return variants.find(({ name }) => name === profile);
}
