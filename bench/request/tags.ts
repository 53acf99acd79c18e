import { Problem } from '../model/failure.ts';
import { LABEL_KEY, type Plan } from '../model/plan.ts';
import { last } from './given.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** What a person calls a result by: none of it changes what is measured. */
export type Tags = Pick<Plan, 'labels' | 'note' | 'series'>;

/** Reads --label, --note and --series; throws a Problem of kind `usage`. */
export function tagsOf(given: GivenOptions): Tags {
  return {
    labels: labelsOf(given.get('label') ?? []),
    note: last(given, 'note'),
    series: last(given, 'series'),
  };
}

function labelsOf(texts: readonly string[]): Tags['labels'] {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    if (!LABEL_KEY.test(key) || value.trim() === '') {
      throw new Problem(
        'usage',
        `--label ${quoted(text)} is no name and value: write it as in --label branch=main, the name beginning with a letter.`,
      );
    }
    if (labels.has(key)) {
      throw new Problem('usage', `--label ${key} is given twice: give each name once.`);
    }
    labels.set(key, value.trim());
  }
  return Object.fromEntries(labels);
}
