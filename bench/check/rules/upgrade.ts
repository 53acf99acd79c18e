import type { Directive, Node } from '../../nginx/tree.ts';
import { place, rewrite, texts } from '../../nginx/tree.ts';
import { defaultVersion, inherited, upgrades } from '../../nginx/websocket.ts';
import { type Candidate, hiddenUpgrade, nameOf, shownPath } from '../candidate.ts';
import type { Finding, Level, Remedy } from '../finding.ts';
import { blockFor, type Rule, type Subject } from '../subject.ts';
import { capital, handshakeEvidence, listWords } from '../words.ts';

/** Names that stand for WebSockets only; `/live` or `/stream` may be something else. */
const CERTAIN = /websocket|socket\.io|sockjs|signalr|(^|[^a-z])(ws|wss|cable)([^a-z]|$)/i;

/** What a location does not do for an upgrade. */
interface Lack {
  text: string;
  /** The line that is wrong; null where one is missing. */
  culprit: Directive | null;
  line: string;
}

const VERSION_LINE = 'proxy_http_version  1.1;';
const UPGRADE_LINE = 'proxy_set_header    Upgrade     $http_upgrade;';
const CONNECTION_LINE = 'proxy_set_header    Connection  $connection_upgrade;';

/**
 * An upgrade is a request of HTTP/1.1 with the headers Upgrade and Connection (RFC 6455 section 4.1). Both belong
 * to one connection (RFC 9110 section 7.6.1), so Nginx passes neither on unless it is told to.
 */
export const upgrade: Rule = (subject) => {
  const lacking = subject.candidates.flatMap((candidate) => {
    const lacks = lacksOf(candidate, subject.nginxVersion);
    const isOpen = subject.seen?.locations.get(candidate)?.handshake.outcome === 'echoed';
    return lacks.length === 0 || isOpen ? [] : [{ candidate, lacks }];
  });
  const [first, ...others] = lacking;
  if (first?.candidate.sign !== 'any') return lacking.map((each) => finding(subject, each));
  const places = others.map(({ candidate }) => place(candidate.self.origin));
  const more =
    places.length === 0 ? '' : ` The other locations that proxy do not either: ${places.join(', ')}.`;
  const found = finding(subject, first);
  return [{ ...found, text: `No location takes WebSockets. ${found.text}${more}` }];
};

/** What is missing for an upgrade, or wrong; nothing for a server of stream. */
export function lacksOf({ sign, levels }: Candidate, nginxVersion: string): Lack[] {
  if (sign === 'stream') return [];
  return [...versionLack(levels, nginxVersion), ...upgradeLack(levels), ...connectionLack(levels)];
}

function versionLack(levels: readonly Directive[], nginxVersion: string): Lack[] {
  const [written = null] = inherited(levels, 'proxy_http_version');
  const version = written?.args[0]?.text ?? defaultVersion(nginxVersion);
  if (version === '1.1') return [];
  return [{ text: `speaks HTTP/${version} to the server behind it`, culprit: written, line: VERSION_LINE }];
}

function upgradeLack(levels: readonly Directive[]): Lack[] {
  if (upgrades(levels)) return [];
  const hidden = hiddenUpgrade({ levels });
  const [own] = inherited(levels, 'proxy_set_header');
  const because =
    hidden === null || own === undefined
      ? ''
      : ` (the one at ${place(hidden.origin)} is not inherited, because proxy_set_header stands at ${place(own.origin)} as well)`;
  return [{ text: `passes no header Upgrade on${because}`, culprit: null, line: UPGRADE_LINE }];
}

function connectionLack(levels: readonly Directive[]): Lack[] {
  const written = connectionHeader(levels);
  const value = written?.args[1]?.text ?? '';
  if (written !== null && (value.includes('$') || /upgrade/i.test(value))) return [];
  // Without one of its own Nginx asks the server to close; an empty one is not sent at all.
  const sent = written === null ? 'close' : value;
  const text = sent === '' ? 'sends no header Connection' : `sends "Connection: ${sent}"`;
  return [{ text, culprit: written, line: CONNECTION_LINE }];
}

/** The `proxy_set_header Connection` that applies. */
export function connectionHeader(levels: readonly Directive[]): Directive | null {
  const headers = inherited(levels, 'proxy_set_header');
  return headers.find(({ args: [name] }) => name?.text.toLowerCase() === 'connection') ?? null;
}

function finding(subject: Subject, { candidate, lacks }: { candidate: Candidate; lacks: Lack[] }): Finding {
  const seen = subject.seen?.locations.get(candidate);
  const [only] = lacks;
  const culprit = lacks.length === 1 ? (only?.culprit ?? null) : null;
  const what = listWords(lacks.map(({ text }) => text));
  return {
    rule: 'upgrade',
    level: levelOf(candidate),
    origin: (culprit ?? candidate.self).origin,
    text: `${capital(nameOf(candidate))} ${what}: a WebSocket handshake becomes an ordinary request.`,
    seen:
      seen === undefined
        ? null
        : handshakeEvidence(
            `A WebSocket on ${shownPath(candidate)}`,
            seen.handshake.outcome,
            seen.handshake.arrived,
          ),
    remedies: [
      { block: blockFor(candidate.levels, 'proxy_set_header'), lines: lacks.map(({ line }) => line) },
      ...(lacks.some(({ line }) => line === CONNECTION_LINE) ? upgradeMap(subject.tree) : []),
    ],
  };
}

function levelOf({ sign, self }: Candidate): Level {
  if (sign === 'hidden') return 'warning';
  return sign !== 'name' || CERTAIN.test(texts(self).join(' ')) ? 'error' : 'warning';
}

/** The header Connection that follows the client's, and the map that it comes from where there is none yet. */
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
