import { printable } from '../../model/printable.ts';
import type { Result } from '../../model/result.ts';
import { comparisonOf } from '../comparison/conclusion.ts';
import { notesOf } from '../comparison/notes.ts';
import { excludedLines, roundsSentence } from '../comparison/words.ts';
import { textTable } from '../text-table.ts';
import { calibrationOf, calibrationSentences, SPREAD_COLUMNS, spreadRows } from './words.ts';

/** What is known about the machine, then how much each figure varies. Null if the result is not a calibration. */
export function calibrationText(result: Result): string | null {
  const calibration = calibrationOf(result);
  const comparison = comparisonOf(result);
  if (calibration === null || comparison === null) return null;
  const excluded = excludedLines(comparison);
  const lines = [
    ...calibrationSentences(calibration),
    roundsSentence(comparison),
    ...notesOf(result),
    '',
    ...textTable(SPREAD_COLUMNS, spreadRows(calibration.spread), [0]),
    ...(excluded.length === 0 ? [] : ['', ...excluded]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
