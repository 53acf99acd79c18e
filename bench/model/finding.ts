import * as v from 'valibot';

/** What a finding says beside its code: JSON, so that it can be stored, compared and merged. */
export type Fact = string | number | boolean | null | undefined | readonly Fact[] | Facts;
export interface Facts {
  readonly [name: string]: Fact;
}

/**
 * Something that is so: a reason, a notice, a limit, a doubt. Programs go by `code` and `data`; `text` is the sentence
 * that `wording/` made of them when the finding was made, so that a result reads the same in later versions.
 */
export interface Finding {
  code: string;
  data: Facts;
  text: string;
}

/** A sentence from before findings had codes: it says what its text says. */
export function stored(text: string): Finding {
  return { code: 'stored', data: {}, text };
}

/** More levels of objects and lists than any finding has. */
const MOST_LEVELS = 10;

/** Whether whatever walks through these facts comes to an end before its stack does. */
function fits(fact: unknown, levels: number): boolean {
  if (typeof fact !== 'object' || fact === null) return true;
  return levels > 0 && Object.values(fact).every((each) => fits(each, levels - 1));
}

/** Short and stable, for programs: `send-lag`, `preflight-memory`. */
const code = v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/));
const data = v.custom<Facts>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && fits(value, MOST_LEVELS),
);
/** One or two sentences for a person, with the figures that show it. */
const text = v.string();

/** Reads a sentence of older results as well. */
export const findingSchema = v.union([
  v.strictObject({ code, data, text }),
  v.pipe(v.string(), v.transform(stored)),
]);

/** Something a reader of the figures should know: a warning is data in the result, not a line on a terminal. */
export interface Notice extends Finding {
  level: 'info' | 'warning';
}

export const noticeSchema = v.strictObject({
  level: v.picklist(['info', 'warning']),
  code,
  /** Missing in results from before it was kept. */
  data: v.optional(data, {}),
  text,
});
