import { printable } from '../model/printable.ts';
import { remedyHeading, seenSentence } from '../wording/check.ts';
import type { LintFinding, Remedy } from './finding.ts';

const INDENT = '    ';

/** A finding and its evidence as text. Neither contains control characters or line breaks. */
export function sentencesOf({ text, seen }: Pick<LintFinding, 'text' | 'seen'>): string[] {
  return [text, ...(seen === null ? [] : [seenSentence(seen.text)])].map(printable);
}

/**
 * A heading that names the block, followed by the lines to write. None of these lines contains control
 * characters or line breaks.
 */
export function remedyLines({ block, lines }: Remedy): string[] {
  return [remedyHeading(block), ...lines.map((line) => INDENT + printable(line))];
}
