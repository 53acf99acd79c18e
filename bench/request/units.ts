import { Problem } from '../model/failure.ts';

/**
 * Quantities as users write them. Every parser takes the option's name for its error message, and throws only
 * `usage` Problems. Every formatter produces text that its parser reads back as the same value.
 */

/** Suffixes and their factors, in the order in which formatters try them. */
type Suffixes = readonly (readonly [suffix: string, factor: number])[];

/** SI suffixes: a message rate of `10k` is 10,000. Case is ignored. */
const SI: Suffixes = [
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
  ['', 1],
];

/** Nginx's suffixes, in which `16k` is 16,384, so that a 16k message is as large as a 16k buffer. */
const BINARY: Suffixes = [
  ['M', 2 ** 20],
  ['k', 2 ** 10],
  ['', 1],
  ['Mi', 2 ** 20],
  ['MiB', 2 ** 20],
  ['Ki', 2 ** 10],
  ['KiB', 2 ** 10],
  ['B', 1],
];

const TIME: Suffixes = [
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
  ['ms', 1000],
  ['us', 1],
  ['µs', 1],
];

export interface Bounds {
  min: number;
  max: number;
}

/** Parses a number with an optional SI suffix, such as `1000`, `10k` or `1.5M`. */
export function parseNumber(option: string, text: string, bounds: Bounds): number {
  const value = scaled(text, SI);
  if (value === null) throw wrong(option, text, `must be a number${range(bounds)}, for example 10k or 1.5M`);
  return within(option, text, value, bounds, formatNumber);
}

/** Parses a whole number with an optional SI suffix. */
export function parseCount(option: string, text: string, bounds: Bounds): number {
  const value = scaled(text, SI);
  if (value === null || !Number.isInteger(value))
    throw wrong(option, text, `must be a whole number${range(bounds)}`);
  return within(option, text, value, bounds, formatNumber);
}

/**
 * Parses a time such as `500ms`, `30s`, `2m`, `1h` or `100us` into whole µs. Except for 0, the unit is required,
 * because load generators disagree on whether a plain 10 means seconds or milliseconds.
 */
export function parseDuration(option: string, text: string, boundsUs: Bounds): number {
  const value = scaled(text, TIME) ?? (text === '0' ? 0 : null);
  if (value === null) {
    const bare = scaled(text, [['', 1]]) !== null;
    const what = bare
      ? `needs a unit, for example ${text.trim()}ms or ${text.trim()}s`
      : 'must be a time, for example 500ms, 30s or 2m';
    throw wrong(option, text, what);
  }
  if (!Number.isInteger(value)) throw wrong(option, text, 'must be a whole number of microseconds');
  return within(option, text, value, boundsUs, formatDuration);
}

/** Parses a size in bytes, such as `64`, `16k` (16,384, as in nginx), `16KiB` or `1M`. */
export function parseBytes(option: string, text: string, bounds: Bounds): number {
  const value = scaled(text, BINARY);
  if (value === null || !Number.isInteger(value)) {
    throw wrong(option, text, 'must be a size in bytes, for example 64, 16k (16,384) or 1M');
  }
  return within(option, text, value, bounds, formatBytes);
}

/**
 * Parses one size, or two sizes separated by a dash (both inclusive), such as `64`, `64-1024` or `1k-16k`.
 */
export function parseByteRange(option: string, text: string, bounds: Bounds): Bounds {
  const [low = '', high, ...rest] = text.split('-');
  if (rest.length > 0)
    throw wrong(option, text, 'must be a size or a range of sizes, for example 64 or 64-1024');
  const min = parseBytes(option, low, bounds);
  const max = high === undefined ? min : parseBytes(option, high, bounds);
  if (min > max) {
    throw wrong(option, text, `must name the smaller size first: ${formatBytes(max)}-${formatBytes(min)}`);
  }
  return { min, max };
}

export function formatNumber(value: number): string {
  return unscaled(value, SI);
}

/** Formats `us`, a whole number of microseconds. */
export function formatDuration(us: number): string {
  return unscaled(us, TIME);
}

export function formatBytes(bytes: number): string {
  return unscaled(bytes, BINARY);
}

/** Parses a number with one of the given suffixes; null for any other text. */
function scaled(text: string, suffixes: Suffixes): number | null {
  const [, digits = '', suffix = ''] = /^(\d{1,15}(?:\.\d{1,9})?)(\p{L}{0,3})$/u.exec(text.trim()) ?? [];
  // NFKC maps both characters that look like µ to the same one. Case is ignored, because k and K, or s and S,
  // mean the same to users.
  const wanted = suffix.normalize('NFKC').toLowerCase();
  const found = suffixes.find(([name]) => name.normalize('NFKC').toLowerCase() === wanted);
  if (digits === '' || found === undefined) return null;
  // Rounding to 15 digits removes binary rounding errors: 1.005 × 1000 is 1004.9999999999999.
  return Number((Number(digits) * found[1]).toPrecision(15));
}

/** Formats a value with the largest suffix that leaves a whole number, so that nothing is rounded. */
function unscaled(value: number, suffixes: Suffixes): string {
  for (const [suffix, factor] of suffixes) {
    if (value !== 0 && Number.isInteger(value / factor)) return `${value / factor}${suffix}`;
  }
  return String(value);
}

function within(
  option: string,
  text: string,
  value: number,
  { min, max }: Bounds,
  format: (value: number) => string,
): number {
  if (value >= min && value <= max) return value;
  throw wrong(option, text, `must be between ${format(min)} and ${format(max)}`);
}

/** Returns text such as ` from 1 to 1M`; empty if only the number type limits the value. */
function range({ min, max }: Bounds): string {
  return max === Number.MAX_SAFE_INTEGER ? '' : ` from ${formatNumber(min)} to ${formatNumber(max)}`;
}

function wrong(option: string, text: string, what: string): Problem {
  return new Problem('usage', `${option} ${quoted(text)} ${what}.`);
}

/**
 * Prepares user input for display within an error message: on one line, truncated, and without control
 * characters.
 */
export function quoted(text: string): string {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '·');
  return `"${visible.length > 60 ? `${visible.slice(0, 57)}…` : visible}"`;
}
