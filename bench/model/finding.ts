import * as v from 'valibot';

/** Structured data of a finding: JSON values, so that findings can be stored, compared and merged. */
export type Fact = string | number | boolean | null | undefined | readonly Fact[] | Facts;
export interface Facts {
  readonly [name: string]: Fact;
}

/**
 * A reason, notice, limit or doubt that concerns a result. Programs should rely on `code` and `data`. `text` is
 * the sentence that `wording/` generated when the finding was created; it is stored so that a later version
 * displays the same text.
 */
export interface Finding {
  code: string;
  data: Facts;
  text: string;
}

/** Wraps a sentence from an older result, whose findings had no codes. */
export function stored(text: string): Finding {
  return { code: 'stored', data: {}, text };
}

/** Maximum nesting depth of objects and lists. No real finding is nested this deeply. */
const MOST_LEVELS = 10;

/**
 * Reports whether the value is nested shallowly enough to be traversed recursively without a stack overflow.
 */
function fits(fact: unknown, levels: number): boolean {
  if (typeof fact !== 'object' || fact === null) return true;
  return levels > 0 && Object.values(fact).every((each) => fits(each, levels - 1));
}

/** A short, stable identifier for programs: `send-lag`, `preflight-memory`. */
const code = v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/));
const data = v.custom<Facts>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && fits(value, MOST_LEVELS),
);
/** One or two sentences for the reader, including the supporting figures. */
const text = v.string();

/** Also accepts a plain sentence, as stored in older results. */
export const findingSchema = v.union([
  v.strictObject({ code, data, text }),
  v.pipe(v.string(), v.transform(stored)),
]);

/**
 * Something that readers of the results should know. Notices are stored in the result, not just printed on
 * the terminal.
 */
export interface Notice extends Finding {
  level: 'info' | 'warning';
}

export const noticeSchema = v.strictObject({
  level: v.picklist(['info', 'warning']),
  code,
  /** Missing in older results, whose notices had no structured data. */
  data: v.optional(data, {}),
  text,
});
