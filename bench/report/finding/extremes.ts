/** A figure of one variant; null if it is unknown. */
export interface VariantFigure {
  name: string;
  value: number | null;
}

/** Words for the highest and the lowest figure. */
type Extremes = readonly [most: string, least: string];

const AMOUNT: Extremes = ['highest', 'lowest'];
export const DURATION: Extremes = ['longest', 'shortest'];

/** Single runs are reported as equal if the ratio of the highest figure to the lowest is below this value. */
const ALIKE = 1.05;

/**
 * States which variants have the highest and the lowest figure: `Throughput was highest for direct (72.4k/s)
 * and lowest for tls (35.2k/s), a factor of 2.06.`
 */
export function extremesSentence(
  subject: string,
  levels: readonly VariantFigure[],
  format: (value: number) => string,
  [most, least]: Extremes = AMOUNT,
): string {
  const known = levels.filter((level): level is { name: string; value: number } => level.value !== null);
  const [first, ...others] = known.toSorted((a, b) => b.value - a.value);
  const last = others.at(-1);
  if (first === undefined) return `${subject} was not measured.`;
  if (last === undefined) return `${subject} was ${format(first.value)} for ${first.name}.`;
  if (first.value <= last.value * ALIKE) {
    const ends = new Set([last, first].map(({ value }) => format(value)));
    return `${subject} was about the same for all variants: ${[...ends].join(' to ')}.`;
  }
  const factor = last.value > 0 ? `, ${ratioWords(first.value / last.value)}` : '';
  return `${subject} was ${most} for ${first.name} (${format(first.value)}) and ${least} for ${last.name} (${format(last.value)})${factor}.`;
}

function ratioWords(ratio: number): string {
  return ratio < 2
    ? `a difference of ${formatFactor((ratio - 1) * 100)} %`
    : `a factor of ${formatFactor(ratio)}`;
}

/** Formats a factor: `1.37`, `12.5`, `340`. */
export function formatFactor(factor: number): string {
  return String(Number(factor.toPrecision(3)));
}
