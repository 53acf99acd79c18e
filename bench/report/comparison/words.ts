import type { ComparedFigure, Comparison, Stored, VariantComparison } from '../../model/comparison.ts';
import { formatBytes, formatRate, formatTime, NOTHING } from '../page/format.ts';

const TITLES: Record<string, string> = {
  'cpuPerMessage.proxy throughput': 'Nginx CPU per message',
  'perCoreCapacity throughput': 'capacity of a core of Nginx',
  'messages.perSecond throughput': 'throughput',
  'response.p50 latency': 'response time p50',
  'response.p99 latency': 'response time p99',
  'cpuPerMessage.proxy latency': 'Nginx CPU per message at the rate',
  'handshake.p50 throughput': 'handshake p50',
  'cpuPerConnection.proxy throughput': 'Nginx CPU per handshake',
  'memoryPerConnection.proxy throughput': 'Nginx memory per connection',
};

/** As shown to the user: `response time p50`. */
export function figureTitle({ name, step }: Pick<ComparedFigure, 'name' | 'step'>): string {
  return TITLES[`${name} ${step}`] ?? `${name}, ${step}`;
}

export function formatFigure(value: number | null, { unit }: Pick<ComparedFigure, 'unit'>): string {
  if (unit === 'µs') return formatTime(value);
  return unit === 'B' ? formatBytes(value) : formatRate(value);
}

/** A ratio as a change: `+3.2 %`; far from 1, as a factor: `×5.4`. */
export function formatEffect(ratio: number | null): string {
  if (ratio === null) return NOTHING;
  if (isFactor(ratio)) return `×${digits(ratio)}`;
  const percent = (ratio - 1) * 100;
  const text = digits(Math.abs(percent));
  return `${text === '0' ? '±' : percent < 0 ? '−' : '+'}${text} %`;
}

function isFactor(ratio: number): boolean {
  return ratio >= 2 || ratio <= 0.5;
}

/** `+1.2 % to +3.4 %`; both ends are factors if either is: `×0.43 to ×0.52`. */
export function formatInterval(interval: ComparedFigure['interval']): string {
  if (interval === null) return NOTHING;
  const format = interval.some(isFactor) ? (ratio: number) => `×${digits(ratio)}` : formatEffect;
  return interval.map(format).join(' to ');
}

/** The smallest detectable effect in either direction: `±2.1 %`, `×2.4`. */
export function formatDetectable(ratio: number | null): string {
  return formatEffect(ratio).replace('+', '±');
}

export function formatP(p: number | null): string {
  if (p === null) return NOTHING;
  return p < 0.001 ? '< .001' : p.toFixed(3).replace(/^0/, '');
}

function digits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2).replace(/\.?0+$/, '');
}

/** Whether a difference was found. */
export function isFound({ verdict }: Pick<ComparedFigure, 'verdict'>): boolean {
  return verdict !== 'no difference detected' && verdict !== 'too few rounds';
}

/** Whether the verdict on the variant depends on this figure. */
function isHeadline({ name, step }: ComparedFigure): boolean {
  return name === 'response.p50' || (name === 'cpuPerMessage.proxy' && step === 'throughput');
}

export function headlineFigures(figures: readonly ComparedFigure[]): ComparedFigure[] {
  return figures.filter(isHeadline);
}

/** A difference besides the headline figures. Per-core capacity is left out, because it repeats CPU per message. */
function isWorthSaying(figure: ComparedFigure): boolean {
  return isFound(figure) && !isHeadline(figure) && figure.name !== 'perCoreCapacity';
}

/** The name of the variant's baseline. */
export function baselineOf(each: VariantComparison, { baseline }: Pick<Comparison, 'baseline'>): string {
  return each.baseline ?? baseline;
}

/** One or two sentences about a variant: the headline figures, and what else differs. */
export function verdictSentence(comparison: VariantComparison, baseline: string): string {
  const { variant, verdict, figures } = comparison;
  const headline = headlineFigures(figures).map(clause);
  const others = figures.filter(isWorthSaying).map(clause);
  const main = `${variant} against ${baseline}: ${headline.length === 0 ? verdict : headline.join('; ')}.`;
  return others.length === 0 ? main : `${main} Also ${others.join('; ')}.`;
}

