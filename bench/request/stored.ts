import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { exportsOf } from './exports.ts';
import { last, oneOf } from './given.ts';
import type { GivenOptions } from './options.ts';
import { type Tags, tagsOf } from './tags.ts';
import { quoted } from './units.ts';

/** Two results that were measured before, to be compared. */
export interface StoredRequest {
  /** Each of a folder in reports/, or of the result.json in it. */
  baseline: string;
  variant: string;
  exports: readonly WantedExport[];
  failOnSlower: boolean;
  json: boolean;
  reports: string;
  /** Null: named after the variants. */
  name: string | null;
  tags: Tags;
}

/** Options that say what to do with a comparison; the others shape runs, and those have been made. */
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

/** Whether an operand of `compare` is a stored result: a path, or a folder with a result here. No variant has a slash. */
export function isStored(operand: string): boolean {
  return operand.includes('/') || operand.endsWith('.json') || existsSync(join(operand, 'result.json'));
}

/** @throws Problem('usage') for anything but two results, and for options that shape runs */
export function storedRequest(given: GivenOptions, operands: readonly string[]): StoredRequest {
  const [baseline, variant, ...others] = operands;
  const mixed = operands.find((operand) => !isStored(operand)) ?? (given.has('conf') ? '--conf' : null);
  if (mixed !== null) {
    throw new Problem(
      'usage',
      `\`compare\` takes variants to measure, or two stored results, not both: ${quoted(mixed)} is no stored result. ` +
        'Their paths are those of folders in reports/, or of the result.json in them.',
    );
  }
  if (baseline === undefined || variant === undefined || others.length > 0) {
    throw new Problem(
      'usage',
      '`compare` takes two stored results, the baseline first: compare reports/A reports/B.',
    );
  }
  const stray = [...given.keys()].find((name) => !OF_STORED.has(name));
  if (stray !== undefined) {
    throw new Problem(
      'usage',
      `--${stray} shapes runs, and those of stored results have been made: leave it out.`,
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
