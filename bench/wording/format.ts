/**
 * Text for values that were not measured or have too few samples. All units are defined in this module; tables,
 * sentences, charts and the terminal use it to format figures.
 */
export const NOTHING = '–';

/** Range of a figure over several runs, used when their findings are merged. */
export interface Span {
  least: number;
  most: number;
}

/** A figure in a sentence, for a single run or a range over several runs. */
export type Amount = number | Span;

/** Returns the figure itself or the upper end of a range, for statements about the worst case. */
export function mostOf(amount: Amount): number {
  return typeof amount === 'number' ? amount : amount.most;
}

/** Returns the smallest figure. */
export function leastOf(amount: Amount): number {
  return typeof amount === 'number' ? amount : amount.least;
}

type Figure = Amount | null | undefined;
type Scale = readonly [factor: number, name: string];

/** The kind of quantity on an axis or in a metric, which determines its format. */
export type Unit =
  | 'time'
  | 'count'
  | 'rate'
  | 'bytes'
  | 'bytesRate'
  | 'share'
  | 'seconds'
  | 'percentile'
  | 'name';

const TIME_UNITS: readonly Scale[] = [
  [1e6, 's'],
  [1e3, 'ms'],
  [1, 'µs'],
];
const COUNT_UNITS: readonly Scale[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
];
const BYTE_UNITS: readonly Scale[] = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
];

/** Formats µs, as in `640 µs`, `3.21 ms` or `1.25 s`. */
export const formatTime = written((us) => scaled(us, TIME_UNITS, ' '));

/** Formats a count with all digits, as in `12,345`. */
export const formatCount = written((count) => Math.round(count).toLocaleString('en-US'));

/** Formats a measured count rounded to three significant digits, as in `21,100`. */
export const formatRough = written((count) => formatCount(Number(count.toPrecision(3))));

/** Abbreviates a number, as in `12.3k` or `4.1M`. */
export const formatShort = written((number) => scaled(number, COUNT_UNITS, ''));

/** Formats a rate per second, as in `12.3k/s`. */
export const formatRate = written((perSecond) => `${formatShort(perSecond)}/s`);

/** Formats bytes in powers of 1024, as in `17.7 KiB`. */
export const formatBytes = written((bytes) => scaled(bytes, BYTE_UNITS, ' '));

const formatBytesRate = written((bytes) => `${formatBytes(bytes)}/s`);

/** Formats a share (0 to 1), as in `97.2 %`. A share below 1 is never displayed as 100 %. */
export const formatShare = written((share) => {
  const percent = significant(share * 100);
  return `${share < 1 && percent === '100' ? '99.9' : percent} %`;
});

/** Formats seconds for time axes, as in `12 s`. */
export const formatSeconds = written((seconds) => `${significant(seconds)} s`);

/** Formats the percentile at x = 1 / (1 − p); 1000 becomes `99.9 %`. */
export const formatPercentile = written((x) => {
  if (x < 1) return NOTHING;
  const nines = Math.max(0, Math.ceil(Math.log10(x)) - 2);
  return `${((1 - 1 / x) * 100).toFixed(Number.isInteger(Math.log10(x)) ? nines : nines + 1).replace(/\.0+$/, '')} %`;
});

const FORMATS: Record<Unit, (figure: Figure) => string> = {
  time: formatTime,
  count: formatShort,
  rate: formatRate,
  bytes: formatBytes,
  bytesRate: formatBytesRate,
  share: formatShare,
  seconds: formatSeconds,
  percentile: formatPercentile,
  name: formatCount,
};

/** Formats a chart or metric value with its unit. */
export function formatFigure(figure: Figure, unit: Unit): string {
  return FORMATS[unit](figure);
}

/**
 * Extends a formatting function to unknown values and ranges, as in `11.7 to 52.6 ms` or `980 µs to 3.2 ms`.
 */
function written(format: (figure: number) => string): (figure: Figure) => string {
  const single = (figure: number) => (Number.isFinite(figure) ? format(figure) : NOTHING);
  return (figure) => {
    if (figure === null || figure === undefined) return NOTHING;
    if (typeof figure === 'number') return single(figure);
    const [least, most] = [single(figure.least), single(figure.most)];
    const unit = most.replace(/^.*[\d.,]/, '');
    if (least === most) return most;
    return `${unit !== '' && least.endsWith(unit) ? least.slice(0, -unit.length) : least} to ${most}`;
  };
}

/** Formats a figure in the largest unit in which it is at least 1. */
function scaled(figure: number, units: readonly Scale[], space: string): string {
  const size = Math.abs(figure);
  // A value that rounds up to the next unit is shown in that unit: 999.9 µs becomes 1 ms, not 1000 µs.
  const unit = units.find(([factor]) => size >= factor * 0.9995) ?? units.at(-1);
  if (unit === undefined) return NOTHING;
  const [factor, name] = unit;
  return `${significant(figure / factor)}${name === '' ? '' : space}${name}`;
}

/** Formats a number without an exponent and with three significant digits, the precision of the histograms. */
function significant(number: number): string {
  const size = Math.abs(number);
  if (size >= 100) return Math.round(number).toLocaleString('en-US');
  const digits = size >= 10 ? 1 : size >= 0.01 ? 2 : 4;
  return number.toFixed(digits).replace(/\.?0+$/, '');
}
