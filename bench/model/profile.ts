import * as v from 'valibot';
import type { ConfigurationOptions } from './configuration.ts';

/** Schema of profile.json, which describes a profile. The configuration itself is in the same folder. */
export const profileSchema = v.strictObject({
  title: v.string(),
  /** The question that this profile's runs answer. */
  question: v.string(),
  /** The claim about this profile in the article on which this project is based; null if there is none. */
  claim: v.nullable(v.string()),
  /** The expected outcome and why it is expected. */
  expect: v.string(),
  /** Minimum number of echo servers. */
  servers: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Key type of the certificate that the sandbox creates, if any. */
  key: v.optional(v.picklist(['ecdsa', 'rsa']), 'ecdsa'),
  /**
   * Path of an ordinary GET request, such as one from a monitoring system, that is sent before the first
   * connection is opened; null for none.
   */
  visit: v.optional(v.nullable(v.pipe(v.string(), v.startsWith('/'))), null),
  /** Whether the echo servers use TLS, as required by `proxy_pass https://`. */
  upstreamTls: v.optional(v.boolean(), false),
  /** Whether this profile is included in `all`. */
  inAll: v.optional(v.boolean(), true),
});
/**
 * A profile with its name (the folder name) and the path of its configuration; the path is null for `direct`.
 */
export type Profile = v.InferOutput<typeof profileSchema> & {
  name: string;
  configurationPath: string | null;
  /** Set for a user's own configuration, which is run like a profile; null for built-in profiles. */
  options: ConfigurationOptions | null;
};

/**
 * Schema of tunings/<name>.json, which describes a tuning. The change itself is in <name>.conf, next to it.
 */
export const tuningDescriptionSchema = v.strictObject({
  /** The question that is answered by comparing a profile with and without this tuning. */
  question: v.string(),
  /**
   * Options that make the tuning's effect visible, such as `--payload 64k`; empty if the default load
   * suffices.
   */
  load: v.string(),
  /** The expected outcome and why it is expected. */
  expect: v.string(),
  /** Profiles to which the tuning applies; null for every profile that contains the blocks that the tuning changes. */
  profiles: v.nullable(v.array(v.string())),
});
/** A built-in tuning. Its name is the file name, and its text is the content of the .conf file. */
export type ShippedTuning = v.InferOutput<typeof tuningDescriptionSchema> & { name: string; text: string };
