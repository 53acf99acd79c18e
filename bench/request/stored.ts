import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { exportsOf } from './exports.ts';
import { last, oneOf } from './given.ts';
import type { GivenOptions } from './options.ts';
import { type Tags, tagsOf } from './tags.ts';
import { quoted } from './units.ts';

/** Two stored results to compare. */
export interface StoredRequest {
  /** Path of a folder in reports/, or of the result.json in it. The same applies to `variant`. */
  baseline: string;
  variant: string;
  exports: readonly WantedExport[];
  failOnSlower: boolean;
  json: boolean;
  reports: string;
  /** Name of the result; null to name it after the variants. */
  name: string | null;
  tags: Tags;
}

/** Options that apply to a comparison of stored results. All other options apply to runs. */
export const OF_STORED: ReadonlySet<string> = new Set([
  'markdown',
  'export',
  'fail-on',
  'json',
  'reports',
  'name',
  'label',
  'note',
  'series',
  'config',
  'no-config',
  'debug',
]);

/**
 * Reports whether an operand of `compare` is a stored result: a path, or a folder that contains a result.
 * Variant names never contain a slash.
 */
export function isStored(operand: string): boolean {
  return operand.includes('/') || operand.endsWith('.json') || existsSync(join(operand, 'result.json'));
}

/** @throws Problem('usage') if there are not exactly two results, or if an option applies only to runs */
export function storedRequest(given: GivenOptions, operands: readonly string[]): StoredRequest {
  const [baseline, variant, ...others] = operands;
  const mixed = operands.find((operand) => !isStored(operand)) ?? (given.has('conf') ? '--conf' : null);
  if (mixed !== null) {
    throw new Problem(
      'usage',
      `\`compare\` takes either variants to measure or two stored results, but ${quoted(mixed)} is not a stored result. ` +
        'A stored result is a folder in reports/, or the result.json in it.',
    );
  }
  if (baseline === undefined || variant === undefined || others.length > 0) {
    throw new Problem(
      'usage',
      '`compare` takes two stored results, the baseline first, for example compare reports/A reports/B.',
    );
  }
  const stray = [...given.keys()].find((name) => !OF_STORED.has(name));
  if (stray !== undefined) {
    throw new Problem(
      'usage',
      `--${stray} only applies to runs, but stored results have already been measured. Leave the option out.`,
    );
  }
  return {
    baseline,
    variant,
    exports: exportsOf(given),
    failOnSlower: oneOf(given, 'fail-on', ['slower']) !== null,
    json: given.has('json'),
    reports: last(given, 'reports') ?? 'reports',
    name: last(given, 'name'),
    tags: tagsOf(given),
  };
}
