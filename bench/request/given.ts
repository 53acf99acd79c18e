import { Problem } from '../model/failure.ts';
import type { GivenOptions } from './options.ts';
import { type Bounds, parseCount, parseDuration, parseNumber, quoted } from './units.ts';

/** Returns the last value given for an option; null if the option was not given. */
export function last(given: GivenOptions, name: string): string | null {
  return given.get(name)?.at(-1) ?? null;
}

export function number(given: GivenOptions, name: string, bounds: Bounds): number | null {
  const text = last(given, name);
  return text === null ? null : parseCount(`--${name}`, text, bounds);
}

export function rate(given: GivenOptions, name: string, bounds: Bounds): number | null {
  const text = last(given, name);
  return text === null ? null : parseNumber(`--${name}`, text, bounds);
}

/** @param boundsUs in µs, the unit in which times are parsed */
export function milliseconds(given: GivenOptions, name: string, boundsUs: Bounds): number | null {
  const text = last(given, name);
  if (text === null) return null;
  const ms = parseDuration(`--${name}`, text, boundsUs) / 1000;
  if (Number.isInteger(ms)) return ms;
  throw new Problem('usage', `--${name} ${quoted(text)} must be a whole number of milliseconds.`);
}

export function oneOf<T extends string>(given: GivenOptions, name: string, values: readonly T[]): T | null {
  const text = last(given, name);
  if (text === null) return null;
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw new Problem('usage', `--${name} ${quoted(text)} must be ${values.join(' or ')}.`);
}
