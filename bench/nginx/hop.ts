import { addressesOf, serversIn } from './listen.ts';
import { isProxied, type Located } from './located.ts';
import { httpTarget } from './proxy-pass.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';
import { upstreamName } from './upstream-name.ts';

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/i;

/**
 * Finds the `listen` address that matches an address in `proxy_pass` or in a `server` entry of an `upstream`;
 * null if no server of the configuration listens on it.
 *
 * @param listened as returned by `listenAddresses`
 */
export function listenedFor(target: string, listened: readonly string[]): string | null {
  if (target.startsWith('unix:')) return listened.find((each) => each === target.replace(/:$/, '')) ?? null;
  const [, host = '', port = '80'] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(target) ?? [];
  const isLocal = LOOPBACK.test(host);
  const found = listened.find((each) => {
    if (each === `${host}:${port}`) return true;
    const [own = '', ownPort] = /^(.*):(\d+)$/.exec(each)?.slice(1) ?? [];
    return isLocal && ownPort === port && (own === '*' || (LOOPBACK.test(own) && host === 'localhost'));
  });
  return found ?? null;
}

/** Whether a server uses TLS on any of its listening sockets. */
function hasTls(server: Directive): boolean {
  return directives(server.block, 'listen').some((listen) => texts(listen).includes('ssl'));
}

/**
 * Addresses on which only http servers without TLS listen, so that another server can proxy requests to them
 * unchanged.
 */
export function plainAddresses(tree: readonly Node[]): string[] {
  const { http } = serversIn(tree);
  const addresses = [...new Set(http.flatMap(addressesOf))];
  return addresses.filter((address) =>
    http.filter((each) => addressesOf(each).includes(address)).every((each) => !hasTls(each)),
  );
}

/** The other servers of the same configuration to which a location proxies requests. */
export function hopsOf(
  tree: readonly Node[],
  { server, location }: Pick<Located, 'server' | 'location'>,
): Directive[] {
  if (!isProxied(location)) return [];
  const { http } = serversIn(tree);
  const plain = plainAddresses(tree);
  const own = addressesOf(server);
  const listened = targetsOf(tree, location).flatMap((target) => listenedFor(target, plain) ?? []);
  if (listened.some((address) => own.includes(address))) return [];
  return http.filter((each) => addressesOf(each).some((address) => listened.includes(address)));
}

/** Addresses that a location proxies to, either directly or through an `upstream`. */
function targetsOf(tree: readonly Node[], location: Directive): string[] {
  const upstreams = directives(tree, 'http').flatMap(({ block }) => directives(block, 'upstream'));
  const blocks = [location, ...directives(location.block, 'if')];
  return blocks
    .flatMap(({ block }) => directives(block, 'proxy_pass').flatMap(texts))
    .flatMap((text) => {
      const target = httpTarget(text);
      if (target === null || target.variable || target.scheme !== 'http') return [];
      const named = upstreams.find(
        ({ args: [name] }) => upstreamName(name?.text ?? '') === upstreamName(target.host),
      );
      if (named === undefined) return [target.host];
      return directives(named.block, 'server').flatMap(({ args: [address] }) => address?.text ?? []);
    });
}