/** `Nginx CPU per message is dearer by +4.1 % (95 % interval +3.2 % to +5 %)`. */
function clause(figure: ComparedFigure): string {
  const title = figureTitle(figure);
  const { verdict, effect, interval, detectable, rounds, runs } = figure;
  if (verdict === 'too few rounds') {
    return runs === undefined
      ? `too few rounds for ${title} (${rounds.length})`
      : `too few runs for ${title} (${runs.baseline.length} and ${runs.variant.length})`;
  }
  if (!isFound(figure))
    return `no difference detected in ${title} (${formatDetectable(detectable)} would have been)`;
  return `${title} ${verdict}: ${formatEffect(effect)} (95 % interval ${formatInterval(interval)})`;
}

/** The number of rounds behind the comparison, and what was left out. */
export function roundsSentence({ rounds, excluded, stored }: Comparison): string {
  const { asked, used } = rounds;
  if (stored !== undefined) return storedSentence(stored, used);
  const of = asked === null || asked === used ? '' : ` of ${asked}`;
  const whole = `${used}${of} ${(asked ?? used) === 1 ? 'round' : 'rounds'} ${used === 1 ? 'was' : 'were'} run to the end without losses.`;
  const runs = new Set(excluded.map(({ variant, step, round }) => `${variant} ${step} ${round}`)).size;
  if (runs === 0) return whole;
  return `${whole} In ${runs} ${runs === 1 ? 'run' : 'runs'} there were figures that do not count; their rounds are left out of these on both sides.`;
}

/** Which results were compared, and that their runs are not paired. */
function storedSentence({ baseline, variant }: Stored, used: number): string {
  const told = ({ id, startedAt }: Stored['baseline']) => `${id} (${startedAt.slice(0, 10)})`;
  const single =
    used === 1
      ? ' With one run of a step nothing can be said of how far runs scatter: compare results of rounds.'
      : '';
  return `A is ${told(baseline)}, B is ${told(variant)}. Their runs are not in pairs: what changed between the two sessions looks like an effect, so compare within one session where you can.${single}`;
}

export const SAME_SESSIONS = 'Machine, versions and plan were the same in both.';

/** What else differed between the two sessions, one line each. */
export function differenceLines({ differences }: Stored): string[] {
  if (differences.length === 0) return [SAME_SESSIONS];
  return differences.map(
    ({ what, baseline, variant }) => `Differs beside them: ${what}: ${baseline} in A, ${variant} in B.`,
  );
}

/** Variants without a counterpart, one line each. */
export function unmatchedLines({ unmatched }: Stored): string[] {
  return unmatched.map((each) => `${each.variant} is in ${each.in === 'baseline' ? 'A' : 'B'} alone.`);
}

/**
 * Runs with figures that do not count, with a short reason: `tls, latency, rounds 3, 7: response.p99 left out:
 * disturbed`. The conclusion contains the full reasons.
 */
export function excludedLines({ excluded }: Comparison): string[] {
  const groups = new Map<string, { who: string; why: string; rounds: number[] }>();
  for (const { variant, step, round, figures, reason } of excluded) {
    const who = `${variant}, ${step}`;
    const why = `${figures.join(', ')} left out: ${shortened(reason)}`;
    const group = groups.get(`${who} ${why}`) ?? { who, why, rounds: [] };
    group.rounds.push(round);
    groups.set(`${who} ${why}`, group);
  }
  return [...groups.values()].map(
    ({ who, why, rounds }) =>
      `${who}, ${rounds.length === 1 ? 'round' : 'rounds'} ${rounds.join(', ')}: ${why}`,
  );
}

/** Cuts off the figures that a reason is based on, because they differ from run to run. */
function shortened(reason: string): string {
  const [head = reason] = reason.split(': ');
  return /[.!?]$/.test(head) ? head : `${head}.`;
}
