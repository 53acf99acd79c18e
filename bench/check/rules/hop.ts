import {
  httpHops,
  innerAddresses,
  isInner,
  listenedFor,
  type StreamHop,
  socketAt,
  streamHops,
  unlistenedTargets,
} from '../../nginx/hop.ts';
import { addressesOf, listenAddresses, listensOn } from '../../nginx/listen.ts';
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

/**
 * Reports connections that are passed to an address on which no server of the configuration listens. With
 * `pass`, this is always an error. With `proxy_pass`, another program may listen on the address, so the address
 * is reported only if the configuration also has an inner server that carries WebSockets, but to which no
 * connections are passed.
 */
export const unlistened: Rule = ({ tree, isPart, missing, candidates }) => {
  if (isPart || missing.length > 0) return [];
  const reached = innerAddresses(tree);
  const idle = candidates.find(
    ({ sign, server }) =>
      (sign === 'upgrade' || sign === 'asked') &&
      isInner(server) &&
      !addressesOf(server).some((address) => reached.has(address)),
  );
  const fromInner = candidates
    .filter(({ server }) => isInner(server))
    .flatMap(({ self }) => unlistenedTargets(tree, self));
  return candidates.flatMap((candidate): LintFinding[] => {
    const { self, server } = candidate;
    const base = { rule: 'hop', seen: null, remedies: [] };
    const [lost] = directives(self.block, 'pass').filter(
      (pass) => !texts(pass).some((text) => text.includes('$') || isListenedOn(tree, text)),
    );
    if (lost !== undefined) {
      const address = texts(lost)[0] ?? '';
      return [{ ...base, level: 'error', origin: lost.origin, ...finding('pass-unlistened', { address }) }];
    }
    const [address] = unlistenedTargets(tree, self).filter((each) => !fromInner.includes(each));
    if (address === undefined || idle === undefined || isInner(server)) return [];
    const [listen = idle.server] = directives(idle.server.block, 'listen');
    const facts = {
      location: locationOf(candidate),
      address,
      place: place(listen.origin),
      listened: addressesOf(idle.server)[0] ?? '',
    };
    const [pass = self] = directives(self.block, 'proxy_pass');
    return [{ ...base, level: 'note', origin: pass.origin, ...finding('inner-server-unused', facts) }];
  });
};

function isListenedOn(tree: readonly Node[], address: string): boolean {
  return listenedFor(address, listenAddresses(tree)) !== null;
}

/** Whether the `stream` server through which clients reach a candidate disagrees with the server behind it. */
export function isCutOff(tree: readonly Node[], { entrance, server }: Candidate): boolean {
  const hop = streamHops(tree).find((each) => each.server === entrance);
  const levels = [...directives(tree, 'stream'), entrance];
  if (entrance === server || hop === undefined) return false;
  return streamMismatch(tree, { levels, server: entrance }, hop, entrance) !== null;
}

/** What the two ends of a connection disagree about, and the line that belongs to the sending end. */
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
  // If a `stream` server listens without `ssl`, it may pass on the client's own TLS.
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
