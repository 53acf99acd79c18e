import { withSslParameters } from './legacy.ts';
import { addressesOf, listensOn } from './listen.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';
import { findPaths, streamProxies, type Wanted } from './websocket.ts';

/**
 * Whether clients use TLS to connect to a configuration's WebSockets. If the server listens both with and
 * without TLS, they use TLS.
 *
 * @param tree as returned by `readTuned`
 * @throws Problem('configuration') like `findPaths`
 */
export function acceptsTls(tree: readonly Node[], wanted?: Wanted): boolean {
  const current = withSslParameters(tree);
  const server = findPaths(current, wanted).server ?? streamProxies(current)[0];
  // Nginx applies the `listen` parameters of one server to every server on the same socket.
  return (
    server !== undefined &&
    addressesOf(server).some((address) => listensOn(current, address).some(negotiatesTls))
  );
}

/** Whether a server will listen with TLS over TCP. */
export function listensWithTls({ block }: Directive): boolean {
  return directives(block, 'listen').some(negotiatesTls);
}

/**
 * Whether a configuration may use TLS anywhere and therefore needs a certificate.
 *
 * @param tree as returned by `readTuned`
 */
export function namesTls(tree: Directive['block']): boolean {
  return directives(tree).some(
    (each) => [each.name, ...texts(each)].some((text) => /ssl|quic/.test(text)) || namesTls(each.block),
  );
}

/**
 * Whether a `listen` will use TLS. The sandbox replaces QUIC with TLS, so a QUIC-only `listen` counts too.
 */
function negotiatesTls(listen: Directive): boolean {
  return texts(listen).some((each) => /^(ssl|quic)$/.test(each));
}
