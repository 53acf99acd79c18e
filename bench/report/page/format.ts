import type { Unit } from './spec.ts';

/**
 * How figures are written in tables, sentences, charts and on the terminal. This is the only place that knows
 * units. `–` stands for values that were not measured or that the samples do not support.
 */
export const NOTHING = '–';

type Figure = number | null | undefined;
type Scale = readonly [factor: number, name: string];

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

/** µs as `640 µs`, `3.21 ms`, `1.25 s`. */
export function formatTime(us: Figure): string {
  return scaled(us, TIME_UNITS, ' ');
}

/** A count in full: `12,345`. */
export function formatCount(count: Figure): string {
  return known(count) ? Math.round(count).toLocaleString('en-US') : NOTHING;
}

/** A measured count in full, rounded to three significant digits: `21,100`. */
export function formatRough(count: Figure): string {
  return known(count) ? formatCount(Number(count.toPrecision(3))) : NOTHING;
}

/** A number in short form: `12.3k`, `4.1M`. */
export function formatShort(number: Figure): string {
  return scaled(number, COUNT_UNITS, '');
}

/** Per second: `12.3k/s`. */
export function formatRate(perSecond: Figure): string {
  return known(perSecond) ? `${formatShort(perSecond)}/s` : NOTHING;
}

/** Bytes in powers of 1024: `17.7 KiB`. */
export function formatBytes(bytes: Figure): string {
  return scaled(bytes, BYTE_UNITS, ' ');
}

/** A share from 0 to 1 as `97.2 %`. A share below 1 is never written as 100 %. */
export function formatShare(share: Figure): string {
  if (!known(share)) return NOTHING;
  const percent = significant(share * 100);
  return `${share < 1 && percent === '100' ? '99.9' : percent} %`;
}

/** Seconds as `12 s`, for axes over time. */
export function formatSeconds(seconds: Figure): string {
  return known(seconds) ? `${significant(seconds)} s` : NOTHING;
}

/** The percentile at x = 1 / (1 − p): 1000 is `99.9 %`. */
export function formatPercentile(x: Figure): string {
  if (!known(x) || x < 1) return NOTHING;
  const nines = Math.max(0, Math.ceil(Math.log10(x)) - 2);
  return `${((1 - 1 / x) * 100).toFixed(Number.isInteger(Math.log10(x)) ? nines : nines + 1).replace(/\.0+$/, '')} %`;
}

const FORMATS: Record<Unit, (figure: Figure) => string> = {
  time: formatTime,
  count: formatShort,
  rate: formatRate,
  bytes: formatBytes,
  bytesRate: (bytes) => (known(bytes) ? `${formatBytes(bytes)}/s` : NOTHING),
  share: formatShare,
  seconds: formatSeconds,
  percentile: formatPercentile,
  name: formatCount,
};

/** A figure of a chart. */
export function formatFigure(figure: Figure, unit: Unit): string {
  return FORMATS[unit](figure);
}

function known(figure: Figure): figure is number {
  return figure !== null && figure !== undefined && Number.isFinite(figure);
}

/** In the largest unit that gives a value of at least 1. */
function scaled(figure: Figure, units: readonly Scale[], space: string): string {
  if (!known(figure)) return NOTHING;
  const size = Math.abs(figure);
  // Half a step below a unit rounds up to it: 999.9 µs is 1 ms, not 1000 µs.
  const unit = units.find(([factor]) => size >= factor * 0.9995) ?? units.at(-1);
  if (unit === undefined) return NOTHING;
  const [factor, name] = unit;
  return `${significant(figure / factor)}${name === '' ? '' : space}${name}`;
}

/** Three significant digits, as in the histograms, without an exponent. */
function significant(number: number): string {
  const size = Math.abs(number);
  if (size >= 100) return Math.round(number).toLocaleString('en-US');
  const digits = size >= 10 ? 1 : size >= 0.01 || size === 0 ? 2 : 4;
  return number.toFixed(digits).replace(/\.?0+$/, '');
}
