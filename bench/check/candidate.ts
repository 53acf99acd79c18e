import { vitalParts } from '../nginx/complaint.ts';
import { isDefaultServer } from '../nginx/listen.ts';
import { locationsOf } from '../nginx/location.ts';
import { type Directive, directives, type Node, texts } from '../nginx/tree.ts';
import { upstreamName } from '../nginx/upstream-name.ts';
import {
  carries,
  hostOf,
  inherited,
  isProxied,
  isTelling,
  type Located,
  locatedIn,
  reachablePath,
  streamEntrances,
  upgrades,
  type Wanted,
} from '../nginx/websocket.ts';

/**
 * What says that a location may carry WebSockets:
 * - `asked`: a person named its path;
 * - `upgrade`: it passes the header Upgrade on;
 * - `hidden`: a level around it does, but headers of its own take the place of those;
 * - `name`: it is named as those of WebSockets are;
 * - `stream`: all that its server of `stream` takes is passed on;
 * - `any`: it proxies, and no location says more.
 */
export type Sign = 'asked' | 'upgrade' | 'hidden' | 'name' | 'stream' | 'any';

/** A location that may carry WebSockets, or a server of `stream`. */
export interface Candidate {
  sign: Sign;
  server: Directive;
  /** The blocks around it, outermost first, and itself. */
  levels: readonly Directive[];
  /** The location; of `stream`: the server. */
  self: Directive;
  /** Path that leads to it, perhaps with a query; null where none is found. */
  path: string | null;
  /** Host that leads to its server; null where none does. */
  host: string | null;
}

/** What a request names that has no better name. */
const NO_NAME = 'localhost';

/** All locations that may carry WebSockets, in the order of the file; those of stream last. */
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
  if (signed.length > 0 || streams.length > 0) return [...signed, ...streams];
  return open.map((located) => candidateOf('any', located));
}

/** How a finding names it: `location /ws`. */
export function nameOf({ self }: Candidate): string {
  return self.name === 'location' ? `location ${texts(self).join(' ')}` : 'this server of stream';
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

/** An empty header, which is not sent, is written by those who want no WebSocket there. */
function refusesUpgrade({ location, levels }: Located): boolean {
  return inherited([...levels, location], 'proxy_set_header').some(
    ({ args: [name, value] }) => name?.text.toLowerCase() === 'upgrade' && value?.text === '',
  );
}

/** The directive that passes Upgrade on, on a level whose headers those of an inner level replace. */
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
    if (located === undefined || !isProxied(located.location)) return [];
    return [candidate(tree, 'asked', located, websocketPath, wanted)];
  });
}

/** A named location (`@app`) is reached by way of the one that falls back to it. */
function pathTo(located: Located, all: readonly Located[]): string | null {
  const name = located.location.args[0]?.text ?? '';
  if (!name.startsWith('@')) return reachablePath(located);
  const leading = all.filter(
    ({ server, location }) =>
      server === located.server &&
      directives(location.block, 'try_files').some(({ args }) => args.at(-1)?.text === name),
  );
  for (const each of leading) {
    const path = reachablePath(each);
    if (path !== null) return path;
  }
  return null;
}

/** The upstreams that a candidate may lead to. */
export function upstreamsOf(tree: readonly Node[], { sign, self }: Candidate): Directive[] {
  if (sign !== 'stream') return vitalParts(tree, self).slice(1);
  const names = directives(self.block, 'proxy_pass').flatMap(texts).map(upstreamName);
  return directives(tree, 'stream')
    .flatMap(({ block }) => directives(block, 'upstream'))
    .filter(({ args: [name] }) => names.includes(upstreamName(name?.text ?? '')));
}

/** The entries of an upstream that take part while all are well. */
export function activeServers(upstream: Directive): Directive[] {
  return directives(upstream.block, 'server').filter(
    (entry) => !texts(entry).some((text) => text === 'down' || text === 'backup'),
  );
}
