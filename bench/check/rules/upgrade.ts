import { inherited, upgrades } from '../../nginx/located.ts';
import type { Directive, Node } from '../../nginx/tree.ts';
import { place, rewrite, texts } from '../../nginx/tree.ts';
import { atLeast } from '../../nginx/version.ts';
import { defaultVersion, HTTP_1_1_SINCE } from '../../nginx/websocket.ts';
import type { LackFacts } from '../../wording/check/handshake.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, hiddenUpgrade, locationOf } from '../candidate.ts';
import type { LintFinding, Remedy, Severity } from '../finding.ts';
import { blockFor, failedHandshake, isSound, type Rule, type Subject } from '../subject.ts';
import { setterOf } from './headers.ts';

/** Names used only for WebSockets; `/live` or `/stream` may be something else. */
const CERTAIN = /websocket|socket\.io|sockjs|signalr|(^|[^a-z])(ws|wss|cable)([^a-z]|$)/i;

/**
 * Something that a location lacks for an upgrade. `culprit` is the incorrect line; null if the line is
 * missing.
 */
interface Lack {
  facts: LackFacts;
  culprit: Directive | null;
}

const VERSION_LINE = 'proxy_http_version  1.1;';
const CONNECTION_LINE = 'proxy_set_header    Connection  $connection_upgrade;';
const UPGRADE_LINE = 'proxy_set_header    Upgrade     $http_upgrade;';
const LINES: Record<LackFacts['lack'], string> = {
  version: VERSION_LINE,
  upgrade: UPGRADE_LINE,
  protocol: UPGRADE_LINE,
  connection: CONNECTION_LINE,
};

/**
 * An upgrade is an HTTP/1.1 request with the headers Upgrade and Connection (RFC 6455 section 4.1). Both
 * headers apply to a single connection (RFC 9110 section 7.6.1), so Nginx passes neither on unless the
 * configuration says so.
 */
export const upgrade: Rule = (subject) => {
  const lacking = subject.candidates.flatMap((candidate) => {
    const lacks = lacksOf(candidate, subject);
    const isOpen = subject.seen?.locations.get(candidate)?.handshake.outcome === 'echoed';
    return lacks.length === 0 || isOpen ? [] : [{ candidate, lacks }];
  });
  const isNowhere = lacking[0]?.candidate.sign === 'any';
  const others = lacking.slice(1).map(({ candidate }) => place(candidate.self.origin));
  return (isNowhere ? lacking.slice(0, 1) : lacking).map(({ candidate, lacks }): LintFinding => {
    const [only] = lacks;
    const culprit = lacks.length === 1 ? only?.culprit : null;
    const facts = { location: locationOf(candidate), lacks: lacks.map((lack) => lack.facts) };
    return {
      rule: 'upgrade',
      level: levelOf(candidate),
      origin: (culprit ?? candidate.self).origin,
      ...(isNowhere
        ? finding('upgrade-nowhere', { ...facts, others })
        : finding('upgrade-not-passed', facts)),
      seen: failedHandshake(subject, candidate),
      remedies: [
        {
          block: blockFor(candidate.levels, 'proxy_set_header'),
          lines: facts.lacks.map(({ lack }) => LINES[lack]),
        },
        ...(facts.lacks.some(({ lack }) => lack === 'connection') ? upgradeMap(subject.tree) : []),
      ],
    };
  });
};

/** Returns everything missing or incorrect for an upgrade; empty for a `stream` server. */
export function lacksOf(
  candidate: Candidate,
  { nginxVersion, seen }: Pick<Subject, 'nginxVersion' | 'seen'>,
): Lack[] {
  const { sign, levels } = candidate;
  if (sign === 'stream') return [];
  const sent = seen?.locations.get(candidate)?.handshake.arrived?.upgrade ?? null;
  return [
    ...versionLack(levels, nginxVersion),
    ...upgradeLack(levels),
    ...protocolLack(levels, sent),
    ...connectionLack(levels),
  ];
}

