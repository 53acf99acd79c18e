import { inherited, locatedIn } from '../nginx/located.ts';
import { locationsOf } from '../nginx/location.ts';
import { type Directive, directive, type Node, rewrite } from '../nginx/tree.ts';

/** Matches directives that pass a request to a server, for any protocol. */
const PASS = /^(proxy|fastcgi|grpc|memcached|scgi|uwsgi)_pass$/;

/**
 * Puts a 204 response in place of the services that `auth_request` calls, as if every client were allowed. The
 * sandbox has none of these services, and its WebSocket server would refuse the requests to them.
 */
export function withAuthStandIn(tree: readonly Node[]): Node[] {
  const services = new Set<Directive>();
  for (const { server, levels, location } of locatedIn(tree, null)) {
    const [guard] = inherited([...levels, location], 'auth_request');
    const uri = guard?.args[0]?.text ?? 'off';
    const service = uri === 'off' ? undefined : locationsOf(server, uri.split('?')[0] ?? uri).at(-1);
    if (service !== undefined && service !== location) services.add(service);
  }
  const places = new Set([...services].map(({ origin }) => origin));
  return rewrite(tree, (node, parents) => {
    const isService = parents.some(
      ({ name, origin }) => name === 'location' && origin !== null && places.has(origin),
    );
    if (!isService || !PASS.test(node.name)) return [node];
    return [{ ...directive('return', ['204']), origin: node.origin }];
  });
}
