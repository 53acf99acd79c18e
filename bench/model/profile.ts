import * as v from 'valibot';
import type { ConfigurationOptions } from './configuration.ts';

/**
 * Schema of profile.json, which describes a profile. The configuration itself is the nginx.conf next to it.
 */
export const profileSchema = v.strictObject({
  title: v.string(),
  /** The question that a run of this profile answers. */
  question: v.string(),
  /** The claim made about this profile in the article behind this project; null if there is none. */
  claim: v.nullable(v.string()),
  /** The expected outcome and the reason for it. */
  expect: v.string(),
  /** Minimum number of echo servers. */
  servers: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Key type of the certificate that the sandbox creates, if it creates one. */
  key: v.optional(v.picklist(['ecdsa', 'rsa']), 'ecdsa'),
  /**
   * Path of an ordinary GET sent before the first connection, as a monitoring system would; null for none.
   */
  visit: v.optional(v.nullable(v.pipe(v.string(), v.startsWith('/'))), null),
  /** Whether the echo servers use TLS, as required by `proxy_pass https://`. */
  upstreamTls: v.optional(v.boolean(), false),
  /** Whether `all` includes this profile. */
  inAll: v.optional(v.boolean(), true),
});
/** A profile with its name (the folder name) and the path of its nginx.conf, which is null for `direct`. */
export type Profile = v.InferOutput<typeof profileSchema> & {
  name: string;
  configurationPath: string | null;
  /** Set for a user's own configuration, which runs like a profile; null for built-in profiles. */
  options: ConfigurationOptions | null;
};

/**
 * Schema of tunings/<name>.json, which describes a tuning. The change itself is the <name>.conf next to it.
 */
export const tuningDescriptionSchema = v.strictObject({
  /** The question that comparing a profile with and without this tuning answers. */
  question: v.string(),
  /** Options that make its effect visible, such as `--payload 64k`; empty if the default load suffices. */
  load: v.string(),
  /** The expected outcome and the reason for it. */
  expect: v.string(),
  /** Profiles that it applies to; null for all profiles that contain its blocks. */
  profiles: v.nullable(v.array(v.string())),
});
/** A built-in tuning. Its name is the file name, and its text is the content of the .conf. */
export type ShippedTuning = v.InferOutput<typeof tuningDescriptionSchema> & { name: string; text: string };
