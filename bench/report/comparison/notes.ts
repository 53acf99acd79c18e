import type { Result } from '../../model/result.ts';
import type { Variant } from '../../model/variant.ts';
import { calibrationOf, keptSentence } from '../calibration/words.ts';
import { comparisonOf } from './conclusion.ts';
import { differenceLines, unmatchedLines } from './words.ts';

/**
 * What the reader must know in addition to the verdicts: variants identical to the baseline, left-out variants, the
 * rate, and what the machine can detect. For stored results, what else differs.
 */
export function notesOf(result: Result): string[] {
  const stored = comparisonOf(result)?.stored;
  if (stored !== undefined) return [...differenceLines(stored), ...unmatchedLines(stored)];
  const baseline = result.variants.find(({ name }) => name === comparisonOf(result)?.baseline);
  const same = result.variants.filter((each) => each !== baseline && isSame(each, baseline));
  return [
    ...same.map(
      ({ name }) =>
        `${name} is ${baseline?.name} once more (an A/A comparison): a difference between them would be a false positive.`,
    ),
    ...result.conclusions.flatMap((each) => {
      if (each.kind === 'left-out') return [`${each.variant} was left out. ${each.reason}`];
      return each.kind === 'rate' ? [`The rate of the step latency: ${each.reason}`] : [];
    }),
    ...machineNotes(result),
  ];
}

const NOT_CALIBRATED =
  'No calibration of this machine with this Nginx was at hand: the command calibrate finds out how often a comparison errs on it, and what it can see.';

function machineNotes(result: Result): string[] {
  if (result.calibration !== undefined) return [keptSentence(result.calibration)];
  return calibrationOf(result) === null ? [NOT_CALIBRATED] : [];
}

/** Whether they differ only in name. */
function isSame(variant: Variant, other: Variant | undefined): boolean {
  const parts = ({ profile, proxy, handicap }: Variant) => JSON.stringify([profile, proxy, handicap]);
  return other !== undefined && parts(variant) === parts(other);
}
