import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import { notice } from '../wording/finding.ts';
import { type LocationFacts, locationText, withoutSlashText } from '../wording/sandbox.ts';
import { INCOMPLETE } from './empty-include.ts';
import { isInner } from './hop.ts';
import {
  carries,
  inherited,
  isProxied,
  isTelling,
  type Located,
  locatedIn,
  namesOf,
  reachablePath,
  upgrades,
} from './located.ts';
import { isRegular, locationsOf, pathsFor, withSlash } from './location.ts';
import { streamPasses } from './proxy-pass.ts';
import { fallbackOf, frontsOf, pathTo, shadowedBy, shadowOf } from './route.ts';
import { type Directive, directives, type Node, place, texts } from './tree.ts';
import { atLeast } from './version.ts';

/** The user's settings for the WebSockets; each is null if the configuration decides. */
export interface Wanted {
  /** Path, optionally with a query. */
  websocketPath: string | null;
  /** Name of the server. */
  host: string | null;
}

/** Paths for the load: one for WebSockets, and one for ordinary GETs on the same server. */
export interface Paths {
  /**
   * The `server` block that contains the WebSocket location, as a node of the given tree; null if only
   * `stream` servers forward connections.
   */
  server: Directive | null;
  /** The blocks around the WebSocket location, outermost first, and that location itself. */
  levels: readonly Directive[];
  websocketPath: string;
  /** Path of a proxied location of the same server, preferably one that caches; null if there is none. */
  httpPath: string | null;
  /** Reports which of several locations was chosen, or that a path had to be generated. */
  notices: Notice[];
}

const NOTHING = { websocketPath: null, host: null };

/**
 * Finds the location that proxies WebSockets. Candidates are preferred in this order: a location that sets
 * the Upgrade header itself over one that inherits it, then one with a name such as `/ws` or `/socket.io`,
 * then a plain path over a regular expression, then the first in the file.
 *
 * @throws Problem('configuration') if there is none, or if no path reaches one
 */
export function findPaths(tree: readonly Node[], wanted: Wanted = NOTHING): Paths {
  const all = locatedIn(tree, wanted.host);
  if (wanted.websocketPath !== null && directives(tree, 'http').length > 0)
    return pathsTo(wanted.websocketPath, all, tree);
  const carriers = all.filter(carries).sort((a, b) => rank(b) - rank(a));
  const reachable = carriers.flatMap((located) => {
    const path = pathTo(located, all);
    return path === null ? [] : [{ located, path }];
  });
  // A named location (`@app`) is only a fallback of other locations, so it is chosen only if there is no
  // other.
  const direct = reachable.filter(({ located }) => reachablePath(located) !== null);
  const [chosen, ...others] = direct.length > 0 ? direct : reachable;
  if (chosen !== undefined) {
    return {
      ...settled(throughFront(tree, chosen, all), chosen.path, all),
      notices: choiceNotices(chosen, others),
    };
  }
  const [unreachable] = carriers;
  if (unreachable !== undefined) throw unreachableProblem(unreachable);
  if (streamProxies(tree).length > 0)
    return {
      server: null,
      levels: [],
      websocketPath: wanted.websocketPath ?? '/',
      httpPath: null,
      notices: [],
    };
  const [near] = all.filter(({ location }) => isProxied(location));
  throw new Problem(
    'configuration',
    `The configuration has no location for WebSockets: no location with proxy_pass sets the Upgrade header. Add to ${near === undefined ? 'a location with proxy_pass' : `the location at ${place(near.location.origin)}`}: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; and to the http block: ${UPGRADE_MAP}`,
    { code: INCOMPLETE },
  );
}

/**
 * Makes the Connection header follow the client's Upgrade header, because a fixed value would be sent with
 * every request.
 */
export const UPGRADE_MAP = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }";

function unreachableProblem(located: Located): Problem {
  const shadow = shadowOf(located);
  const remedy = withSlash(located.location);
  if (remedy !== null) {
    return new Problem('configuration', withoutSlashText(locationText(factsOf(located)), remedy));
  }
  const why =
    shadow === null
      ? `No path can be derived from ${locationText(factsOf(located))}.`
      : `${locationText(factsOf(located))} is shadowed by the regular expression at ${place(shadow.origin)}, which takes all of its paths. Write "location ^~ ${texts(located.location).join(' ')}" to give it precedence.`;
  const rest =
    shadow === null
      ? ' Name a path with --ws-path, or write the location for WebSockets as a plain path, as in "location /websocket".'
      : ' `check` shows more.';
  return new Problem('configuration', `${why}${rest}`);
}

/**
 * If a server accepts connections only from this machine, clients reach it through another server. In that
 * case, selects the location of that other server.
 */
function throughFront(tree: readonly Node[], { located, path }: Choice, all: readonly Located[]): Located {
  const fronts = isInner(located.server) ? frontsOf(tree, located, path, locatedIn(tree, null)) : [];
  const [front = located] = [...fronts.filter(carries), ...fronts];
  return all.includes(located) ? front : located;
}

function rank({ location }: Located): number {
  return (upgrades([location]) ? 4 : 0) + (isTelling(location) ? 2 : 0) + (isRegular(location) ? 0 : 1);
}

