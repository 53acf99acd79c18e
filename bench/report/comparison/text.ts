import type { VariantComparison } from '../../model/comparison.ts';
import { printable } from '../../model/printable.ts';
import type { Result } from '../../model/result.ts';
import { textTable } from '../text-table.ts';
import { comparisonOf } from './conclusion.ts';
import { notesOf } from './notes.ts';
import {
  baselineOf,
  excludedLines,
  figureTitle,
  formatDetectable,
  formatEffect,
  formatFigure,
  formatInterval,
  formatP,
  roundsSentence,
  verdictSentence,
} from './words.ts';

/** The column headings for comparing a variant with the baseline. */
export function columnsOf({ variant }: VariantComparison, baseline: string): string[] {
  return ['figure', baseline, variant, 'effect', '95 % interval', 'p', 'verdict', 'could be seen'];
}

/** One row per figure, in these columns. */
export function rowsOf({ figures }: VariantComparison): string[][] {
  return figures.map((figure) => [
    figureTitle(figure),
    formatFigure(figure.baseline, figure),
    formatFigure(figure.variant, figure),
    formatEffect(figure.effect),
    formatInterval(figure.interval),
    formatP(figure.pValue),
    figure.verdict,
    formatDetectable(figure.detectable),
  ]);
}

/**
 * Verdicts first, then a table for each variant; ends with a line break. Null if the result is not a comparison.
 */
export function comparisonText(result: Result): string | null {
  const comparison = comparisonOf(result);
  if (comparison === null) return null;
  const { comparisons } = comparison;
  const lines = [
    ...comparisons.map((each) => verdictSentence(each, baselineOf(each, comparison))),
    roundsSentence(comparison),
    ...notesOf(result),
    ...comparisons.flatMap((each) => [
      '',
      ...textTable(columnsOf(each, baselineOf(each, comparison)), rowsOf(each), [0, 6]),
    ]),
    ...prefixed('', excludedLines(comparison)),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function prefixed(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [head, ...lines];
}
