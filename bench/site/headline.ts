import type { OverallVerdict } from '../model/comparison.ts';
import type { ResultIndex } from '../model/result.ts';
import { calibrationSentences } from '../report/calibration.ts';
import { capacitySentences } from '../report/capacity/answer.ts';
import { baselineOf } from '../report/comparison/effect.ts';
import { verdictSentence } from '../report/comparison/verdict.ts';
import { conclusionOf } from '../report/conclusion.ts';
import { AXIS_TITLES } from '../report/ladder/levels.ts';
import { formatShort } from '../wording/format.ts';
import { machineText } from './series.ts';

/** The main finding of a result, if it contains more than individual runs. */
export interface Headline {
  kind: 'comparison' | 'capacity' | 'ladder' | 'size' | 'calibration';
  /** Title, such as `tls compared with plain`. */
  title: string;
  lines: readonly HeadlineLine[];
}

/** One sentence of a finding, or a few closely related ones. */
export interface HeadlineLine {
  sentence: string;
  /** The verdict stated by the sentence; null if it does not state a verdict on a variant. */
  verdict: OverallVerdict | null;
}

/**
 * Returns a result's main finding; null if the result consists only of runs. The comparison within a
 * calibration does not count as a finding, because its outcome is known in advance.
 */
export function headlineOf(index: ResultIndex): Headline | null {
  const comparison = conclusionOf(index, 'comparison');
  const calibration = conclusionOf(index, 'calibration');
  if (calibration !== null) {
    const lines = calibrationSentences(calibration).map(withoutVerdict);
    const machine = machineText(index.environment);
    return {
      kind: 'calibration',
      title: comparison === null ? machine : `${comparison.baseline} on ${machine}`,
      lines,
    };
  }
  const capacity = conclusionOf(index, 'capacity');
  if (capacity !== null)
    return {
      kind: 'capacity',
      title: capacity.variant,
      lines: capacitySentences(capacity).map(withoutVerdict),
    };
  const ladder = conclusionOf(index, 'ladder');
  if (ladder !== null)
    return {
      kind: 'ladder',
      title: `${ladder.variant} over ${AXIS_TITLES[ladder.over]}`,
      lines: ladder.findings.map(({ text }) => withoutVerdict(text)),
    };
  const size = conclusionOf(index, 'size');
  if (size !== null)
    return {
      kind: 'size',
      title: `${size.variant} for ${formatShort(size.wanted.connections)} connections`,
      lines: size.findings.map(({ text }) => withoutVerdict(text)),
    };
  if (comparison === null) return null;
  const { baseline, comparisons } = comparison;
  return {
    kind: 'comparison',
    title: `${comparisons.map(({ variant }) => variant).join(', ')} compared with ${baseline}`,
    lines: comparisons.map((each) => ({
      sentence: verdictSentence(each, baselineOf(each, comparison)),
      verdict: each.verdict,
    })),
  };
}

function withoutVerdict(sentence: string): HeadlineLine {
  return { sentence, verdict: null };
}
