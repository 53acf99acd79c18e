import { isHeadline } from '../../metrics/compared.ts';
import { findMetric, metricTitle } from '../../metrics/metrics.ts';
import { type ComparedFigure, isBetter, type VariantComparison } from '../../model/comparison.ts';
import { listed, paragraph } from '../../wording/words.ts';
import {
  changeWords,
  digits,
  FACTOR,
  formatChange,
  formatDetectable,
  headlineFigures,
  isFound,
} from './effect.ts';

/**
 * Sentence that summarises a variant's headline metrics and names any other metrics that differ:
 * `plain+buf-16k uses 54 % less Nginx CPU per message than plain (95 % CI 48 to 57 %) and answers 32 % faster
 * at the median (95 % CI 30 to 35 %).`
 */
export function verdictSentence({ variant, verdict, figures }: VariantComparison, baseline: string): string {
  const headline = headlineFigures(figures);
  const others = figures.filter(isWorthSaying);
  return paragraph([
    headline.length === 0 ? `${variant} compared with ${baseline}: ${verdict}.` : '',
    foundSentence(headline.filter(isFound), variant, baseline),
    notDetectedSentence(
      headline.filter((each) => each.verdict === 'no difference detected'),
      headline.some(isFound) ? '' : ` between ${variant} and ${baseline}`,
    ),
    tooFewSentence(
      headline.filter((each) => each.verdict === 'too few rounds'),
      headline.some(({ verdict }) => verdict !== 'too few rounds')
        ? ''
        : ` to compare ${variant} with ${baseline}`,
    ),
    others.length === 0 ? '' : `Also different: ${others.map(otherClause).join('; ')}.`,
  ]);
}

/**
 * Whether a difference outside the headline metrics is mentioned. Per-core capacity is not, because it
 * restates CPU per message.
 */
function isWorthSaying(figure: ComparedFigure): boolean {
  return isFound(figure) && !isHeadline(figure) && figure.name !== 'perCoreCapacity';
}

/**
 * Joins two improvements or two deteriorations with `and`, and an improvement and a deterioration with `but`.
 */
function foundSentence(
  [first, ...others]: readonly ComparedFigure[],
  variant: string,
  baseline: string,
): string {
  if (first === undefined) return '';
  const clauses = others.map(
    (each) =>
      `${isBetter(each.verdict) === isBetter(first.verdict) ? ' and' : ', but'} ${foundClause(each, null)}`,
  );
  return `${variant} ${foundClause(first, baseline)}${clauses.join('')}.`;
}

/**
 * Describes a difference, as in `uses 54 % less Nginx CPU per message than plain (95 % CI 48 to 57 %)`.
 *
 * @param baseline null if an earlier clause has already named it
 */
function foundClause({ name, step, effect, interval }: ComparedFigure, baseline: string | null): string {
  const ratio = effect ?? 1;
  const title = metricTitle({ name, step });
  const than = baseline === null ? '' : ` ${ratio >= FACTOR ? 'as' : 'than'} ${baseline}`;
  const ci = intervalClause(interval, ratio);
  if (name === 'response.p50')
    return ratio >= FACTOR
      ? `takes ${digits(ratio)} times as long${than} to answer at the median${ci}`
      : `answers ${formatChange(ratio)} ${ratio < 1 ? 'faster' : 'slower'}${than} at the median${ci}`;
  if (findMetric(name)?.kind !== 'usage')
    return `has ${articleOf(title)} ${title} ${changeWords(ratio)}${than}${ci}`;
  const amount =
    ratio >= FACTOR
      ? `${digits(ratio)} times as much`
      : `${formatChange(ratio)} ${ratio < 1 ? 'less' : 'more'}`;
  return `uses ${amount} ${title}${than}${ci}`;
}

/** Returns the indefinite article for a metric's title. HTTP is read letter by letter, so it takes `an`. */
function articleOf(title: string): 'a' | 'an' {
  return /^([aeiou]|HTTP)/i.test(title) ? 'an' : 'a';
}

/** Describes another difference, as in `Nginx memory per connection 25 % higher (95 % CI 20 to 30 %)`. */
function otherClause({ name, step, effect, interval }: ComparedFigure): string {
  const ratio = effect ?? 1;
  return `${metricTitle({ name, step })} ${changeWords(ratio)}${intervalClause(interval, ratio)}`;
}

function notDetectedSentence(figures: readonly ComparedFigure[], between: string): string {
  const clauses = figures.map(
    (figure) => `${metricTitle(figure)} (${formatDetectable(figure.detectable)} would have been detected)`,
  );
  return clauses.length === 0 ? '' : `No difference detected${between} in ${clauses.join(' or ')}.`;
}

function tooFewSentence(figures: readonly ComparedFigure[], purpose: string): string {
  const clauses = figures.map(
    ({ runs, rounds, ...figure }) =>
      `${metricTitle(figure)} (${runs === undefined ? rounds.length : `${runs.baseline.length} and ${runs.variant.length}`})`,
  );
  const what = figures.some(({ runs }) => runs !== undefined) ? 'runs' : 'rounds';
  return clauses.length === 0 ? '' : `Too few ${what}${purpose} in ${listed(clauses)}.`;
}

/**
 * Formats the interval like its effect, as percentages or factors: ` (95 % CI 48 to 57 %)`, ` (95 % CI 5.3 to
 * 5.6 times)`.
 */
function intervalClause(interval: ComparedFigure['interval'], ratio: number): string {
  if (interval === null) return '';
  if (ratio >= FACTOR) return ` (95 % CI ${interval.map(digits).join(' to ')} times)`;
  const ends = interval.map((each) => (ratio < 1 ? 1 - each : each - 1) * 100).sort((a, b) => a - b);
  return ` (95 % CI ${ends.map((each) => `${each < 0 ? '−' : ''}${digits(Math.abs(each))}`).join(' to ')} %)`;
}
