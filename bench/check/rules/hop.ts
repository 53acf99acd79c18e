import { httpHops, type StreamHop, socketAt, streamHops } from '../../nginx/hop.ts';
import { listensOn } from '../../nginx/listen.ts';
import { inherited } from '../../nginx/located.ts';
import { streamPasses } from '../../nginx/proxy-pass.ts';
import { type Directive, directives, type Node, place, texts } from '../../nginx/tree.ts';
import type { HopMismatch } from '../../wording/check/handshake.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { failedHandshake, type Rule } from '../subject.ts';

/**
 * Reports two servers of a configuration that disagree about TLS or the PROXY protocol on the connection
 * between them.
 */
export const hop: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const mismatch = mismatchOf(subject.tree, candidate);
    if (mismatch === null) return [];
    const { what, address, line } = mismatch;
    const [listen] = listensOn(subject.tree, address);
    return [
      {
        rule: 'hop',
        level: 'error',
        origin: line.origin,
        ...finding('hop-mismatch', {
          location: locationOf(candidate),
          what,
          place: place(listen?.origin ?? null),
        }),
        seen: failedHandshake(subject, candidate),
        remedies: [],
      },
    ];
  });

/** Whether the `stream` server through which clients reach a candidate disagrees with the server behind it. */
export function isCutOff(tree: readonly Node[], { entrance, server }: Candidate): boolean {
  const hop = streamHops(tree).find((each) => each.server === entrance);
  const levels = [...directives(tree, 'stream'), entrance];
  if (entrance === server || hop === undefined) return false;
  return streamMismatch(tree, { levels, server: entrance }, hop, entrance) !== null;
}

/** What the two ends disagree about, and the line of the sending end. */
interface Mismatch {
  what: HopMismatch;
  address: string;
  line: Directive;
}

/** Returns the first disagreement with a server to which a candidate passes requests; null if there is none. */
export function mismatchOf(tree: readonly Node[], candidate: Candidate): Mismatch | null {
  const { sign, server, self } = candidate;
  const [line = self] = streamPasses(self);
  if (sign === 'stream') {
    const own = streamHops(tree).find((each) => each.server === server);
    return own === undefined ? null : streamMismatch(tree, candidate, own, line);
  }
  for (const { address, tls } of httpHops(tree, { server, location: self })) {
    const socket = socketAt(tree, address);
    if (socket.proxyProtocol) return { what: 'proxy-protocol-missing', address, line };
    if (tls !== socket.tls) return { what: tls ? 'tls-unexpected' : 'tls-missing', address, line };
  }
  return null;
}

function streamMismatch(
  tree: readonly Node[],
  { levels, server }: Pick<Candidate, 'levels' | 'server'>,
  { addresses, proxyProtocol, tls }: StreamHop,
  pass: Directive,
): Mismatch | null {
  // Without `ssl`, the client's own TLS may pass through.
  const isClear = !directives(server.block, 'listen').some((listen) => texts(listen).includes('ssl'));
  for (const address of addresses) {
    const socket = socketAt(tree, address);
    if (proxyProtocol && !socket.proxyProtocol) {
      const [line = pass] = inherited(levels, 'proxy_protocol');
      return { what: 'proxy-protocol-unexpected', address, line };
    }
    if (socket.proxyProtocol && !proxyProtocol)
      return { what: 'proxy-protocol-missing', address, line: pass };
    if (tls && !socket.tls) return { what: 'tls-unexpected', address, line: pass };
    if (socket.tls && !tls && !isClear) return { what: 'tls-missing', address, line: pass };
  }
  return null;
}
