import assert from 'node:assert/strict';
import type { Facts } from '../model/finding.ts';
import type { Probe } from '../model/run.ts';
import { wrapFragment } from '../nginx/fragment.ts';
import { parse } from '../nginx/parse.ts';
import { print } from '../nginx/print.ts';
import { type Directive, directives, type Node, texts } from '../nginx/tree.ts';
import { findCandidates } from './candidate.ts';
import type { CheckReport } from './check.ts';
import type { LintFinding, Remedy } from './finding.ts';
import type { LocationSeen, Seen } from './observation.ts';
import type { Subject } from './subject.ts';

export const FILE = '/site/nginx.conf';

export const UPGRADE = `proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $connection_upgrade;`;
const MAP = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }";

/** A complete configuration with no faults apart from the inserted text. The server starts on line 8. */
export function whole({ server = '', http = '', main = 'worker_rlimit_nofile 40000;', events = '' } = {}) {
  return `worker_processes 4;
${main.replaceAll('\n', ' ')}
worker_shutdown_timeout 1h;
events { worker_connections 20000; ${events.replaceAll('\n', ' ')} }
http {
${MAP}
${http.replaceAll('\n', ' ')}
server {
listen 80;
server_name a.example.org;
${server}
}
}
`;
}

/** A location without faults. */
export const SOUND = `location /ws { proxy_pass http://app; ${UPGRADE.replaceAll('\n', ' ')} proxy_read_timeout 1h; access_log off; }`;

export function subjectOf(text: string, changes: Partial<Subject> = {}): Subject {
  const nodes = parse(text, FILE);
  const tree = wrapFragment(nodes, () => {});
  const candidates = findCandidates(tree, { websocketPath: null, host: null });
  const isPart = tree[0] !== nodes[0];
  return { tree, isPart, missing: [], nginxVersion: '1.22.1', candidates, seen: null, ...changes };
}

