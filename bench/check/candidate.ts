import { vitalParts } from '../nginx/complaint.ts';
import { isDefaultServer } from '../nginx/listen.ts';
import {
  carries,
  inherited,
  isProxied,
  isTelling,
  type Located,
  locatedIn,
  upgrades,
} from '../nginx/located.ts';
import { locationsOf } from '../nginx/location.ts';
import { fallbackOf, frontsOf, pathTo, shadowedBy } from '../nginx/route.ts';
import { type Directive, directives, type Node, texts } from '../nginx/tree.ts';
import { upstreamName } from '../nginx/upstream-name.ts';
import { hostOf, streamEntrances, type Wanted } from '../nginx/websocket.ts';

/**
 * Why a location may carry WebSockets:
 * - `asked`: the person named its path;
 * - `upgrade`: it passes the Upgrade header on;
 * - `hidden`: a level around it does, but its own headers replace the inherited ones;
 * - `hop`: it passes requests on to another server of the configuration that has such a location;
 * - `name`: its name is typical of WebSockets;
 * - `stream`: its `stream` server passes everything on;
 * - `any`: it uses proxy_pass, and no location has a better sign.
 */
export type Sign = 'asked' | 'upgrade' | 'hidden' | 'hop' | 'name' | 'stream' | 'any';

/** A location that may carry WebSockets, or a server of `stream`. */
export interface Candidate {
  sign: Sign;
  server: Directive;
  /** The blocks around it, outermost first, and itself. */
  levels: readonly Directive[];
  /** The location; of `stream`: the server. */
  self: Directive;
  /** Path that leads to it, perhaps with a query; null if none is found. */
  path: string | null;
  /** Host that leads to its server; null if none does. */
  host: string | null;
}

/** The Host of a request that has no better name. */
const NO_NAME = 'localhost';

/** All locations that may carry WebSockets, in file order; servers of stream last. */
export function findCandidates(tree: readonly Node[], wanted: Wanted): Candidate[] {
  const all = locatedIn(tree, wanted.host);
  const streams = streamEntrances(tree).map((server) => streamCandidate(tree, server));
  if (wanted.websocketPath !== null) return [...askedFor(tree, all, wanted), ...streams];
  const open = all.filter(
    ({ location }) => isProxied(location) && directives(location.block, 'internal').length === 0,
  );
  const candidateOf = (sign: Sign, located: Located) =>
    candidate(tree, sign, located, pathTo(located, all), wanted);
  const signed = open.flatMap((located) => {
    const sign = signOf(located);
    return sign === null ? [] : [candidateOf(sign, located)];
  });
  const found = withFronts(tree, all, signed, wanted);
  if (found.length > 0 || streams.length > 0) return [...found, ...streams];
  return open.map((located) => candidateOf('any', located));
}

/** Also the locations of other servers that lead to these. They are entered by the path of the next one. */
function withFronts(
  tree: readonly Node[],
  all: readonly Located[],
  signed: readonly Candidate[],
  wanted: Wanted,
): Candidate[] {
  const fronts = new Map<Directive, Candidate>();
  for (const { sign, server, path } of signed) {
    if (path === null || sign === 'name') continue;
    for (const front of frontsOf(tree, { server }, path, all)) {
      const sign = carries(front) ? 'upgrade' : 'hop';
      fronts.set(front.location, candidate(tree, sign, front, path, wanted));
    }
  }
  const others = signed.filter(({ self }) => !fronts.has(self));
  const order = new Map(all.map(({ location }, index) => [location, index]));
  return [...others, ...fronts.values()].toSorted(
    (a, b) => (order.get(a.self) ?? 0) - (order.get(b.self) ?? 0),
  );
}

/** How a finding names it: the arguments of its `location`; null for a server of `stream`. */
export function locationOf({ self }: Candidate): string | null {
  return self.name === 'location' ? texts(self).join(' ') : null;
}

/** Its path without a query, which may hold a secret. */
export function shownPath({ path }: Candidate): string {
  return path?.split('?')[0] ?? 'no path';
}

function signOf(located: Located): Sign | null {
  if (carries(located)) return 'upgrade';
  if (refusesUpgrade(located)) return null;
  if (isTelling(located.location)) return 'name';
  return hiddenUpgrade(located) === null ? null : 'hidden';
}

/** An empty header is not sent: whoever wrote it wants no WebSockets there. */
function refusesUpgrade({ location, levels }: Located): boolean {
  return inherited([...levels, location], 'proxy_set_header').some(
    ({ args: [name, value] }) => name?.text.toLowerCase() === 'upgrade' && value?.text === '',
  );
}

/** The directive that passes Upgrade on, at a level whose headers are replaced by those of an inner level. */
export function hiddenUpgrade({ levels }: Pick<Located, 'levels'>): Directive | null {
  const level = levels.findLast((each) => upgrades([each]));
  const set = directives(level?.block ?? null, 'proxy_set_header');
  return set.find(({ args: [name] }) => name?.text.toLowerCase() === 'upgrade') ?? null;
}

function candidate(
  tree: readonly Node[],
  sign: Sign,
  { server, location, levels }: Located,
  path: string | null,
  { host }: Wanted,
): Candidate {
  const named = host ?? hostOf(server) ?? (isDefaultServer(tree, server) ? NO_NAME : null);
  return { sign, server, levels: [...levels, location], self: location, path, host: named };
}

function streamCandidate(tree: readonly Node[], server: Directive): Candidate {
  const stream = directives(tree, 'stream')[0];
  const levels = stream === undefined ? [server] : [stream, server];
  return { sign: 'stream', server, levels, self: server, path: '/', host: NO_NAME };
}

function askedFor(tree: readonly Node[], all: readonly Located[], wanted: Wanted): Candidate[] {
  const { websocketPath } = wanted;
  const [path = ''] = (websocketPath ?? '').split('?');
  return [...new Set(all.map(({ server }) => server))].flatMap((server) => {
    const location = locationsOf(server, path).at(-1);
    const located = all.find((each) => each.server === server && each.location === location);
    const own = all.filter((each) => each.server === server);
    const answering =
      located === undefined || isProxied(located.location)
        ? located
        : (fallbackOf(located, all) ?? shadowedBy(path, own.filter(carries)) ?? undefined);
    return answering === undefined ? [] : [candidate(tree, 'asked', answering, websocketPath, wanted)];
  });
}

/** The upstreams to which a candidate may pass requests. */
export function upstreamsOf(tree: readonly Node[], { sign, self }: Candidate): Directive[] {
  if (sign !== 'stream') return vitalParts(tree, self).slice(1);
  const names = directives(self.block, 'proxy_pass').flatMap(texts).map(upstreamName);
  return directives(tree, 'stream')
    .flatMap(({ block }) => directives(block, 'upstream'))
    .filter(({ args: [name] }) => names.includes(upstreamName(name?.text ?? '')));
}

/** The entries of an upstream; Nginx counts those that are `down` or `backup`, too, before it forgives a failure. */
export function allServers(upstream: Directive): Directive[] {
  return directives(upstream.block, 'server');
}

/** The entries of an upstream that are used while all are healthy. */
export function activeServers(upstream: Directive): Directive[] {
  return directives(upstream.block, 'server').filter(
    (entry) => !texts(entry).some((text) => text === 'down' || text === 'backup'),
  );
}
