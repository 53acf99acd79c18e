import * as v from 'valibot';
import { count } from './load.ts';

/** A small change on top of a profile, written in Nginx's own language. */
export const tuningSchema = v.strictObject({
  /** `buf-16k`, or `tune-1` for one typed on the command line. */
  name: v.pipe(v.string(), v.minLength(1)),
  text: v.string(),
});
export type Tuning = v.InferOutput<typeof tuningSchema>;

/** Deliberate extra work of the echo servers, which gives a calibration a known effect. */
export const handicapSchema = v.strictObject({
  /** Delay of each answer. */
  delayMs: count,
  /** Additional CPU time per message. */
  burnUs: count,
});
export type Handicap = v.InferOutput<typeof handicapSchema>;

/** One side of a comparison. Its name is part of a run's identity. */
export const variantSchema = v.strictObject({
  /** `tls`, `tls@old+buf-16k`, `conf:nginx.conf`; unique within a result. */
  name: v.pipe(v.string(), v.minLength(1)),
  /** As shown to the user: the title of the profile, and the tunings. */
  title: v.string(),
  /** Folder name in nginx-profiles/, `direct`, or `conf:` and the path of a user's configuration. */
  profile: v.string(),
  /** Null if connections go directly to the echo servers. */
  proxy: v.nullable(
    v.strictObject({
      kind: v.literal('nginx'),
      /** The user's name for the Nginx it runs on; null for the default one. */
      binary: v.optional(v.nullable(v.string()), null),
      /** Applied to the profile in order. Empty in results from before there were tunings. */
      tunings: v.optional(v.array(tuningSchema), []),
    }),
  ),
  /** Only in calibrations. */
  handicap: v.exactOptional(handicapSchema),
});
export type Variant = v.InferOutput<typeof variantSchema>;
