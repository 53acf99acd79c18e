import { isHeadline } from '../../metrics/compared.ts';
import { metricTitle } from '../../metrics/metrics.ts';
import {
  type ComparedFigure,
  type Comparison,
  isBetter,
  type VariantComparison,
} from '../../model/comparison.ts';
import { formatFigure, NOTHING } from '../../wording/format.ts';

/**
 * Formats a ratio as a change, such as `+3.2 %` or `−54 %`. Ratios of two or more become factors, such as
 * `×5.4`.
 */
export function formatEffect(ratio: number | null): string {
  if (ratio === null) return NOTHING;
  if (ratio >= FACTOR) return `×${digits(ratio)}`;
  const change = formatChange(ratio);
  return `${change === '0 %' ? '±' : ratio < 1 ? '−' : '+'}${change}`;
}

/** Ratio from which an increase is written as a factor. */
export const FACTOR = 2;

/** Formats the size of a change without its direction: `54 %`. */
export function formatChange(ratio: number): string {
  return `${digits(Math.abs(ratio - 1) * 100)} %`;
}

/** Describes a ratio in words, as in `25 % higher`, `54 % lower` or `5.4 times as high`. */
export function changeWords(ratio: number): string {
  if (ratio >= FACTOR) return `${digits(ratio)} times as high`;
  const change = formatChange(ratio);
  return change === '0 %' ? 'unchanged' : `${change} ${ratio < 1 ? 'lower' : 'higher'}`;
}

/** Formats an interval, as in `+1.2 % to +3.4 %`. If either end is a factor, both are: `×1.93 to ×2.2`. */
export function formatInterval(interval: ComparedFigure['interval']): string {
  if (interval === null) return NOTHING;
  const format = interval.some((ratio) => ratio >= FACTOR)
    ? (ratio: number) => `×${digits(ratio)}`
    : formatEffect;
  return interval.map(format).join(' to ');
}

/** Formats the smallest detectable effect in either direction: `±2.1 %`, `×2.4`. */
export function formatDetectable(ratio: number | null): string {
  return formatEffect(ratio).replace('+', '±');
}

export function formatP(p: number | null): string {
  if (p === null) return NOTHING;
  return p < 0.001 ? '< .001' : p.toFixed(3).replace(/^0/, '');
}

export function digits(value: number): string {
  return String(Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)));
}

/** Whether the verdict states a difference. */
export function isFound({ verdict }: Pick<ComparedFigure, 'verdict'>): boolean {
  return isBetter(verdict) !== null;
}

/** The metrics that determine the verdict on a variant. */
export function headlineFigures(figures: readonly ComparedFigure[]): ComparedFigure[] {
  return figures.filter(isHeadline);
}

/** Name of the baseline that a variant is compared with. */
export function baselineOf(each: VariantComparison, { baseline }: Pick<Comparison, 'baseline'>): string {
  return each.baseline ?? baseline;
}

/** Explains what an effect is. Shown below tables that list effects next to the figures of both sides. */
export function effectNote({ stored }: Pick<Comparison, 'stored'>): string {
  const definition =
    stored === undefined
      ? 'the median of the ratios of the individual rounds'
      : 'the median of the ratios between every run of one result and every run of the other';
  return `An effect is variant ÷ baseline: ${definition}. It can therefore differ from the ratio of the two medians in the table.`;
}

/** Column headings for comparing a variant with the baseline. */
export function effectColumns({ variant }: VariantComparison, baseline: string): string[] {
  return ['metric', baseline, variant, 'effect', '95 % CI', 'p', 'verdict', 'detectable effect'];
}

/** Formats a verdict. If there are too few rounds for one, adds how many there are and how many are needed. */
function verdictCell({ verdict, needed, rounds }: ComparedFigure): string {
  return needed === undefined ? verdict : `${verdict} (${rounds.length} of ${needed})`;
}

/** One row per figure, with the columns of `effectColumns`. */
export function effectRows({ figures }: VariantComparison): string[][] {
  return figures.map((figure) => [
    metricTitle(figure),
    formatFigure(figure.baseline, figure.unit),
    formatFigure(figure.variant, figure.unit),
    formatEffect(figure.effect),
    formatInterval(figure.interval),
    formatP(figure.pValue),
    verdictCell(figure),
    formatDetectable(figure.detectable),
  ]);
}
