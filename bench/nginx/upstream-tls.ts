import { keyTypeOf } from './certificates.ts';
import { listensWithTls } from './client-tls.ts';
import { hopsOf } from './hop.ts';
import { withSslParameters } from './legacy.ts';
import { inherited, type Located } from './located.ts';
import { locationsOf } from './location.ts';
import type { OnChange } from './notices.ts';
import { httpTarget } from './proxy-pass.ts';
import { type Directive, directives, firstText, type Node, set, texts, word } from './tree.ts';
import { valuesOf } from './variable.ts';
import { findPaths, streamEntrances, type Wanted } from './websocket.ts';

/** Server name in the echo servers' certificate. */
const SERVER_NAME = 'localhost';

/** Directives that name files with a client certificate, a certificate revocation list, or secrets. */
const OWN_FILES = /^proxy_ssl_(certificate|certificate_key|crl|key_log|password_file)$/;

/** Protocols that Node's TLS accepts by default. */
const SPOKEN = ['TLSv1.2', 'TLSv1.3'];

/**
 * Whether Nginx forwards a configuration's WebSockets over TLS, so that the echo servers have to use TLS.
 *
 * @param tree as returned by `readTuned`
 * @throws Problem('configuration') like `findPaths`
 */
export function passesOverTls(tree: readonly Node[], wanted: Wanted): boolean {
  const current = withSslParameters(tree);
  const paths = findPaths(current, wanted);
  const entered = paths.levels.at(-1);
  if (paths.server === null || entered === undefined) return streamPassesOverTls(current);
  const [path = ''] = paths.websocketPath.split('?');
  const { server, location } = innermost(current, { server: paths.server, location: entered }, path);
  const blocks = [location, ...directives(location.block, 'if')];
  const [pass] = blocks.flatMap(({ block }) => directives(block, 'proxy_pass'));
  const text = firstText(pass);
  const urls = valuesAtStart(text, [server, ...directives(current, 'http')]) ?? [text];
  return urls.some((url) => {
    const scheme = httpTarget(url)?.scheme;
    return scheme === 'https' || (scheme === '$scheme' && listensWithTls(server));
  });
}

/**
 * The location that passes the requests for a path to the echo servers. It may be in another server of the
 * same configuration, to which the given location proxies.
 */
function innermost(
  tree: readonly Node[],
  from: Pick<Located, 'server' | 'location'>,
  path: string,
  above: readonly Directive[] = [],
): Pick<Located, 'server' | 'location'> {
  const [server] = hopsOf(tree, from);
  const location = server === undefined ? undefined : locationsOf(server, path).at(-1);
  if (server === undefined || location === undefined || above.includes(server)) return from;
  return innermost(tree, { server, location }, path, [...above, from.server]);
}

/**
 * Possible values of the variable at the start of a URL, as in `set $app https://app.internal; proxy_pass
 * $app;`. They come from the innermost level that defines the variable. Null if they are unknown.
 */
function valuesAtStart(text: string, [server, http]: readonly Directive[]): string[] | null {
  const name = /^\$\{?(\w+)\}?(?!.*:\/\/)/.exec(text)?.[1];
  if (name === undefined) return null;
  return valuesOf(server?.block ?? [], name) ?? valuesOf(http?.block ?? [], name);
}

/**
 * Whether the `stream` server for the WebSockets forwards over TLS. If there are several such servers, one
 * that listens with TLS is preferred, as in `moveListens`.
 */
function streamPassesOverTls(tree: readonly Node[]): boolean {
  const entrances = streamEntrances(tree);
  const server = entrances.find(listensWithTls) ?? entrances[0];
  const levels = server === undefined ? [] : [...directives(tree, 'stream'), server];
  return inherited(levels, 'proxy_ssl')[0]?.args[0]?.text === 'on';
}

/**
 * Adapts a `proxy_ssl…` directive to echo servers that use TLS. Nginx verifies them against their certificate
 * and name. Settings that would make the handshake fail are removed.
 */
export function securedBy(node: Directive, certPath: string, onChange: OnChange): Directive[] {
  const { name } = node;
  if (name === 'proxy_ssl_name') return [{ ...node, args: [word(SERVER_NAME)] }];
  if (name === 'proxy_ssl_trusted_certificate') return [{ ...node, args: [word(certPath)] }];
  if (OWN_FILES.test(name)) onChange('upstream-certificate', node);
  else if (shutsOut(node)) onChange('upstream-handshake', node);
  else return [node];
  return [];
}

/** Whether a directive would leave Nginx and the echo servers without a common protocol or cipher. */
function shutsOut(node: Directive): boolean {
  if (node.name === 'proxy_ssl_ciphers') return keyTypeOf(firstText(node)) === 'rsa';
  return node.name === 'proxy_ssl_protocols' && !texts(node).some((each) => SPOKEN.includes(each));
}

/**
 * Sets the name against which Nginx verifies the echo servers; without it, Nginx would use the host of
 * `proxy_pass`.
 */
export function underServerName(block: readonly Node[]): Node[] {
  return verifies(block) ? set(block, 'proxy_ssl_name', [SERVER_NAME]) : [...block];
}

function verifies(nodes: readonly Node[] | null): boolean {
  return directives(nodes).some(
    (node) => (node.name === 'proxy_ssl_verify' && node.args[0]?.text === 'on') || verifies(node.block),
  );
}
