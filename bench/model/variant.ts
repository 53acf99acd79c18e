import * as v from 'valibot';
import { count } from './load.ts';

/** A small change laid over a profile, written in Nginx's own language. */
export const tuningSchema = v.strictObject({
  /** `buf-16k`; for one that was typed on the command line `tune-1`. */
  name: v.pipe(v.string(), v.minLength(1)),
  text: v.string(),
});
export type Tuning = v.InferOutput<typeof tuningSchema>;

/** What echo servers do on purpose beside answering, so that a calibration has an effect that is known. */
export const handicapSchema = v.strictObject({
  /** A message is answered so much later. */
  delayMs: count,
  /** CPU time that each message costs on top. */
  burnUs: count,
});
export type Handicap = v.InferOutput<typeof handicapSchema>;

/** What one side of a comparison is; its name is part of a run's identity. */
export const variantSchema = v.strictObject({
  /** `tls`, `tls@old+buf-16k`, `conf:nginx.conf`; unique within a result. */
  name: v.pipe(v.string(), v.minLength(1)),
  /** As a person would call it: the title of the profile, and the tunings. */
  title: v.string(),
  /** Folder name in nginx-profiles/, `direct`, or `conf:` and the path of a person's configuration. */
  profile: v.string(),
  /** Null: connections go to the echo servers themselves. */
  proxy: v.nullable(
    v.strictObject({
      kind: v.literal('nginx'),
      /** What the person called the Nginx that it runs on; null: the one that is there unless another is named. */
      binary: v.optional(v.nullable(v.string()), null),
      /** Laid over the profile one after the other; none in results from before there were any. */
      tunings: v.optional(v.array(tuningSchema), []),
    }),
  ),
  /** In calibrations alone. */
  handicap: v.exactOptional(handicapSchema),
});
export type Variant = v.InferOutput<typeof variantSchema>;
