import { Problem } from '../model/failure.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** Which Nginx variants run on: each the path of a binary, or a suite of Debian, `debian:trixie`. */
export interface NginxSources {
  /** Of variants that name none; null: the one on PATH, else a fetched one. */
  usual: string | null;
  /** By the name that stands after the @ of a variant. */
  named: ReadonlyMap<string, string>;
}

const NAMED = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)$/;

/** Reads every `--nginx`, with a name or without; throws a Problem of kind `usage`. */
export function nginxSources(given: GivenOptions): NginxSources {
  const texts = given.get('nginx') ?? [];
  const [usual = null, other] = texts.filter((text) => !NAMED.test(text));
  if (other !== undefined) {
    throw new Problem(
      'usage',
      `--nginx names ${quoted(String(usual))} and ${quoted(other)} for all variants: give each a name, as in --nginx new=${other}, and write tls@new.`,
    );
  }
  const named = new Map<string, string>();
  for (const text of texts) {
    const [, name, source = ''] = NAMED.exec(text) ?? [];
    if (name === undefined) continue;
    if (named.has(name)) throw new Problem('usage', `--nginx ${name}= is given twice; give it once.`);
    if (source === '') {
      const example = `--nginx ${name}=/path/to/nginx`;
      throw new Problem('usage', `--nginx ${name}= names no Nginx: write it as in ${example}.`);
    }
    named.set(name, source);
  }
  return { usual, named };
}
