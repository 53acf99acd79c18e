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

const NAMED = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/;

/** Reads every `--nginx`, with a name or without; throws a Problem of kind `usage`. */
export function nginxSources(given: GivenOptions): NginxSources {
  let usual: string | null = null;
  const named = new Map<string, string>();
  for (const text of given.get('nginx') ?? []) {
    const [, name, source] = NAMED.exec(text) ?? [];
    if (name === undefined || source === undefined) {
      if (usual !== null) {
        throw new Problem(
          'usage',
          `--nginx names ${quoted(usual)} and ${quoted(text)} for all variants: give each a name, as in --nginx new=${text}, and write tls@new.`,
        );
      }
      usual = text;
    } else {
      if (named.has(name)) throw new Problem('usage', `--nginx ${name}= is given twice; give it once.`);
      named.set(name, source);
    }
  }
  return { usual, named };
}
