import { Problem } from '../model/failure.ts';
import { LABEL_KEY, type Plan } from '../model/plan.ts';
import { last } from './given.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** Information that users attach to a result. It does not affect what is measured. */
export type Tags = Pick<Plan, 'labels' | 'note' | 'series'>;

/** Parses --label, --note and --series; throws a `usage` Problem if one is invalid. */
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
        `--label ${quoted(text)} must be a name and a value, for example --label branch=main. The name must begin with a letter, and have at most 40 characters (letters, digits, dots, hyphens and underscores). It cannot be "prototype" or "constructor".`,
      );
    }
    if (labels.has(key)) {
      throw new Problem('usage', `--label ${key} is given twice. Give each name once.`);
    }
    labels.set(key, value.trim());
  }
  return Object.fromEntries(labels);
}
