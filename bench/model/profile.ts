import * as v from 'valibot';
import type { ConfigurationOptions } from './configuration.ts';

/** profile.json, which describes a profile. The configuration itself is the nginx.conf next to it. */
export const profileSchema = v.strictObject({
  title: v.string(),
  /** The question that a run of this profile answers. */
  question: v.string(),
  /** What the article behind this project claims about it; null if nothing. */
  claim: v.nullable(v.string()),
  /** What to expect, and why. */
  expect: v.string(),
  /** Minimum number of echo servers. */
  servers: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Key type of the certificate, if any. The sandbox creates it. */
  key: v.optional(v.picklist(['ecdsa', 'rsa']), 'ecdsa'),
  /** Path of a plain GET before the first connection, as a monitor would send; null for none. */
  visit: v.optional(v.nullable(v.pipe(v.string(), v.startsWith('/'))), null),
  /** Whether the echo servers speak TLS, for a `proxy_pass https://`. */
  upstreamTls: v.optional(v.boolean(), false),
  /** Whether `all` includes it. */
  inAll: v.optional(v.boolean(), true),
});
/** A profile with its name (the folder) and the path of its nginx.conf, which is null for `direct`. */
export type Profile = v.InferOutput<typeof profileSchema> & {
  name: string;
  configurationPath: string | null;
  /** Set for a user's own configuration, which runs like a profile; null for the package's profiles. */
  options: ConfigurationOptions | null;
};

/** tunings/<name>.json, which describes a tuning. The change itself is the <name>.conf next to it. */
export const tuningDescriptionSchema = v.strictObject({
  /** The question answered by comparing a profile with and without it. */
  question: v.string(),
  /** Options under which its effect should show, such as `--payload 64k`; empty if the default load suffices. */
  load: v.string(),
  /** What to expect, and why. */
  expect: v.string(),
  /** Profiles it can be applied to; null for all that have its blocks. */
  profiles: v.nullable(v.array(v.string())),
});
/** A built-in tuning. Its name is that of the file, and its text that of the .conf. */
export type ShippedTuning = v.InferOutput<typeof tuningDescriptionSchema> & { name: string; text: string };