/** Nginx passes on any value, but only `websocket` is an upgrade to WebSocket (RFC 6455 section 4.1). */
function protocolLack(levels: readonly Directive[], sent: string | null): Lack[] {
  const culprit = setterOf(levels, 'upgrade');
  const written = culprit?.args[1]?.text ?? '';
  if (culprit === null || written === '') return [];
  const isWrong = sent === null ? !written.includes('$') && !isWebSocket(written) : !isWebSocket(sent);
  return isWrong ? [{ facts: { lack: 'protocol', written, sent }, culprit }] : [];
}

function isWebSocket(text: string): boolean {
  return text.toLowerCase() === 'websocket';
}

function versionLack(levels: readonly Directive[], nginxVersion: string): Lack[] {
  const [written = null] = inherited(levels, 'proxy_http_version');
  const version = written?.args[0]?.text ?? defaultVersion(nginxVersion);
  if (version === '1.1') return [];
  return [{ facts: { lack: 'version', version }, culprit: written }];
}

function upgradeLack(levels: readonly Directive[]): Lack[] {
  if (upgrades(levels)) return [];
  const hidden = hiddenUpgrade({ levels });
  const [own] = inherited(levels, 'proxy_set_header');
  const replaced =
    hidden === null || own === undefined ? null : { set: place(hidden.origin), by: place(own.origin) };
  return [{ facts: { lack: 'upgrade', replaced }, culprit: null }];
}

function connectionLack(levels: readonly Directive[]): Lack[] {
  const written = connectionHeader(levels);
  const value = written?.args[1]?.text ?? '';
  if (written !== null && (value.includes('$') || /upgrade/i.test(value))) return [];
  // Without `proxy_set_header Connection`, Nginx sends "close". If the value is empty, Nginx sends no
  // Connection header.
  const sent = written === null ? 'close' : value;
  return [{ facts: { lack: 'connection', sent }, culprit: written }];
}

/** Returns the `proxy_set_header Connection` that applies. */
export function connectionHeader(levels: readonly Directive[]): Directive | null {
  const headers = inherited(levels, 'proxy_set_header');
  return headers.find(({ args: [name] }) => name?.text.toLowerCase() === 'connection') ?? null;
}

function levelOf({ sign, self }: Candidate): Severity {
  if (sign === 'hidden') return 'warning';
  return sign !== 'name' || CERTAIN.test(texts(self).join(' ')) ? 'error' : 'warning';
}

/**
 * Suggests a Connection header that depends on the client's request and, if missing, the map that sets its
 * value.
 */
export function connectionRemedy(tree: readonly Node[], { levels }: Pick<Candidate, 'levels'>): Remedy[] {
  return [{ block: blockFor(levels, 'proxy_set_header'), lines: [CONNECTION_LINE] }, ...upgradeMap(tree)];
}

function upgradeMap(tree: readonly Node[]): Remedy[] {
  let isDefined = false;
  rewrite(tree, (node) => {
    if (node.name === 'map' || node.name === 'set') isDefined ||= texts(node).includes('$connection_upgrade');
    return [node];
  });
  if (isDefined) return [];
  const lines = ['map $http_upgrade $connection_upgrade {', '    default  upgrade;', "    ''       '';", '}'];
  return [{ block: 'http', lines }];
}

/** Reports upgrades that work only because of a default that earlier Nginx versions do not have. */
export const httpVersion: Rule = (subject) => {
  const { nginxVersion } = subject;
  if (!atLeast(nginxVersion, HTTP_1_1_SINCE)) return [];
  return subject.candidates.flatMap((candidate): LintFinding[] => {
    const isWritten = inherited(candidate.levels, 'proxy_http_version').length > 0;
    if (isWritten || candidate.sign === 'stream' || !isSound(subject, candidate)) return [];
    const location = locationOf(candidate);
    return [
      {
        rule: 'http-version',
        level: 'warning',
        origin: candidate.self.origin,
        ...finding('http-version-by-default', { location, nginxVersion, since: HTTP_1_1_SINCE }),
        seen: null,
        remedies: [{ block: 'location', lines: [VERSION_LINE] }],
      },
    ];
  });
};
