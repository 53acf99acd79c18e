import { keyTypeOf } from './certificates.ts';
import { withSslParameters } from './legacy.ts';
import { inherited } from './located.ts';
import type { OnChange } from './notices.ts';
import { httpTarget } from './proxy-pass.ts';
import { type Directive, directives, type Node, set, texts, word } from './tree.ts';
import { valuesOf } from './variable.ts';
import { findPaths, streamEntrances, type Wanted } from './websocket.ts';

/** In the certificate of the echo servers. */
const SERVER_NAME = 'localhost';

/** Name files of a client's certificate, or of a list of certificates that were revoked, or secrets. */
const OWN_FILES = /^proxy_ssl_(certificate|certificate_key|crl|key_log|password_file)$/;

/** What Node's TLS takes where nothing else is set. */
const SPOKEN = ['TLSv1.2', 'TLSv1.3'];

/**
 * Whether Nginx passes the WebSockets of a configuration on over TLS, so that the echo servers have to speak it.
 *
 * @param tree As `readTuned` reads it.
 * @throws Problem('configuration') as `findPaths`.
 */
export function passesOverTls(tree: readonly Node[], wanted: Wanted): boolean {
  const current = withSslParameters(tree);
  const { server, levels } = findPaths(current, wanted);
  const location = levels.at(-1);
  if (server === null || location === undefined) return streamPassesOverTls(current);
  const blocks = [location, ...directives(location.block, 'if')];
  const [pass] = blocks.flatMap(({ block }) => directives(block, 'proxy_pass'));
  const text = pass?.args[0]?.text ?? '';
  const urls = valuesAtStart(text, [server, ...directives(current, 'http')]) ?? [text];
  return urls.some((url) => {
    const scheme = httpTarget(url)?.scheme;
    return scheme === 'https' || (scheme === '$scheme' && listensWithTls(server));
  });
}

/**
 * The values of the variable that a URL begins with, as in `set $app https://app.internal; proxy_pass $app;`; those
 * of the innermost level that tells them.
 */
function valuesAtStart(text: string, [server, http]: readonly Directive[]): string[] | null {
  const name = /^\$\{?(\w+)\}?(?!.*:\/\/)/.exec(text)?.[1];
  if (name === undefined) return null;
  return valuesOf(server?.block ?? [], name) ?? valuesOf(http?.block ?? [], name);
}

/** Through which of several servers of stream the WebSockets go: one with TLS first, as `moveListens` has it. */
function streamPassesOverTls(tree: readonly Node[]): boolean {
  const entrances = streamEntrances(tree);
  const server = entrances.find(listensWithTls) ?? entrances[0];
  const [stream] = directives(tree, 'stream');
  if (server === undefined || stream === undefined) return false;
  return inherited([stream, server], 'proxy_ssl')[0]?.args[0]?.text === 'on';
}

/** Over TCP; where a server has QUIC alone it gets TLS in its place. */
function listensWithTls({ block }: Directive): boolean {
  return directives(block, 'listen').some((listen) =>
    texts(listen).some((each) => /^(ssl|quic)$/.test(each)),
  );
}

/**
 * A `proxy_ssl…` directive for echo servers that speak TLS: what they are verified by is their own certificate and
 * name, and what a handshake with them could not do is left out.
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

/** Whether the echo servers could not agree with Nginx on a protocol or a cipher. */
function shutsOut(node: Directive): boolean {
  if (node.name === 'proxy_ssl_ciphers') return keyTypeOf(node.args[0]?.text ?? '') === 'rsa';
  return node.name === 'proxy_ssl_protocols' && !texts(node).some((each) => SPOKEN.includes(each));
}

/** Where Nginx verifies the echo servers it has to know their name: by default that is the host of `proxy_pass`. */
export function underServerName(block: readonly Node[]): Node[] {
  return verifies(block) ? set(block, 'proxy_ssl_name', [SERVER_NAME]) : [...block];
}

function verifies(nodes: readonly Node[] | null): boolean {
  return directives(nodes).some(
    (node) => (node.name === 'proxy_ssl_verify' && node.args[0]?.text === 'on') || verifies(node.block),
  );
}
