import { isRegular, locationsOf, pathsFor } from './location.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';

/** A location and the blocks around it, outermost first: `http`, `server`, and the locations around it. */
export interface Located {
  server: Directive;
  location: Directive;
  levels: readonly Directive[];
}

/** All locations of all servers; if some have the name that was asked for, only theirs. */
export function locatedIn(tree: readonly Node[], host: string | null): Located[] {
  const http = directives(tree, 'http')[0];
  const servers = directives(http?.block ?? null, 'server');
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

/** Names that applications give to the path of their WebSockets. */
const TELLING =
  /(^|[^a-z])(ws|wss|websockets?|socket(\.io)?|sockjs|streaming|stream|live|cable|signalr)([^a-z]|$)|websocket/i;

/** Whether a location is named as those of WebSockets are. */
export function isTelling(location: Directive): boolean {
  return TELLING.test(texts(location).join(' '));
}

/** Paths that reach a location as they are: nothing to decode, to merge or to resolve (RFC 3986 section 3.3). */
const PLAIN = /^(\/(?!\/|\.\.?(\/|$))[\w.~!$&'()*+,;=:@-]*)+$/;

/** A path that Nginx would answer by this location and by no other; null if none is found. */
export function reachablePath({ server, location }: Located): string | null {
  const paths = pathsFor(location).filter(
    (path) => PLAIN.test(path) && locationsOf(server, path).at(-1) === location,
  );
  const telling = isRegular(location) ? paths.find((path) => TELLING.test(path)) : undefined;
  return telling ?? paths[0] ?? null;
}

/** The names of a server, as they are written. */
export function namesOf(server: Directive): string[] {
  return directives(server.block, 'server_name').flatMap(texts);
}

/** Whether a location proxies requests, directly or in an `if`. */
export function isProxied(location: Directive): boolean {
  const blocks = [location, ...directives(location.block, 'if')];
  return blocks.some(({ block }) => directives(block, 'proxy_pass').length > 0);
}

/**
 * Whether the header Upgrade is set, and not to nothing. Nginx uses the headers of the innermost level that
 * sets any.
 */
export function upgrades(levels: readonly Directive[]): boolean {
  return inherited(levels, 'proxy_set_header').some(
    ({ args: [name, value] }) => name?.text.toLowerCase() === 'upgrade' && value?.text !== '',
  );
}

/**
 * The directives of a name that apply to the last of the levels: those of the innermost level that has any.
 */
export function inherited(levels: readonly Directive[], name: string): Directive[] {
  const nearest = levels.findLast(({ block }) => directives(block, name).length > 0);
  return directives(nearest?.block ?? null, name);
}
