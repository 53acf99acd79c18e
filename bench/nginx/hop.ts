import { addressesOf, listenAddresses, listensOn, serversIn } from './listen.ts';
import { inherited, type Located, locatedIn } from './located.ts';
import { hostsOf, httpTarget, streamPasses, streamTarget, type Target } from './proxy-pass.ts';
import { type Directive, directives, firstText, type Node, texts } from './tree.ts';
import { upstreamName } from './upstream-name.ts';

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/i;

/**
 * Finds the `listen` address that matches an address in `proxy_pass` or in a `server` entry of an `upstream`;
 * null if no server of the configuration listens on it.
 *
 * @param listened as returned by `listenAddresses`
 * @param usualPort port to use if the address has none
 */
export function listenedFor(target: string, listened: readonly string[], usualPort = '80'): string | null {
  if (target.startsWith('unix:')) return listened.find((each) => each === target.replace(/:$/, '')) ?? null;
  const [, host = '', port = usualPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(target) ?? [];
  const isLocal = LOOPBACK.test(host);
  const found = listened.find((each) => {
    if (each === `${host}:${port}`) return true;
    const [own = '', ownPort] = /^(.*):(\d+)$/.exec(each)?.slice(1) ?? [];
    return isLocal && ownPort === port && (own === '*' || (LOOPBACK.test(own) && host === 'localhost'));
  });
  return found ?? null;
}

/**
 * Default port of an address in `proxy_pass`. For entries of an `upstream`, the default port is always 80.
 */
export function usualPort({ scheme }: Pick<Target, 'scheme'>): string {
  return scheme === 'https' ? '443' : '80';
}

/** The distinct addresses on which http servers listen. */
export function httpAddresses(tree: readonly Node[]): string[] {
  return [...new Set(serversIn(tree).http.flatMap(addressesOf))];
}

/** Whether the sockets of an address expect TLS or the PROXY protocol. Any server may have enabled them. */
export function socketAt(tree: readonly Node[], address: string): { tls: boolean; proxyProtocol: boolean } {
  const words = listensOn(tree, address).flatMap(texts);
  return { tls: words.includes('ssl'), proxyProtocol: words.includes('proxy_protocol') };
}

/** A connection of a location to another http server of the same configuration. */
export interface HttpHop {
  address: string;
  tls: boolean;
}

/** The connections of a location to other http servers of the same configuration. */
export function httpHops(
  tree: readonly Node[],
  { server, location }: Pick<Located, 'server' | 'location'>,
): HttpHop[] {
  const all = httpAddresses(tree);
  const hops = httpTargets(tree, location).flatMap(({ host, port, tls }): HttpHop[] => {
    const address = listenedFor(host, all, port);
    return address === null ? [] : [{ address, tls }];
  });
  const own = addressesOf(server);
  return hops.some(({ address }) => own.includes(address)) ? [] : hops;
}

/** The other servers of the same configuration to which a location proxies requests. */
export function hopsOf(tree: readonly Node[], located: Pick<Located, 'server' | 'location'>): Directive[] {
  const listened = httpHops(tree, located).map(({ address }) => address);
  return serversIn(tree).http.filter((each) =>
    addressesOf(each).some((address) => listened.includes(address)),
  );
}

/** Addresses that a location proxies to, either directly or through an `upstream`. */
function httpTargets(
  tree: readonly Node[],
  location: Directive,
): { host: string; port: string; tls: boolean }[] {
  const blocks = [location, ...directives(location.block, 'if')];
  return blocks
    .flatMap(({ block }) => directives(block, 'proxy_pass').flatMap(texts))
    .flatMap((text) => {
      const target = httpTarget(text);
      if (target === null || target.variable || !isHttp(target)) return [];
      const tls = target.scheme === 'https';
      const entries = entriesOf(tree, 'http', target.host);
      if (entries !== null) return entries.map((host) => ({ host, port: '80', tls }));
      return [{ host: target.host, port: usualPort(target), tls }];
    });
}

/** Addresses to which a `stream` server passes connections, either directly or through an `upstream`. */
function streamTargets(tree: readonly Node[], { block }: Directive, server: Directive): string[] {
  return streamPasses(server)
    .flatMap(texts)
    .flatMap((text) => hostsOf(streamTarget(text), block ?? []) ?? [text])
    .flatMap((host) => entriesOf(tree, 'stream', host) ?? [host]);
}

/**
 * Loopback addresses to which a location or a `stream` server passes connections, and on which no server of the
 * configuration listens.
 *
 * @param self the location, or the `stream` server
 */
export function unlistenedTargets(tree: readonly Node[], self: Directive): string[] {
  const [stream] = directives(tree, 'stream');
  const targets =
    self.name === 'location'
      ? httpTargets(tree, self)
      : (stream === undefined ? [] : streamTargets(tree, stream, self)).map((host) => ({ host, port: '' }));
  const all = listenAddresses(tree);
  return targets.flatMap(({ host, port }) =>
    LOOPBACK.test(host.replace(/:\d+$/, '')) && listenedFor(host, all, port) === null ? [host] : [],
  );
}

/** Whether a server accepts connections only from this machine. */
export function isInner(server: Directive): boolean {
  return addressesOf(server).every((address) => /^(127\.|localhost:|\[::1\]|unix:)/.test(address));
}

/** The addresses of the configuration to which its own locations and `stream` servers pass connections. */
export function innerAddresses(tree: readonly Node[]): Set<string> {
  return new Set([
    ...locatedIn(tree, null).flatMap((located) => httpHops(tree, located).map(({ address }) => address)),
    ...streamHops(tree).flatMap(({ addresses }) => addresses),
  ]);
}

/** Whether the scheme of a target is `http` or `https`; false if the scheme is missing or a variable. */
export function isHttp({ scheme }: Pick<Target, 'scheme'>): boolean {
  return scheme === 'http' || scheme === 'https';
}

/** The addresses of an upstream; null if there is none with this name. */
function entriesOf(tree: readonly Node[], context: 'http' | 'stream', name: string): string[] | null {
  const named = directives(tree, context)
    .flatMap(({ block }) => directives(block, 'upstream'))
    .find((each) => upstreamName(firstText(each)) === upstreamName(name));
  if (named === undefined) return null;
  return directives(named.block, 'server').flatMap(({ args: [address] }) => address?.text ?? []);
}

/** A `stream` server that passes connections on to other servers of the same configuration. */
export interface StreamHop {
  server: Directive;
  /** Addresses of the configuration to which the server passes connections. */
  addresses: readonly string[];
  /** Whether the server passes connections only to `addresses`. */
  isWhole: boolean;
  /** Whether the server sends the PROXY protocol, and whether it connects with TLS. */
  proxyProtocol: boolean;
  tls: boolean;
}

/** The `stream` servers that pass connections on to other servers of the same configuration. */
export function streamHops(tree: readonly Node[]): StreamHop[] {
  const { http, stream } = serversIn(tree);
  const all = [...new Set([...http, ...stream].flatMap(addressesOf))];
  return directives(tree, 'stream').flatMap((context) =>
    directives(context.block, 'server').flatMap((server): StreamHop[] => {
      const own = addressesOf(server);
      const listened = streamTargets(tree, context, server)
        .map((host) => listenedFor(host, all))
        .map((address) => (address === null || own.includes(address) ? null : address));
      const addresses = [...new Set(listened.filter((address) => address !== null))];
      if (addresses.length === 0) return [];
      const isOn = (name: string) => inherited([context, server], name)[0]?.args[0]?.text === 'on';
      const isWhole = !listened.includes(null);
      const [proxyProtocol, tls] = [isOn('proxy_protocol'), isOn('proxy_ssl')];
      return [{ server, addresses, isWhole, proxyProtocol, tls }];
    }),
  );
}

/**
 * The `stream` servers that pass connections only to servers of the same configuration, and their target
 * addresses. A server is excluded if one of its targets is also used by a `stream` server that connects
 * elsewhere as well. Both ends of the remaining connections are known, so the PROXY protocol and TLS can be
 * used as written.
 */
export function innerConnections(tree: readonly Node[]): { servers: Directive[]; addresses: string[] } {
  const hops = streamHops(tree);
  const outward = hops.filter(({ isWhole }) => !isWhole).flatMap(({ addresses }) => addresses);
  const inner = hops.filter(
    ({ isWhole, addresses }) => isWhole && !addresses.some((each) => outward.includes(each)),
  );
  // Settings of the `stream` block apply to all of its servers, so they can only be used as written if every
  // server passes connections only to servers of the same configuration.
  const isShared = directives(tree, 'stream').some(({ block }) =>
    directives(block).some(({ name }) => name === 'proxy_protocol' || name === 'proxy_ssl'),
  );
  if (isShared && inner.length < serversIn(tree).stream.length) return { servers: [], addresses: [] };
  return {
    servers: inner.map(({ server }) => server),
    addresses: [...new Set(inner.flatMap(({ addresses }) => addresses))],
  };
}

/** The http servers that a `stream` server leads to, directly or through other `stream` servers. */
export function httpServersBehind(tree: readonly Node[], server: Directive): Directive[] {
  const hops = streamHops(tree);
  const { http } = serversIn(tree);
  const reached = new Set<Directive>();
  const visited = new Set<Directive>();
  const visit = (from: Directive): void => {
    if (visited.has(from)) return;
    visited.add(from);
    const { addresses = [] } = hops.find((each) => each.server === from) ?? {};
    for (const each of http) if (addressesOf(each).some((own) => addresses.includes(own))) reached.add(each);
    for (const next of hops)
      if (addressesOf(next.server).some((own) => addresses.includes(own))) visit(next.server);
  };
  visit(server);
  return http.filter((each) => reached.has(each));
}

/**
 * Whether a client of a `stream` server negotiates TLS with the http server behind it, because every `stream`
 * server on the way only passes bytes on.
 */
export function passesTlsOn(tree: readonly Node[], server: Directive, behind: Directive): boolean {
  const hops = streamHops(tree);
  const visit = (from: Directive, above: readonly Directive[]): boolean => {
    const hop = hops.find((each) => each.server === from);
    if (hop === undefined || hop.tls || above.includes(from)) return false;
    const own = addressesOf(behind).filter((address) => hop.addresses.includes(address));
    if (own.length > 0) return own.some((address) => socketAt(tree, address).tls);
    return hops
      .filter((next) => addressesOf(next.server).some((address) => hop.addresses.includes(address)))
      .some((next) => visit(next.server, [...above, from]));
  };
  return visit(server, []);
}
