import type { OverallVerdict } from '../model/comparison.ts';
import type { ResultIndex } from '../model/result.ts';
import { calibrationOf, calibrationSentences } from '../report/calibration/words.ts';
import { capacityOf } from '../report/capacity/conclusion.ts';
import { capacitySentences } from '../report/capacity/words.ts';
import { comparisonOf } from '../report/comparison/conclusion.ts';
import { baselineOf, verdictSentence } from '../report/comparison/words.ts';
import { machineText } from './series.ts';

/** The outcome of a result that answers more than how its runs went. */
export interface Finding {
  kind: 'comparison' | 'capacity' | 'calibration';
  /** What it is about: `tls against plain`. */
  title: string;
  lines: readonly FindingLine[];
}

/** One sentence of a finding, or a few that belong together. */
export interface FindingLine {
  sentence: string;
  /** Null if the sentence is not a verdict on a variant. */
  verdict: OverallVerdict | null;
}

/**
 * Null for a result that consists only of runs. The comparison within a calibration is not a finding, because its
 * outcome is known.
 */
export function findingOf(index: ResultIndex): Finding | null {
  const comparison = comparisonOf(index);
  const calibration = calibrationOf(index);
  if (calibration !== null) {
    const lines = calibrationSentences(calibration).map(withoutVerdict);
    const machine = machineText(index.environment);
    return {
      kind: 'calibration',
      title: comparison === null ? machine : `${comparison.baseline} on ${machine}`,
      lines,
    };
  }
  const capacity = capacityOf(index);
  if (capacity !== null)
    return {
      kind: 'capacity',
      title: capacity.variant,
      lines: capacitySentences(capacity).map(withoutVerdict),
    };
  if (comparison === null) return null;
  const { baseline, comparisons } = comparison;
  return {
    kind: 'comparison',
    title: `${comparisons.map(({ variant }) => variant).join(', ')} against ${baseline}`,
    lines: comparisons.map((each) => ({
      sentence: verdictSentence(each, baselineOf(each, comparison)),
      verdict: each.verdict,
    })),
  };
}

function withoutVerdict(sentence: string): FindingLine {
  return { sentence, verdict: null };
}
