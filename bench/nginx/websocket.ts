import { Problem } from '../model/failure.ts';
import { type Directive, directives, type Node, place, texts } from './tree.ts';

/** Paths for the load: one for WebSockets, and one for ordinary GETs on the same server. */
export interface Paths {
  /**
   * The `server` block with the WebSocket location, a node of the given tree; null if only `stream` proxies.
   */
  server: Directive | null;
  websocketPath: string;
  /** Path of a proxied location of the same server, preferably one with a cache; null if there is none. */
  httpPath: string | null;
}

/** A location and the blocks around it, outermost first. */
interface Located {
  location: Directive;
  levels: readonly Directive[];
}

/**
 * Finds the location that proxies WebSockets: one with `proxy_pass` that sets the header Upgrade with
 * `proxy_set_header`, or, if there is none, one that inherits it from the blocks around it.
 *
 * @throws Problem('configuration') if there is none, or if no path can be derived from it.
 */
export function findPaths(tree: readonly Node[]): Paths {
  const http = directives(tree, 'http')[0];
  const candidates = directives(http?.block ?? null, 'server').flatMap((server) =>
    locations(server, http === undefined ? [] : [http]).map((located) => ({ server, located })),
  );
  const found =
    candidates.find(({ located: { location } }) => upgrades([location]) && isProxied(location)) ??
    candidates.find(
      ({ located: { location, levels } }) => upgrades([...levels, location]) && isProxied(location),
    );
  if (found !== undefined) {
    const { server, located } = found;
    const others = candidates.filter((each) => each.server === server && each.located !== located);
    return {
      server,
      websocketPath: websocketPath(located.location),
      httpPath: httpPath(others.map((each) => each.located)),
    };
  }
  if (directives(tree, 'stream').length > 0) return { server: null, websocketPath: '/', httpPath: null };
  throw new Problem(
    'configuration',
    'The configuration has no location for WebSockets: none with proxy_pass sets the Upgrade header. Add to it: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
  );
}

function locations(level: Directive, parents: readonly Directive[]): Located[] {
  const levels = [...parents, level];
  return directives(level.block, 'location').flatMap((location) => [
    { location, levels },
    ...locations(location, levels),
  ]);
}

/** Whether a location proxies requests, directly or in an `if`. */
function isProxied(location: Directive): boolean {
  const blocks = [location, ...directives(location.block, 'if')];
  return blocks.some(({ block }) => directives(block, 'proxy_pass').length > 0);
}

/** Whether the header Upgrade is set. Nginx uses the headers of the innermost level that sets any. */
function upgrades(levels: readonly Directive[]): boolean {
  return inherited(levels, 'proxy_set_header').some(
    (header) => header.args[0]?.text.toLowerCase() === 'upgrade',
  );
}

/**
 * The directives of a name that apply to the last of the levels: those of the innermost level that has any.
 */
export function inherited(levels: readonly Directive[], name: string): Directive[] {
  const nearest = levels.findLast(({ block }) => directives(block, name).length > 0);
  return directives(nearest?.block ?? null, name);
}

function websocketPath(location: Directive): string {
  const path = pathOf(location);
  if (path !== null) return path;
  throw new Problem(
    'configuration',
    `No path can be derived from "location ${texts(location).join(' ')}" at ${place(location.origin)}. Write the location for WebSockets as a plain path, as in "location /websocket".`,
  );
}

/**
 * A path that the location matches: its prefix, or the text of a regular expression without operators; null
 * if unknown.
 */
function pathOf(location: Directive): string | null {
  const args = texts(location);
  const modifier = args.length > 1 ? args[0] : (/^(=|\^~|~\*|~)(?=.)/.exec(args[0] ?? '')?.[0] ?? '');
  const pattern = args.length > 1 ? args[1] : args[0]?.slice(modifier?.length ?? 0);
  if (pattern === undefined) return null;
  if (modifier !== '~' && modifier !== '~*') return pattern.startsWith('/') ? pattern : null;
  const literal = pattern.replace(/^\^|\$$/g, '').replace(/\\([./-])/g, '$1');
  return /^\/[\w/-]*$/.test(literal) ? literal : null;
}

function httpPath(candidates: readonly Located[]): string | null {
  const usable = candidates.filter(
    ({ location, levels }) =>
      isProxied(location) && !upgrades([...levels, location]) && pathOf(location) !== null,
  );
  const cached = usable.find(({ location, levels }) => {
    const cache = inherited([...levels, location], 'proxy_cache')[0];
    return cache !== undefined && cache.args[0]?.text !== 'off';
  });
  const chosen = cached ?? usable[0];
  return chosen === undefined ? null : pathOf(chosen.location);
}
