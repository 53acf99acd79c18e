import type { LadderAxis } from '../model/ladder.ts';
import type { MetricUnit } from '../model/metric.ts';
import { PROXY } from '../model/proxy.ts';
import {
  type Amount,
  formatBytes,
  formatCount,
  formatFigure,
  formatRough,
  formatShare,
  leastOf,
  mostOf,
} from './format.ts';
import { counted, paragraph } from './words.ts';

/** A figure at one level of a ladder. */
export interface AtLevel {
  level: Amount;
  value: Amount;
}

/** A fitted value and the bounds of its 95 % confidence interval. */
export interface EstimateFacts {
  value: Amount;
  low: Amount;
  high: Amount;
}

export interface CurveFacts {
  over: LadderAxis;
  variant: string;
  /** Title of the metric, such as `throughput`. */
  title: string;
  unit: MetricUnit;
  first: AtLevel;
  last: AtLevel;
  /** The highest figure; null if it is at either end of the ladder. */
  highest: AtLevel | null;
}

export interface LawFacts {
  over: LadderAxis;
  unit: MetricUnit;
  lambda: EstimateFacts;
  sigma: EstimateFacts;
  kappa: EstimateFacts;
  /**
   * The level with the highest fitted throughput; null if the curve has no peak at levels up to twice the
   * largest one.
   */
  peak: Amount | null;
  /** Whether the interval of κ excludes 0, so that a decline at higher levels is certain. */
  declines: boolean;
  /** Largest relative distance between the curve and the median at a level. */
  deviation: Amount;
}

/** Findings about the runs of a ladder. */
export const LADDER = {
  'ladder-curve': ({ variant, over, title, unit, first, last, highest }: CurveFacts) => {
    const at = ({ level, value }: AtLevel) => `${formatFigure(value, unit)} ${atLevel(over, level)}`;
    const top = highest === null ? '' : `, with a maximum of ${at(highest)}`;
    return first.level === last.level
      ? `${variant}: ${title} was ${at(first)}. No other level has a valid run.`
      : `${variant}: ${title} was ${at(first)} and ${at(last)}${top}.`;
  },
  'ladder-without-points': ({ variant, runs }: { variant: string; runs: Amount }) =>
    `${variant}: ${runs === 1 ? 'the only run was not valid' : `none of the ${counted(runs, 'run')} was valid`}, so there is no curve.`,
  'ladder-law': ({ over, unit, lambda, sigma, kappa, peak, declines, deviation }: LawFacts) =>
    paragraph([
      `Universal Scalability Law: λ is ${formatFigure(lambda.value, unit)} ${atLevel(over, 1)} (95 % CI ${intervalText(lambda, (each) => formatFigure(each, unit))}), contention σ is ${formatShare(sigma.value)} (${intervalText(sigma, formatShare)}), and coherency κ is ${formatSmall(kappa.value)} (${intervalText(kappa, formatSmall)}).`,
      peakSentence(over, peak, declines),
      `The fitted curve is within ${formatShare(deviation)} of the median at every level.`,
    ]),
  'ladder-too-few': ({ valid, needed }: { valid: Amount; needed: Amount }) =>
    `The Universal Scalability Law was not fitted: a fit needs at least ${formatCount(needed)} levels with a valid run, but this ladder has ${formatCount(valid)}.`,
  'ladder-undetermined': () =>
    'The Universal Scalability Law was not fitted: throughput does not grow from any level to the next. Add smaller levels with --points.',
  'ladder-memory': ({ value, low, high }: EstimateFacts) =>
    `${PROXY} memory grows by ${formatBytes(value)} per connection (95 % CI ${intervalText({ value, low, high }, formatBytes)}).`,
  'ladder-excluded': ({ excluded, of }: { excluded: Amount; of: Amount }) =>
    `${formatCount(excluded)} of ${counted(of, 'run')} ${excluded === 1 ? 'was' : 'were'} not valid for the first metric. Hollow points in a chart mark runs that do not count for the metric of that chart; medians and fits leave these runs out.`,
  'ladder-unfinished': ({ done, of }: { done: Amount; of: Amount }) =>
    `The ladder did not finish: it stopped after ${formatCount(done)} of ${counted(of, 'run')}.`,
};

function peakSentence(over: LadderAxis, peak: Amount | null, declines: boolean): string {
  if (!declines) return 'At higher levels, the runs show no decline that exceeds their noise.';
  return peak === null
    ? 'According to the law, throughput would not peak until more than twice the largest level.'
    : `According to the law, throughput is highest ${atLevel(over, peak)} and declines at higher levels.`;
}

/** Formats a level with its preposition, as in `with 64 connections` or `at 8,000 messages per second`. */
function atLevel(over: LadderAxis, level: Amount): string {
  return `${over === 'rate' ? 'at' : 'with'} ${levelText(over, level)}`;
}

/** Formats a level with its unit, as in `64 connections`, `8,000 messages per second` or `1 Nginx worker`. */
export function levelText(over: LadderAxis, level: Amount): string {
  switch (over) {
    case 'connections':
      return counted(typeof level === 'number' ? Math.round(level) : level, 'connection');
    case 'rate':
      return `${formatRough(level)} ${level === 1 ? 'message' : 'messages'} per second`;
    case 'payload':
      return `${formatBytes(level)} messages`;
    case 'nginx-workers':
      return counted(typeof level === 'number' ? Math.round(level) : level, `${PROXY} worker`);
  }
}

function intervalText({ low, high }: EstimateFacts, format: (each: Amount) => string): string {
  return format({ least: leastOf(low), most: mostOf(high) });
}

/** Formats a number below 1 with two digits, as in `0.021` or `2.1e-6`. */
export function formatSmall(number: Amount): string {
  if (typeof number !== 'number') return `${formatSmall(number.least)} to ${formatSmall(number.most)}`;
  return number === 0 || number >= 0.001 ? String(Number(number.toPrecision(2))) : number.toExponential(1);
}
