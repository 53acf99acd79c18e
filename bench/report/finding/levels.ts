/** One variant's value of a figure; null if it is unknown. */
export interface Level {
  name: string;
  value: number | null;
}

/** Words for a high figure, a low figure, and the ratio. */
export type LevelWords = readonly [most: string, least: string, much: string];

const AMOUNT: LevelWords = ['highest', 'lowest', 'much'];
export const DURATION: LevelWords = ['longest', 'shortest', 'long'];

/** If the ratio of the highest to the lowest of several single runs is below this, they are reported as equal. */
const ALIKE = 1.05;

/**
 * Where a figure is highest and where lowest: `Throughput was highest with direct, 72.4k/s, and lowest with tls,
 * 35.2k/s: 2.06 times as much.`
 */
export function levelsSentence(
  subject: string,
  levels: readonly Level[],
  format: (value: number) => string,
  [most, least, much]: LevelWords = AMOUNT,
): string {
  const known = levels.filter((level): level is { name: string; value: number } => level.value !== null);
  const [first, ...others] = known.toSorted((a, b) => b.value - a.value);
  const last = others.at(-1);
  if (first === undefined) return `${subject} was not measured.`;
  if (last === undefined) return `${subject} was ${format(first.value)} with ${first.name}.`;
  if (first.value <= last.value * ALIKE) {
    const ends = new Set([last, first].map(({ value }) => format(value)));
    return `${subject} was about the same with all: ${[...ends].join(' to ')}.`;
  }
  const factor = last.value > 0 ? `: ${formatFactor(first.value / last.value)} times as ${much}` : '';
  return `${subject} was ${most} with ${first.name}, ${format(first.value)}, and ${least} with ${last.name}, ${format(last.value)}${factor}.`;
}

/** A factor: `1.37`, `12.5`, `340`. */
export function formatFactor(factor: number): string {
  return String(Number(factor.toPrecision(3)));
}
