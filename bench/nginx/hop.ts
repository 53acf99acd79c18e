import { addressesOf, serversIn } from './listen.ts';
import { isProxied, type Located } from './located.ts';
import { httpTarget } from './proxy-pass.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';
import { upstreamName } from './upstream-name.ts';

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/i;

/**
 * The address in `listen` that takes connections to an address in `proxy_pass`, or in an entry of an `upstream`; null
 * if no server of the configuration listens on it.
 *
 * @param listened Of `listenAddresses`.
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

/** Whether a server listens with TLS on an address. */
function hasTls(server: Directive): boolean {
  return directives(server.block, 'listen').some((listen) => texts(listen).includes('ssl'));
}

/** Addresses on which only servers of http without TLS listen: others can take their requests as they are. */
export function plainAddresses(tree: readonly Node[]): string[] {
  const { http } = serversIn(tree);
  const addresses = [...new Set(http.flatMap(addressesOf))];
  return addresses.filter((address) =>
    http.filter((each) => addressesOf(each).includes(address)).every((each) => !hasTls(each)),
  );
}

/** The servers of the same configuration that a location passes its requests on to, without its own. */
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

/** The addresses that a location passes on to, also as entries of an `upstream`. */
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
