import { isRegular, locationsOf, pathsFor } from './location.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';

/** A location, with the blocks that enclose it, outermost first: `http`, `server`, and outer locations. */
export interface Located {
  server: Directive;
  location: Directive;
  levels: readonly Directive[];
}

/** All locations of the servers with the given name, or of all servers if none has it. */
export function locatedIn(tree: readonly Node[], host: string | null): Located[] {
  const http = directives(tree, 'http')[0];
  const servers = directives(http?.block, 'server');
  const named = servers.filter((server) => host !== null && namesOf(server).includes(host));
  return (named.length > 0 ? named : servers).flatMap((server) =>
    nestedLocations(server, http === undefined ? [] : [http]).map((located) => ({ server, ...located })),
  );
}

function nestedLocations(level: Directive, parents: readonly Directive[]): Omit<Located, 'server'>[] {
  const levels = [...parents, level];
  return directives(level.block, 'location').flatMap((location) => [
    { location, levels },
    ...nestedLocations(location, levels),
  ]);
}

export function carries({ location, levels }: Located): boolean {
  return (
    isProxied(location) &&
    directives(location.block, 'internal').length === 0 &&
    upgrades([...levels, location])
  );
}

/** Paths that applications commonly use for their WebSockets. */
const TELLING =
  /(^|[^a-z])(ws|wss|websockets?|socket(\.io)?|sockjs|streaming|stream|live|cable|signalr)([^a-z]|$)|websocket/i;

/** Whether the path of a location is typical of WebSockets. */
export function isTelling(location: Directive): boolean {
  return isTellingPath(texts(location).join(' '));
}

export function isTellingPath(path: string): boolean {
  return TELLING.test(path);
}

/**
 * Paths that Nginx matches unchanged, because nothing has to be decoded, merged or resolved (RFC 3986 section
 * 3.3).
 */
const PLAIN = /^(\/(?!\/|\.\.?(\/|$))[\w.~!$&'()*+,;=:@-]*)+$/;

/** A path that Nginx handles in this location and in no other; null if none was found. */
export function reachablePath({ server, location }: Located): string | null {
  const paths = pathsFor(location).filter(
    (path) => PLAIN.test(path) && locationsOf(server, path).at(-1) === location,
  );
  const telling = isRegular(location) ? paths.find((path) => TELLING.test(path)) : undefined;
  return telling ?? paths[0] ?? null;
}

/** Names of a server, as written. */
export function namesOf(server: Directive): string[] {
  return directives(server.block, 'server_name').flatMap(texts);
}

/** Whether a location proxies requests, directly or in an `if`. */
export function isProxied(location: Directive): boolean {
  const blocks = [location, ...directives(location.block, 'if')];
  return blocks.some(({ block }) => directives(block, 'proxy_pass').length > 0);
}

/**
 * Whether the Upgrade header is set to a non-empty value. Nginx uses the headers of the innermost level that
 * sets any.
 */
export function upgrades(levels: readonly Directive[]): boolean {
  return inherited(levels, 'proxy_set_header').some(
    ({ args: [name, value] }) => name?.text.toLowerCase() === 'upgrade' && value?.text !== '',
  );
}

/**
 * The directives with this name that apply at the last level: those of the innermost level that contains any.
 */
export function inherited(levels: readonly Directive[], name: string): Directive[] {
  const nearest = levels.findLast(({ block }) => directives(block, name).length > 0);
  return directives(nearest?.block, name);
}
