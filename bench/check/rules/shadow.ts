import { shadowOf } from '../../nginx/route.ts';
import { type Directive, place, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import type { Rule } from '../subject.ts';

/**
 * A regular expression takes precedence over a prefix, regardless of their order
 * (ngx_http_core_find_location).
 */
export const shadow: Rule = ({ candidates }) =>
  candidates.flatMap((candidate): LintFinding[] => {
    const taker = takerOf(candidate);
    if (taker === null) return [];
    const [prefix = ''] = texts(candidate.self);
    const remedy = `location ^~ ${prefix}`;
    return [
      {
        rule: 'shadowed',
        level: 'error',
        origin: candidate.self.origin,
        ...finding('location-shadowed', {
          location: locationOf(candidate),
          by: texts(taker).join(' '),
          place: place(taker.origin),
          remedy,
        }),
        seen: null,
        remedies: [{ block: 'server', lines: [`${remedy} {`] }],
      },
    ];
  });

/** Returns the regular expression that takes all requests to a candidate; null if there is none. */
export function takerOf({ sign, server, self }: Candidate): Directive | null {
  return sign === 'stream' ? null : shadowOf({ server, location: self });
}
