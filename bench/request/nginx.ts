import { Problem } from '../model/failure.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/**
 * The Nginx versions that the variants run on. Each is the path of a binary, or a Debian suite such as
 * `debian:trixie`.
 */
export interface NginxSources {
  /**
   * Used for variants that do not name a version. Null to use the binary on PATH, or a downloaded one if
   * there is none.
   */
  usual: string | null;
  /** Versions with a name. The key is the name that follows the @ in a variant. */
  named: ReadonlyMap<string, string>;
}

const NAMED = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)$/;

/** Parses each `--nginx`, with or without a name; throws a `usage` Problem if one is invalid. */
export function nginxSources(given: GivenOptions): NginxSources {
  const texts = given.get('nginx') ?? [];
  const [usual = null, other] = texts.filter((text) => !NAMED.test(text));
  if (other !== undefined) {
    throw new Problem(
      'usage',
      `--nginx sets both ${quoted(String(usual))} and ${quoted(other)} for all variants. Give each binary a name, for example --nginx new=${other}, and add that name to a variant, such as tls@new.`,
    );
  }
  const named = new Map<string, string>();
  for (const text of texts) {
    const [, name, source = ''] = NAMED.exec(text) ?? [];
    if (name === undefined) continue;
    if (named.has(name)) throw new Problem('usage', `--nginx ${name}= is given twice. Give it once.`);
    if (source === '') {
      const example = `--nginx ${name}=/path/to/nginx`;
      throw new Problem('usage', `--nginx ${name}= needs a path or a suite, for example ${example}.`);
    }
    named.set(name, source);
  }
  return { usual, named };
}
