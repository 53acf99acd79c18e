import { vitalParts } from '../nginx/complaint.ts';
import { httpServersBehind, innerConnections, passesTlsOn, socketAt, streamHops } from '../nginx/hop.ts';
import { addressesOf, isDefaultServer } from '../nginx/listen.ts';
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
 * - `asked`: the user named its path;
 * - `upgrade`: it passes the Upgrade header on;
 * - `hidden`: an outer level passes the Upgrade header on, but an inner level replaces the headers;
 * - `hop`: it passes requests on to another server in the configuration that has such a location;
 * - `name`: its name is typical of WebSockets;
 * - `stream`: its `stream` server passes everything on;
 * - `any`: it uses proxy_pass, and no location shows any of the signs above.
 */
export type Sign = 'asked' | 'upgrade' | 'hidden' | 'hop' | 'name' | 'stream' | 'any';

/** A location that may carry WebSockets, or a `stream` server. */
export interface Candidate {
  sign: Sign;
  server: Directive;
  /** The enclosing blocks, outermost first, followed by the location or server. */
  levels: readonly Directive[];
  /** The location or, for `stream`, the server. */
  self: Directive;
  /** Path that leads to the location, possibly with a query string; null if none is found. */
  path: string | null;
  /** Host name that leads to the server; null if none is found. */
  host: string | null;
  /**
   * The server to which clients connect: usually `server` itself. If `server` uses the PROXY protocol and
   * accepts connections only from the configuration's `stream` servers, the entrance is one of those.
   */
  entrance: Directive;
  /** Whether clients use TLS that a `stream` server passes on to the http server behind it. */
  passesTls: boolean;
}

/** Host header for a request if no better name is known. */
const NO_NAME = 'localhost';

/** Returns all locations that may carry WebSockets, in file order, with `stream` servers last. */
export function findCandidates(tree: readonly Node[], wanted: Wanted): Candidate[] {
  const all = locatedIn(tree, wanted.host);
  const withStreams = (found: readonly Candidate[]) => [...found, ...streamCandidates(tree, found)];
  if (wanted.websocketPath !== null) return withStreams(askedFor(tree, all, wanted));
  const open = all.filter(
    ({ location }) => isProxied(location) && directives(location.block, 'internal').length === 0,
  );
  const candidateOf = (sign: Sign, located: Located) =>
    candidate(tree, sign, located, pathTo(located, all), wanted);
  const signed = open.flatMap((located) => {
    const sign = signOf(located);
    return sign === null ? [] : [candidateOf(sign, located)];
  });
  const found = withStreams(withFronts(tree, all, signed, wanted));
  return found.length > 0 ? found : withStreams(open.map((located) => candidateOf('any', located)));
}

/**
 * Adds the locations in other servers that pass requests on to the given candidates. The path of an added
 * location is that of the candidate behind it.
 */
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

/**
 * Returns the name by which findings refer to a candidate: the arguments of its `location`; null for a
 * `stream` server.
 */
export function locationOf({ self }: Candidate): string | null {
  return self.name === 'location' ? texts(self).join(' ') : null;
}

/** Returns the path without its query, which may contain a secret. */
export function shownPath({ path }: Candidate): string {
  return path?.split('?')[0] ?? 'no path';
}

function signOf(located: Located): Sign | null {
  if (carries(located)) return 'upgrade';
  if (refusesUpgrade(located)) return null;
  if (isTelling(located.location)) return 'name';
  return hiddenUpgrade(located) === null ? null : 'hidden';
}

/**
 * Nginx does not send an empty header, so a location that sets Upgrade to an empty value is not meant for
 * WebSockets.
 */
function refusesUpgrade({ location, levels }: Located): boolean {
  return inherited([...levels, location], 'proxy_set_header').some(
    ({ args: [name, value] }) => name?.text.toLowerCase() === 'upgrade' && value?.text === '',
  );
}

/**
 * Returns the directive of an outer level that would pass Upgrade on if an inner level did not replace the
 * headers.
 */
export function hiddenUpgrade({ levels }: Pick<Located, 'levels'>): Directive | null {
  const level = levels.findLast((each) => upgrades([each]));
  const set = directives(level?.block, 'proxy_set_header');
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
  const entrance = entranceOf(tree, server);
  return {
    sign,
    server,
    levels: [...levels, location],
    self: location,
    path,
    host: named,
    entrance,
    passesTls: entrance !== server && passesTlsOn(tree, entrance, server),
  };
}

/**
 * The `stream` server in front of an http server that accepts connections only from `stream` servers;
 * otherwise the http server itself.
 */
function entranceOf(tree: readonly Node[], server: Directive): Directive {
  const inner = innerConnections(tree);
  const isClosed = (each: Directive) =>
    addressesOf(each).every(
      (address) => inner.addresses.includes(address) && socketAt(tree, address).proxyProtocol,
    );
  if (!isClosed(server)) return server;
  const fronts = inner.servers.filter((each) => httpServersBehind(tree, each).includes(server));
  return fronts.find((each) => !isClosed(each)) ?? server;
}

/**
 * Returns the `stream` servers that accept TCP connections. A `stream` server that leads to http servers of the
 * same configuration is tried once for each of these http servers that has candidates, with the path and host
 * name of one such candidate.
 */
function streamCandidates(tree: readonly Node[], found: readonly Candidate[]): Candidate[] {
  const hops = streamHops(tree);
  return streamEntrances(tree).flatMap((server): Candidate[] => {
    const stream = directives(tree, 'stream')[0];
    const levels = stream === undefined ? [server] : [stream, server];
    const base = { sign: 'stream', server, levels, self: server, entrance: server } as const;
    const inner = httpServersBehind(tree, server).flatMap((behind): Candidate[] => {
      const there = found.filter(
        ({ server: own, path, host }) => own === behind && path !== null && host !== null,
      );
      const [one] = [...there.filter(({ sign }) => sign !== 'name'), ...there];
      const passesTls = passesTlsOn(tree, server, behind);
      return one === undefined ? [] : [{ ...base, path: one.path, host: one.host, passesTls }];
    });
    const isWhole = hops.find((each) => each.server === server)?.isWhole;
    // `pass` leads only to servers of the same configuration.
    const leadsOut = directives(server.block, 'proxy_pass').length > 0 || inner.length === 0;
    const outer: Candidate = { ...base, path: '/', host: NO_NAME, passesTls: false };
    return isWhole || !leadsOut ? inner : [...inner, outer];
  });
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

/** Returns the upstreams to which a candidate may pass requests. */
export function upstreamsOf(tree: readonly Node[], { sign, self }: Candidate): Directive[] {
  if (sign !== 'stream') return vitalParts(tree, self).slice(1);
  const names = directives(self.block, 'proxy_pass').flatMap(texts).map(upstreamName);
  return directives(tree, 'stream')
    .flatMap(({ block }) => directives(block, 'upstream'))
    .filter(({ args: [name] }) => names.includes(upstreamName(name?.text ?? '')));
}

/**
 * Returns all entries of an upstream, including those marked `down` or `backup`. Nginx counts all of them when
 * it decides whether to tolerate a failure.
 */
export function allServers(upstream: Directive): Directive[] {
  return directives(upstream.block, 'server');
}

/** Returns the entries of an upstream that receive connections as long as all servers are healthy. */
export function activeServers(upstream: Directive): Directive[] {
  return directives(upstream.block, 'server').filter(
    (entry) => !texts(entry).some((text) => text === 'down' || text === 'backup'),
  );
}
