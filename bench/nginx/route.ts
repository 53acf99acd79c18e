import { hopsOf } from './hop.ts';
import { isProxied, type Located, reachablePath } from './located.ts';
import { isRegular, locationsOf, pathsFor, patternOf } from './location.ts';
import { type Directive, directives, firstText, type Node, texts } from './tree.ts';

/** A path that leads to a location, and the location that first handles it. */
export interface Route {
  entrance: Located;
  path: string;
}

/**
 * A path that leads to a location. A named location (`@app`) is reached through a location that falls back to
 * it with `try_files` or `error_page`.
 */
export function pathTo(located: Located, all: readonly Located[]): string | null {
  if (!isNamed(located)) return reachablePath(located);
  for (const leading of all) {
    const path = leadsTo(leading, located) ? reachablePath(leading) : null;
    if (path !== null) return path;
  }
  return null;
}

/** The locations that fall back to a named location (`@app`); empty for any other location. */
export function leadingTo(located: Located, all: readonly Located[]): Located[] {
  return isNamed(located) ? all.filter((each) => leadsTo(each, located)) : [];
}

/** The named, proxying location that this location falls back to; null if there is none. */
export function fallbackOf(located: Located, all: readonly Located[]): Located | null {
  return all.find((each) => isNamed(each) && isProxied(each.location) && leadsTo(located, each)) ?? null;
}

function isNamed({ location }: Located): boolean {
  return firstText(location).startsWith('@');
}

function leadsTo({ server, location, levels }: Located, named: Located): boolean {
  const name = named.location.args[0]?.text;
  if (server !== named.server) return false;
  const blocks = [location, ...levels.filter((each) => each.name === 'location')];
  return blocks.some(({ block }) =>
    ['try_files', 'error_page']
      .flatMap((directive) => directives(block, directive))
      .some(({ args }) => args.at(-1)?.text === name),
  );
}

/**
 * The regular expression that matches every path of a prefix location without `^~`, and so takes precedence
 * over it; null if there is none.
 */
export function shadowOf({ server, location }: Pick<Located, 'server' | 'location'>): Directive | null {
  if (patternOf(location)?.modifier !== '') return null;
  const takers = pathsFor(location).map((path) => locationsOf(server, path).at(-1));
  const [first] = takers;
  const isShadowed = takers.every((taker) => taker !== undefined && taker !== location && isRegular(taker));
  return isShadowed && first !== undefined ? first : null;
}

/** The prefix location that would handle a path if no regular expression took precedence. */
export function shadowedBy(path: string, all: readonly Located[]): Located | null {
  return (
    all.find(({ server, location }) => {
      const pattern = patternOf(location);
      const isPrefix = pattern?.modifier === '' && path.startsWith(pattern.text);
      return isPrefix && isRegular(locationsOf(server, path).at(-1) ?? location);
    }) ?? null
  );
}

/**
 * Locations in other servers of the same configuration that proxy to the given location's server without
 * changing the path. The given location can therefore also be reached through them.
 */
export function frontsOf(
  tree: readonly Node[],
  { server }: Pick<Located, 'server'>,
  path: string,
  all: readonly Located[],
): Located[] {
  const [bare = path] = path.split('?');
  return all.filter(
    (each) =>
      each.server !== server &&
      isProxied(each.location) &&
      directives(each.location.block, 'proxy_pass').every((pass) => keepsPath(pass, each.location)) &&
      locationsOf(each.server, bare).at(-1) === each.location &&
      hopsOf(tree, each).includes(server),
  );
}

/**
 * Whether `proxy_pass` keeps the request's path: the URL has no path, or its path is `/` and the location is
 * `location /`.
 */
function keepsPath(pass: Directive, location: Directive): boolean {
  const path = patternOf(location)?.text === '/' ? '/?' : '';
  return texts(pass).every((text) => new RegExp(`^https?://[^/?]+${path}$`, 'i').test(text));
}
