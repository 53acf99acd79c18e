import * as v from 'valibot';

/** What one side of a comparison is; its name is part of a run's identity. */
export const variantSchema = v.strictObject({
  /** `tls`; unique within a result. */
  name: v.pipe(v.string(), v.minLength(1)),
  /** As a person would call it: the title of the profile. */
  title: v.string(),
  /** Folder name in nginx-profiles/, or `direct`. */
  profile: v.string(),
  /** Null: connections go to the echo servers themselves. */
  proxy: v.nullable(v.strictObject({ kind: v.literal('nginx') })),
});
export type Variant = v.InferOutput<typeof variantSchema>;
