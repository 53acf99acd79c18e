import type { RunFigures } from '../../measure/figures.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import type { Step } from '../../model/plan.ts';
import type { Result } from '../../model/result.ts';
import { comparisonOf } from '../comparison/conclusion.ts';
import { formatDetectable, formatEffect, formatInterval, isFound } from '../comparison/words.ts';
import { formatRate, formatTime } from '../page/format.ts';
import type { RunView, VariantView, View } from '../view.ts';
import { capital } from '../words.ts';

/** A figure in which two variants are set beside each other. */
export interface EffectFigure {
  title: string;
  /** As comparisons have it. */
  name: string;
  step: Step;
  format: (value: number | null) => string;
  read: (figures: RunFigures) => number | null;
  /** Whether a run can be used for it; the rules of a comparison. */
  serves: (view: RunView) => boolean;
  /**
   * From one run a side, ratios closer to 1 than this (either way) are taken for chance. Between runs of the same
   * variant on a shared machine CPU per message varies by 2.5 to 4 % and p50 by 2 % (docs/method.md), and between days
   * by far more than that.
   */
  leastSingle: number;
}

export const P50: EffectFigure = {
  title: 'response time p50',
  name: 'response.p50',
  step: 'latency',
  format: formatTime,
  read: ({ latencies }) => latencies.response?.p50 ?? null,
  serves: ({ run }) => completed(run) && run.validity.limit.component === 'schedule',
  leastSingle: 1.25,
};

export const THROUGHPUT: EffectFigure = {
  title: 'throughput',
  name: 'messages.perSecond',
  step: 'throughput',
  format: formatRate,
  read: ({ messages }) => messages.perSecond,
  // Without Nginx the echo server is what is measured.
  serves: ({ run }) =>
    completed(run) && (run.proxy === null || !['generator', 'server'].includes(run.validity.limit.component)),
  leastSingle: 1.25,
};

export const NGINX_CPU: EffectFigure = {
  title: 'Nginx CPU per message',
  name: 'cpuPerMessage.proxy',
  step: 'throughput',
  format: formatTime,
  read: ({ cpuUsPerMessage }) => cpuUsPerMessage.proxy,
  serves: ({ run }) => completed(run),
  leastSingle: 1.25,
};

export const SERVER_CPU: EffectFigure = {
  ...NGINX_CPU,
  title: 'echo server CPU per message',
  name: 'cpuPerMessage.server',
  read: ({ cpuUsPerMessage }) => cpuUsPerMessage.server,
};

function completed({ outcome }: RunView['run']): boolean {
  return outcome.state === 'completed';
}

/** How a variant stands to a baseline in one figure. `unclear`: a difference, if any, could not have been told from chance. */
export interface Effect {
  direction: 'higher' | 'lower' | 'alike' | 'unclear';
  basis: 'rounds' | 'single';
  sentence: string;
}

/** By the rounds of a comparison where it has both, else by one run a side; null where a figure is missing. */
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

/** The same comparison seen from its other side; its rounds are only counted here. */
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
  const unfit = [base, other].filter((run) => !figure.serves(run));
  const told = (direction: Effect['direction'], why: string): Effect => ({
    direction,
    basis: 'single',
    sentence: `${sides}${why}.`,
  });
  if (unfit.length > 0)
    return told(
      'unclear',
      `; not counted, because of what set the pace of ${unfit.map(({ name }) => name).join(' and ')}`,
    );
  const least = formatEffect(figure.leastSingle).replace('+', '');
  if (Math.max(ratio, 1 / ratio) < figure.leastSingle)
    return told('unclear', `; one run a side does not tell less than ${least} from chance`);
  return told(ratio > 1 ? 'higher' : 'lower', '; one run a side');
}

/** The variant that is a profile as it ships, without tunings. */
export function variantOf({ variants }: View, profile: string): VariantView | null {
  return variants.find(({ name }) => name === profile) ?? null;
}
