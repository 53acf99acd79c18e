import type { Probe } from '../../model/run.ts';
import { addressesOf, listensOn } from '../../nginx/listen.ts';
import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, texts } from '../../nginx/tree.ts';
import { atLeast } from '../../nginx/version.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import { type Evidence, evidence, type LintFinding } from '../finding.ts';
import { failedHandshake, isSound, type Rule, type Subject } from '../subject.ts';

/** From this version on, a listener for HTTP/2 without TLS also accepts HTTP/1.1. */
const BOTH_SINCE = '1.25.1';

/**
 * Reports the effect of HTTP/2 on WebSockets. With TLS, there is none. Without TLS, Nginx before 1.25.1 accepts
 * no WebSockets.
 */
export const http2: Rule = (subject) => {
  const { candidates, seen } = subject;
  const servers = new Map(candidates.map((candidate) => [candidate.server, candidate]));
  return [...servers].flatMap(([server, candidate]): LintFinding[] => {
    if (candidate.sign === 'stream') return [];
    const alone = http2Alone(candidate, subject);
    if (alone !== null) return [cleartext(alone, candidate, failedHandshake(subject, candidate))];
    const listens = directives(server.block, 'listen').filter((listen) => texts(listen).includes('http2'));
    const [directive] = inherited(candidate.levels.slice(0, 2), 'http2');
    const written = listens[0] ?? (directive?.args[0]?.text === 'on' ? directive : undefined);
    if (written === undefined || !isSound(subject, candidate)) return [];
    return [overTls(written, seen?.tls.get(server))];
  });
};

/**
 * Returns the `listen` that keeps a candidate's server from accepting HTTP/1.1; null if there is none. The
 * `listen` may belong to another server on the same socket.
 */
export function http2Alone(
  { sign, server, levels }: Candidate,
  { tree, nginxVersion }: Pick<Subject, 'tree' | 'nginxVersion'>,
): Directive | null {
  const isOldTls = inherited(levels, 'ssl')[0]?.args[0]?.text === 'on';
  if (sign === 'stream' || isOldTls || atLeast(nginxVersion, BOTH_SINCE)) return null;
  const shared = addressesOf(server).flatMap((address) => {
    const there = listensOn(tree, address);
    const isTls = there.some((listen) => texts(listen).includes('ssl'));
    return isTls ? [] : there.filter((listen) => texts(listen).includes('http2'));
  });
  const own = new Set(directives(server.block, 'listen'));
  return shared.find((listen) => own.has(listen)) ?? shared[0] ?? null;
}

function cleartext(
  listen: Directive,
  { server, ...candidate }: Candidate,
  seen: Evidence | null,
): LintFinding {
  const words = texts(listen).filter((text) => text !== 'http2');
  const isOthers = !directives(server.block, 'listen').includes(listen);
  return {
    rule: 'http2',
    level: 'error',
    origin: listen.origin,
    ...finding('http2-only', { since: BOTH_SINCE, location: locationOf({ server, ...candidate }), isOthers }),
    seen,
    remedies: [{ block: 'server', lines: [`listen  ${words.join('  ')};`] }],
  };
}

function overTls(written: Directive, probe: Probe | undefined): LintFinding {
  const extendedConnect = probe?.extendedConnect === true;
  return {
    rule: 'http2',
    level: 'note',
    origin: written.origin,
    ...finding(extendedConnect ? 'http2-with-websockets' : 'http2-without-websockets', {}),
    seen: probe?.alpnOffered === 'h2' ? evidence('http2-settings', { extendedConnect }) : null,
    remedies: [],
  };
}