export const OPENED: LocationSeen = {
  handshake: {
    outcome: 'echoed',
    arrived: { httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade' },
  },
  trace: null,
  passed: null,
  get: { status: 426, arrived: { httpVersion: '1.1', upgrade: null, connection: null } },
  cache: null,
  idle: null,
};

const NOTHING: Seen = {
  locations: new Map(),
  tls: new Map(),
  upstreams: new Map(),
  log: null,
  reload: null,
  capacity: null,
};

/** Like the function above, with the given observations of each location. */
export function seenAs(
  subject: Subject,
  location: Partial<LocationSeen>,
  others: Partial<Seen> = {},
): Subject {
  const locations = new Map(subject.candidates.map((each) => [each, { ...OPENED, ...location }]));
  return { ...subject, seen: { ...NOTHING, locations, ...others } };
}

export function upstreamIn({ tree }: Pick<Subject, 'tree'>): Directive {
  const [upstream] = directives(tree, 'http').flatMap(({ block }) => directives(block, 'upstream'));
  assert.ok(upstream);
  return upstream;
}

/** Returns the only finding, after comparing its `level :line code` and this part of its data. */
export function only(findings: readonly LintFinding[], expected: string, data: Facts = {}): LintFinding {
  const [found, ...others] = findings;
  assert.ok(found && others.length === 0, JSON.stringify(findings));
  assert.equal(`${found.level} :${found.origin?.line} ${found.code}`, expected);
  assert.deepEqual({ ...found.data, ...data }, found.data);
  return found;
}

/** Everything in findings except their sentences: a line for each finding, its evidence, and each suggestion. */
export function described(findings: readonly LintFinding[]): string[] {
  return findings.flatMap(({ rule, level, origin, code, data, seen, remedies }) => {
    const { text: _, code: shown, data: facts, ...figures } = seen ?? {};
    return [
      `${level} ${rule} :${origin?.line ?? 'none'} ${code} ${JSON.stringify(data)}`,
      ...(seen === null ? [] : [`  seen ${shown} ${JSON.stringify(facts)} ${JSON.stringify(figures)}`]),
      ...remedies.map(({ block, lines }) => `  ${block}: ${lines.join(' | ')}`),
    ];
  });
}

/** Inserts text into the server of a complete configuration. */
export const ofServer = (server: string) => subjectOf(whole({ server }));

const PROBE: Probe = {
  alpn: null,
  alpnOffered: 'h2',
  extendedConnect: false,
  tlsProtocol: 'TLSv1.3',
  tlsCipher: 'TLS_AES_256_GCM_SHA384',
  tlsKeyType: 'ec',
  tlsResumed: true,
};

/** A server with TLS, and the result of probing it. */
export function probed(server: string, probe: Partial<Probe>, listen = 'listen 443 ssl http2;'): Subject {
  const subject = subjectOf(whole({ server: `${server}\n${SOUND}` }).replace('listen 80;', listen));
  const tls = new Map(subject.candidates.map((each) => [each.server, { ...PROBE, ...probe }]));
  return seenAs(subject, {}, { tls });
}

/** Applies a finding's suggestion to a configuration. */
export function remedied(text: string, { origin, remedies }: LintFinding): string {
  const tree = parse(text, FILE);
  const lines = remedies.reduce((soFar, remedy) => withRemedy(soFar, remedy, origin?.line ?? 0), tree);
  return print(lines).text;
}

/** Inserts lines into the outermost block with this name that contains the line, or at the top of the main file. */
function withRemedy(tree: readonly Node[], { block, lines }: Remedy, line: number): Node[] {
  const written = parse(lines.join('\n'), 'the remedy');
  if (block === 'main') return merged(tree, written);
  let isDone = false;
  const visit = (nodes: readonly Node[]): Node[] =>
    nodes.map((node) => {
      if (isDone || node.kind === 'comment' || node.block === null) return node;
      if (node.name !== block) return { ...node, block: visit(node.block) };
      if (['location', 'server', 'upstream'].includes(block) && !linesOf(node).includes(line)) {
        return { ...node, block: visit(node.block) };
      }
      isDone = true;
      return { ...node, block: merged(node.block, written) };
    });
  const done = visit(tree);
  // A partial configuration lacks the enclosing blocks.
  if (!isDone && block === 'http') return merged(tree, written);
  assert.ok(isDone, `no ${block} at line ${line}`);
  return done;
}

function linesOf(node: Directive): number[] {
  return [node.origin?.line ?? 0, ...directives(node.block).flatMap(linesOf)];
}

const METHODS = ['ip_hash', 'hash', 'least_conn'];

/** Inserted lines replace existing directives with the same name. */
function merged(level: readonly Node[], written: readonly Node[]): Node[] {
  const keyOf = (node: Directive) => {
    if (METHODS.includes(node.name)) return 'method';
    return /^(server|proxy_set_header)$/.test(node.name) && node.block === null
      ? `${node.name} ${texts(node)[0]}`
      : node.name;
  };
  const keys = new Set(directives(written).map(keyOf));
  const isReplaced = (node: Node) =>
    node.kind === 'directive' && node.block === null && keys.has(keyOf(node));
  return [...written, ...level.filter((node) => !isReplaced(node))];
}

/** Creates a report with these findings on a configuration that could not be run. */
export function reportOf(findings: readonly LintFinding[], path = 'site.conf'): CheckReport {
  return {
    path,
    nginx: { path: '/usr/sbin/nginx', version: '1.22.1' },
    tried: false,
    candidates: [],
    seen: null,
    findings,
    changes: [],
  };
}

/** Creates a finding with these members; the others are those of an ordinary warning. */
export function findingWith(changes: Partial<LintFinding>): LintFinding {
  return {
    rule: 'idle-timeout',
    level: 'warning',
    origin: { file: '/etc/site.conf', line: 12 },
    code: 'idle-timeout',
    data: {},
    text: 'It is cut.',
    seen: null,
    remedies: [],
    ...changes,
  };
}
