import * as v from 'valibot';
import { count } from './load.ts';
import { PROXY_KINDS } from './proxy.ts';

/** A small change applied on top of a profile, in the configuration syntax of its proxy. */
export const tuningSchema = v.strictObject({
  /** Name such as `buf-16k`, or `tune-1` for a tuning given on the command line. */
  name: v.pipe(v.string(), v.minLength(1)),
  text: v.string(),
});
export type Tuning = v.InferOutput<typeof tuningSchema>;

/** Extra work for the echo servers, which gives a calibration an effect of known size. */
export const handicapSchema = v.strictObject({
  /** Delay added to each echo. */
  delayMs: count,
  /** CPU time added per message. */
  burnUs: count,
});
export type Handicap = v.InferOutput<typeof handicapSchema>;

/** One side of a comparison. Its name is part of a run's identity. */
export const variantSchema = v.strictObject({
  /** Name such as `tls`, `tls@old+buf-16k` or `conf:nginx.conf`; unique within a result. */
  name: v.pipe(v.string(), v.minLength(1)),
  /** Title shown to the user: the profile's title and the tunings. */
  title: v.string(),
  /**
   * Folder name in nginx-profiles/, `direct`, or `conf:` followed by the path of a user's own configuration.
   */
  profile: v.string(),
  /** The proxy; null if connections go directly to the echo servers. */
  proxy: v.nullable(
    v.strictObject({
      kind: v.picklist(PROXY_KINDS),
      /** The user's name for the binary; null for the default binary. */
      binary: v.optional(v.nullable(v.string()), null),
      /** Tunings applied to the profile, in order. Empty in older results, which did not support tunings. */
      tunings: v.optional(v.array(tuningSchema), []),
    }),
  ),
  /** Set only during a calibration. */
  handicap: v.exactOptional(handicapSchema),
});
export type Variant = v.InferOutput<typeof variantSchema>;
