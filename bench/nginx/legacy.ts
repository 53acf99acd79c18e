import { addressesOf, defaultServerAt, listensOn } from './listen.ts';
import type { OnChange } from './notices.ts';
import { type Directive, directive, directives, type Node, texts, word } from './tree.ts';

/**
 * Converts `ssl on;`, which newer versions no longer support, to the `ssl` parameter of every `listen` in the
 * servers to which it applies.
 */
export function withSslParameters(tree: readonly Node[]): Node[] {
  return inHttp(tree, (server, http) => {
    const ssl = directives(server.block, 'ssl')[0] ?? directives(http.block, 'ssl')[0];
    const block = (server.block ?? []).filter((node) => node.kind === 'comment' || node.name !== 'ssl');
    if (ssl?.args[0]?.text !== 'on') return { ...server, block };
    const listening =
      directives(block, 'listen').length > 0 ? block : [directive('listen', ['80']), ...block];
    return {
      ...server,
      block: listening.map((node) =>
        node.kind === 'directive' && node.name === 'listen' && !texts(node).includes('ssl')
          ? { ...node, args: [...node.args, word('ssl')] }
          : node,
      ),
    };
  });
}

/**
 * Adds a certificate to each server that listens with TLS but has none in its own block or in `http`. If
 * another server enables TLS on a socket, the default server of this socket needs a certificate too.
 */
export function withCertificates(
  tree: readonly Node[],
  certificate: { certPath: string; keyPath: string } | null,
  onChange: OnChange,
): Node[] {
  if (certificate === null) return [...tree];
  return inHttp(tree, (server, http) => {
    const tls =
      directives(server.block, 'listen').find((listen) => texts(listen).includes('ssl')) ??
      sharedTls(tree, server);
    const named = [server, http].some(({ block }) => directives(block, 'ssl_certificate').length > 0);
    if (tls === undefined || named) return server;
    onChange('own-certificate', tls);
    const { certPath, keyPath } = certificate;
    const added = [directive('ssl_certificate', [certPath]), directive('ssl_certificate_key', [keyPath])];
    return { ...server, block: [...(server.block ?? []), ...added] };
  });
}

/**
 * The `listen` directive, usually of another server, that enables TLS on a socket whose default server is the
 * given one.
 */
function sharedTls(tree: readonly Node[], server: Directive): Directive | undefined {
  return addressesOf(server)
    .filter((address) => defaultServerAt(tree, address) === server)
    .flatMap((address) => listensOn(tree, address))
    .find((listen) => texts(listen).includes('ssl'));
}

function inHttp(tree: readonly Node[], change: (server: Directive, http: Directive) => Directive): Node[] {
  return tree.map((node) => {
    if (node.kind === 'comment' || node.name !== 'http' || node.block === null) return node;
    const block = node.block.flatMap((each): Node[] => {
      if (each.kind === 'comment') return [each];
      if (each.name === 'ssl' && each.block === null) return [];
      return [each.name === 'server' ? change(each, node) : each];
    });
    return { ...node, block };
  });
}
