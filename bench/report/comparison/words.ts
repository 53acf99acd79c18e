import { COMPARED, isHeadline } from '../../metrics/compared.ts';
import { findMetric, metricTitle } from '../../metrics/metrics.ts';
import type {
  ComparedFigure,
  Comparison,
  Excluded,
  Stored,
  VariantComparison,
} from '../../model/comparison.ts';
import { roundsForWeights } from '../../stats/verdict.ts';
import { groupedFindings } from '../../wording/finding.ts';
import { NOTHING } from '../../wording/format.ts';
import { capital, listed } from '../../wording/words.ts';

/** A ratio as a change: `+3.2 %`; far from 1, as a factor: `×5.4`. */
export function formatEffect(ratio: number | null): string {
  if (ratio === null) return NOTHING;
  if (isFactor(ratio)) return `×${digits(ratio)}`;
  const percent = (ratio - 1) * 100;
  const text = digits(Math.abs(percent));
  return `${text === '0' ? '±' : percent < 0 ? '−' : '+'}${text} %`;
}

/** From here on a change is told as a factor. */
const FACTOR = 2;

function isFactor(ratio: number): boolean {
  return ratio >= FACTOR || ratio <= 1 / FACTOR;
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

/** Of the metrics, those that the verdict on the variant goes by. */
export function headlineFigures(figures: readonly ComparedFigure[]): ComparedFigure[] {
  return figures.filter(isHeadline);
}

/** A difference beside the headline; per-core capacity restates CPU per message. */
function isWorthSaying(figure: ComparedFigure): boolean {
  return isFound(figure) && !isHeadline(figure) && figure.name !== 'perCoreCapacity';
}

/** The name of the variant's baseline. */
export function baselineOf(each: VariantComparison, { baseline }: Pick<Comparison, 'baseline'>): string {
  return each.baseline ?? baseline;
}

/**
 * One or two sentences for a variant: the headline metrics, and what else differs. `plain+buf-16k uses 54 % less Nginx
 * CPU per message than plain (95 % CI 48 to 57 %) and answers 32 % faster at the median (95 % CI 30 to 35 %).`
 */
export function verdictSentence({ variant, verdict, figures }: VariantComparison, baseline: string): string {
  const headline = headlineFigures(figures);
  const found = headline.filter(isFound);
  const others = figures.filter(isWorthSaying);
  const told = [
    ...(found.length === 0
      ? []
      : [`${variant} ${listed(found.map((each) => foundClause(each, baseline)))}.`]),
    ...headline.filter((each) => !isFound(each)).map((each) => sentenceOf(notFoundClause(each))),
    ...(others.length === 0 ? [] : [`Also different: ${others.map(otherClause).join('; ')}.`]),
  ];
  const start = found.length === 0 ? `${variant} against ${baseline}: ` : '';
  return headline.length === 0 ? `${variant} against ${baseline}: ${verdict}.` : start + told.join(' ');
}

function sentenceOf(clause: string): string {
  return `${capital(clause)}.`;
}

/** `uses 54 % less Nginx CPU per message than plain (95 % CI 48 to 57 %)`. */
function foundClause(figure: ComparedFigure, baseline: string): string {
  const { name, step, effect, interval } = figure;
  const metric = findMetric(name);
  const ratio = effect ?? 1;
  const ci = intervalClause(interval, ratio);
  if (name === 'response.p50')
    return ratio >= FACTOR
      ? `takes ${digits(ratio)} times as long at the median${ci}`
      : `answers ${percent(ratio)} ${ratio < 1 ? 'faster' : 'slower'} at the median${ci}`;
  if (metric?.kind === 'usage')
    return `uses ${usageWords(ratio)} ${metricTitle({ name, step })} ${than(ratio)} ${baseline}${ci}`;
  return `has ${changeWords(ratio)} ${metricTitle({ name, step })}${ci}`;
}

/** `Nginx memory per connection 25 % higher (95 % CI 20 to 30 %)`. */
function otherClause({ name, step, effect, interval }: ComparedFigure): string {
  const ratio = effect ?? 1;
  return `${metricTitle({ name, step })} ${changeWords(ratio)}${intervalClause(interval, ratio)}`;
}

function notFoundClause(figure: ComparedFigure): string {
  const title = metricTitle(figure);
  const { verdict, detectable, rounds, runs } = figure;
  if (verdict === 'too few rounds') {
    return runs === undefined
      ? `too few rounds for ${title} (${rounds.length})`
      : `too few runs for ${title} (${runs.baseline.length} and ${runs.variant.length})`;
  }
  return `no difference detected in ${title} (a difference of ${formatDetectable(detectable)} would have been detected)`;
}

/** `54 % less`, `25 % more`, `5.4 times as much`. */
function usageWords(ratio: number): string {
  if (ratio >= FACTOR) return `${digits(ratio)} times as much`;
  return `${percent(ratio)} ${ratio < 1 ? 'less' : 'more'}`;
}

function than(ratio: number): string {
  return ratio >= FACTOR ? 'as' : 'than';
}

/** `25 % higher`, `54 % lower`, `5.4 times as high`. */
function changeWords(ratio: number): string {
  if (ratio >= FACTOR) return `${digits(ratio)} times as high`;
  return `${percent(ratio)} ${ratio < 1 ? 'lower' : 'higher'}`;
}

function percent(ratio: number): string {
  return `${digits(Math.abs(ratio - 1) * 100)} %`;
}

/** In the form of the effect: ` (95 % CI 48 to 57 %)`, ` (95 % CI 5.3 to 5.6 times)`. */
function intervalClause(interval: ComparedFigure['interval'], ratio: number): string {
  if (interval === null) return '';
  if (ratio >= FACTOR) return ` (95 % CI ${interval.map(digits).join(' to ')} times)`;
  const ends = interval.map((each) => (ratio < 1 ? 1 - each : each - 1) * 100).sort((a, b) => a - b);
  return ` (95 % CI ${ends.map((each) => `${each < 0 ? '−' : ''}${digits(Math.abs(each))}`).join(' to ')} %)`;
}

/** The number of rounds behind the comparison, and what was left out. */
export function roundsSentence({ rounds, comparisons, excluded, stored }: Comparison): string {
  const { asked, used } = rounds;
  if (stored !== undefined) return storedSentence(stored, used);
  const of = asked === null || asked === used ? '' : ` of ${asked}`;
  const needed = roundsForWeights(
    COMPARED.map(({ weight }) => weight),
    comparisons.length,
  );
  const more = used < needed ? ` A verdict on every metric needs ${needed} rounds.` : '';
  const whole = `${used}${of} ${(asked ?? used) === 1 ? 'round' : 'rounds'} ${used === 1 ? 'was' : 'were'} run to the end without losses.${more}`;
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

/** Runs with metrics that do not count, and why: `tls, latency, rounds 3, 7: response.p99 left out: …`. */
export function excludedLines({ excluded }: Comparison): string[] {
  const kinds = new Map<string, Excluded[]>();
  for (const each of excluded) {
    const kind = JSON.stringify([each.variant, each.step, each.figures]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), each]);
  }
  return [...kinds.values()].flatMap((kind) =>
    groupedFindings(kind, ({ reason }) => reason).map(({ members, finding }) => {
      const [{ variant, step, figures }] = members;
      const rounds = `${members.length === 1 ? 'round' : 'rounds'} ${members.map(({ round }) => round).join(', ')}`;
      return `${variant}, ${step}, ${rounds}: ${figures.join(', ')} left out: ${finding.text}`;
    }),
  );
}
