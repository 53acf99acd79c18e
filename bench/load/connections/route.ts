import type { OpenFacts } from './connection.ts';

/**
 * A row of the spread table: the proxy worker and the echo server that handle a connection's messages, as
 * revealed by the handshake.
 */
export interface Route extends Omit<OpenFacts, 'resumed'> {
  connections: number;
  messages: number;
}

/**
 * Counts a newly opened connection in the row for its route and returns that row. Adds the row if it does not
 * exist.
 */
export function routeOf(routes: Route[], { proxyWorker, upstream, alpn }: OpenFacts): Route {
  const known = routes.find(
    (route) => route.proxyWorker === proxyWorker && route.upstream === upstream && route.alpn === alpn,
  );
  const route = known ?? { proxyWorker, upstream, alpn, connections: 0, messages: 0 };
  if (known === undefined) routes.push(route);
  route.connections++;
  return route;
}

/** Merges the routes of several workers into one list. */
export function sumRoutes(routes: readonly Route[]): Route[] {
  const sums = new Map<string, Route>();
  for (const route of routes) {
    const key = JSON.stringify([route.proxyWorker, route.upstream, route.alpn]);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { ...route });
    else {
      sum.connections += route.connections;
      sum.messages += route.messages;
    }
  }
  return [...sums.values()];
}

/**
 * Returns the addresses of the echo servers that the proxy tried for a handshake, from the value of
 * X-Bench-Upstream (Nginx's $upstream_addr). The last of them answered the handshake.
 */
export function triedServers(upstream: string): string[] {
  return upstream.split(/, | : /);
}
