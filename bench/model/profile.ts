import * as v from 'valibot';
import type { ConfigurationOptions } from './configuration.ts';

/** profile.json: what a profile is for. The configuration itself is the nginx.conf beside it. */
export const profileSchema = v.strictObject({
  title: v.string(),
  /** The question that a run of this profile answers. */
  question: v.string(),
  /** What the article that the project comes from says of it; null where it says nothing. */
  claim: v.nullable(v.string()),
  /** What to expect, and why. */
  expect: v.string(),
  /** Echo servers at the least. */
  servers: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Of the certificate, where there is one: the sandbox makes it. */
  key: v.optional(v.picklist(['ecdsa', 'rsa']), 'ecdsa'),
  /** Path of a plain GET that comes before the first connection, as from a monitor; null: none. */
  visit: v.optional(v.nullable(v.pipe(v.string(), v.startsWith('/'))), null),
  /** Whether the echo servers speak TLS, for a `proxy_pass https://`. */
  upstreamTls: v.optional(v.boolean(), false),
  /** Whether `all` names it, too. */
  inAll: v.optional(v.boolean(), true),
});
/** A profile with its name (the folder) and the path of its nginx.conf, null for `direct`. */
export type Profile = v.InferOutput<typeof profileSchema> & {
  name: string;
  configurationPath: string | null;
  /** Of a person's own configuration, which is put under load like a profile; null for those of the package. */
  options: ConfigurationOptions | null;
};

/** tunings/<name>.json: what a tuning is for. The change itself is the <name>.conf beside it. */
export const tuningDescriptionSchema = v.strictObject({
  /** The question that a comparison of a profile with and without it answers. */
  question: v.string(),
  /** Options under which its effect should show, as in `--payload 64k`; empty where the usual load does. */
  load: v.string(),
  /** What to expect, and why. */
  expect: v.string(),
  /** Profiles that it can be laid over; null: all that have its blocks. */
  profiles: v.nullable(v.array(v.string())),
});
/** A tuning that comes with the package: its name is that of the file, its text that of the .conf. */
export type ShippedTuning = v.InferOutput<typeof tuningDescriptionSchema> & { name: string; text: string };