/** The paths to use if the user named the WebSocket path. */
function pathsTo(wanted: string, all: readonly Located[], tree: readonly Node[]): Paths {
  const [path = wanted] = wanted.split('?');
  const servers = [...new Set(all.map(({ server }) => server))];
  const found = servers.flatMap((server) => {
    const location = locationsOf(server, path).at(-1);
    return all.find((each) => each.server === server && each.location === location) ?? [];
  });
  const answering = found.flatMap((located) =>
    isProxied(located.location) ? [located] : (fallbackOf(located, all) ?? []),
  );
  // A path is requested even if a regular expression takes precedence over the WebSocket location, because
  // clients would get the same response.
  const isShadowed = shadowedBy(path, all.filter(carries)) !== null;
  const chosen = answering.find(carries) ?? answering[0] ?? (isShadowed ? found[0] : undefined);
  if (chosen !== undefined) {
    const entered = throughFront(tree, { located: chosen, path: wanted }, all);
    return { ...settled(entered, wanted, all), notices: [] };
  }
  const [first] = servers.length > 0 ? servers : directives(tree, 'http');
  throw new Problem(
    'configuration',
    `No location with proxy_pass in the server at ${place(first?.origin ?? null)} matches --ws-path ${path}. ${carriersOf(all)}`,
  );
}

function carriersOf(all: readonly Located[]): string {
  const names = all.filter(carries).map((located) => locationText(factsOf(located)));
  return names.length === 0
    ? 'No location sets the Upgrade header.'
    : `WebSockets go to: ${names.join(', ')}.`;
}

function factsOf({ location }: Pick<Located, 'location'>): LocationFacts {
  return { location: texts(location).join(' '), place: place(location.origin) };
}

function settled(
  { server, location, levels }: Located,
  websocketPath: string,
  all: readonly Located[],
): Omit<Paths, 'notices'> {
  const others = all.filter((each) => each.server === server && each.location !== location);
  return { server, levels: [...levels, location], websocketPath, httpPath: httpPath(others) };
}

interface Choice {
  located: Located;
  path: string;
}

function choiceNotices({ located, path }: Choice, others: readonly Choice[]): Notice[] {
  const isMade = isRegular(located.location) || pathsFor(located.location)[0] !== path;
  if (others.length === 0 && !isMade) return [];
  const facts = { path, ...factsOf(located), others: others.map((other) => factsOf(other.located)) };
  return [notice('info', 'sandbox-location', facts)];
}

/**
 * Warns about WebSocket settings that the chosen location lacks. Nginx never forwards the `Connection` header
 * (RFC 9110 section 7.6.1), and versions before 1.29.7 use HTTP/1.0 towards upstream servers by default.
 */
export function upgradeNotices({ levels }: Pick<Paths, 'levels'>, nginxVersion: string): Notice[] {
  const location = levels.at(-1);
  if (location === undefined) return [];
  const version = inherited(levels, 'proxy_http_version')[0]?.args[0]?.text ?? defaultVersion(nginxVersion);
  const connects = inherited(levels, 'proxy_set_header').some(
    ({ args: [name] }) => name?.text.toLowerCase() === 'connection',
  );
  const missing = [
    ...(version === '1.0' ? ['proxy_http_version 1.1;'] : []),
    ...(connects ? [] : ['proxy_set_header Connection $connection_upgrade;']),
  ];
  if (missing.length === 0) return [];
  const isMapped = levels
    .flatMap(({ block }) => directives(block, 'map'))
    .some(({ args: [, result] }) => result?.text === '$connection_upgrade');
  const map = connects || isMapped ? null : UPGRADE_MAP;
  const facts = { version: nginxVersion, ...factsOf({ location }), missing, map };
  return [notice('warning', 'sandbox-upgrade', facts)];
}

/** First version that uses HTTP/1.1 towards upstream servers by default. */
export const HTTP_1_1_SINCE = '1.29.7';

/** HTTP version that Nginx uses towards upstream servers if `proxy_http_version` is missing. */
export function defaultVersion(nginxVersion: string): string {
  return atLeast(nginxVersion, HTTP_1_1_SINCE) ? '1.1' : '1.0';
}

/**
 * The servers of `stream` that accept TCP connections and forward them, to an upstream server or to another
 * listener of this Nginx. UDP servers are excluded, because they cannot carry WebSockets.
 */
export function streamEntrances(tree: readonly Node[]): Directive[] {
  return directives(tree, 'stream')
    .flatMap(({ block }) => directives(block, 'server'))
    .filter((server) => {
      const listens = directives(server.block, 'listen').map(texts);
      return streamPasses(server).length > 0 && !listens.every((words) => words.includes('udp'));
    });
}

/** The servers of `stream` that forward TCP connections to an upstream server. */
export function streamProxies(tree: readonly Node[]): Directive[] {
  return streamEntrances(tree).filter(({ block }) => directives(block, 'proxy_pass').length > 0);
}

/** A host name with which clients reach this server; null if none can be determined. */
export function hostOf(server: Directive | null): string | null {
  if (server === null) return null;
  const names = namesOf(server).map((name) =>
    name.replace(/^\*?\./, (start) => (start === '.' ? '' : 'www.')),
  );
  return names.find((name) => /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(name)) ?? null;
}

function httpPath(candidates: readonly Located[]): string | null {
  const usable = candidates.flatMap((located) => {
    const isPage = isProxied(located.location) && directives(located.location.block, 'internal').length === 0;
    const path = isPage && !carries(located) ? reachablePath(located) : null;
    return path === null ? [] : [{ ...located, path }];
  });
  const cached = usable.find(({ location, levels }) => {
    const cache = inherited([...levels, location], 'proxy_cache')[0];
    return cache !== undefined && cache.args[0]?.text !== 'off';
  });
  return (cached ?? usable[0])?.path ?? null;
}
