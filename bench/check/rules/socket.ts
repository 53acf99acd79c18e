import { addressesOf, defaultServerAt, listensOn } from '../../nginx/listen.ts';
import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, place, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import type { Rule, Subject } from '../subject.ts';

/**
 * Reports `ssl` and `proxy_protocol` in the `listen` of another server on the same socket. In all versions,
 * both apply to the whole socket, whichever server has them. For `http2`, see http2.ts.
 */
export const sharedSocket: Rule = (subject) =>
  subject.candidates.flatMap((candidate) =>
    (['ssl', 'proxy_protocol'] as const).flatMap((parameter): LintFinding[] => {
      const deciding = decidingListen(subject, candidate, parameter);
      if (deciding === null) return [];
      const { listen, own } = deciding;
      const hasCertificate = certificateOf(candidate) !== null;
      return [
        {
          rule: parameter === 'ssl' ? 'shared-ssl' : 'proxy-protocol',
          level: parameter === 'proxy_protocol' ? 'warning' : hasCertificate ? 'note' : 'error',
          origin: listen.origin,
          ...finding('shared-socket', {
            parameter,
            place: place(listen.origin),
            own: place(own.origin),
            hasCertificate,
            location: locationOf(candidate),
          }),
          seen: null,
          remedies: [],
        },
      ];
    }),
  );

/**
 * Returns the other server's `listen` that sets a parameter for a socket of the candidate's server; null if
 * there is none, or if the candidate's server also sets the parameter there.
 */
function decidingListen(
  { tree }: Pick<Subject, 'tree'>,
  candidate: Candidate,
  parameter: string,
): { listen: Directive; own: Directive } | null {
  const { server } = candidate;
  const all = directives(server.block, 'listen');
  for (const address of addressesOf(server)) {
    const there = listensOn(tree, address);
    const asking = there.filter((listen) => texts(listen).includes(parameter));
    const [listen] = asking;
    // If the socket's default server has no certificate, Nginx rejects the configuration (refused.ts).
    const isRejected =
      parameter === 'ssl' && certificateOf(candidate) === null && defaultServerAt(tree, address) === server;
    if (listen !== undefined && !isRejected && !asking.some((each) => all.includes(each)))
      return { listen, own: there.find((each) => all.includes(each)) ?? server };
  }
  return null;
}

function certificateOf({ levels }: Candidate): Directive | null {
  return inherited(levels, 'ssl_certificate')[0] ?? null;
}
