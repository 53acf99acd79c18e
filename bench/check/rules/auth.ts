import { inherited, isProxied, locatedIn, upgrades } from '../../nginx/located.ts';
import { locationsOf } from '../../nginx/location.ts';
import { place } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import type { Rule } from '../subject.ts';

/** Reports `auth_request` subrequests that ask for an upgrade because they have the headers of the handshake. */
export const auth: Rule = ({ tree, candidates }) => {
  const all = locatedIn(tree, null);
  return candidates.flatMap((candidate): LintFinding[] => {
    const [guard] = candidate.sign === 'stream' ? [] : inherited(candidate.levels, 'auth_request');
    const uri = guard?.args[0]?.text ?? 'off';
    if (guard === undefined || uri === 'off') return [];
    const location = locationsOf(candidate.server, uri.split('?')[0] ?? uri).at(-1);
    const service = all.find((each) => each.server === candidate.server && each.location === location);
    if (service === undefined || !isProxied(service.location)) return [];
    if (!upgrades([...service.levels, service.location])) return [];
    return [
      {
        rule: 'auth-request',
        level: 'warning',
        origin: service.location.origin,
        ...finding('auth-upgrade', { location: locationOf(candidate), uri, place: place(guard.origin) }),
        seen: null,
        remedies: [
          {
            block: 'location',
            lines: ['proxy_set_header  Upgrade     "";', 'proxy_set_header  Connection  "";'],
          },
        ],
      },
    ];
  });
};
