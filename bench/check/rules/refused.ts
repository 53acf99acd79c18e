import { httpAddresses, socketAt } from '../../nginx/hop.ts';
import { addressesOf, defaultServerAt, listensOn, serversIn } from '../../nginx/listen.ts';
import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, type Node, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import type { LintFinding } from '../finding.ts';
import type { Rule } from '../subject.ts';

const BASE = { rule: 'refused', level: 'error', seen: null, remedies: [] } as const;

/**
 * Reports errors that make Nginx reject a configuration. The sandbox repairs them in order to run the rest.
 */
export const refused: Rule = ({ tree, isPart }) => [
  ...listenedTwice(tree),
  // If only part of a configuration is checked, the unknown main file may name a certificate for all servers.
  ...(isPart ? [] : withoutCertificate(tree)),
];

/** A server may listen on an address only once (ngx_http_core_listen, ngx_stream_core_listen). */
function listenedTwice(tree: readonly Node[]): LintFinding[] {
  const { http, stream } = serversIn(tree);
  return [...http, ...stream].flatMap(({ block }) => {
    const known = new Set<string>();
    return directives(block, 'listen').flatMap((listen): LintFinding[] => {
      const [written = '', ...parameters] = texts(listen);
      const address = addressIn(written, parameters);
      if (!known.has(address)) {
        known.add(address);
        return [];
      }
      return [{ ...BASE, origin: listen.origin, ...finding('listen-twice', { address: written }) }];
    });
  });
}

/**
 * `80`, `*:80` and `0.0.0.0:80` are the same address. `[::]:80` is a different one, and so is any UDP
 * address.
 */
function addressIn(written: string, parameters: readonly string[]): string {
  const protocol = parameters.find((each) => each === 'udp' || each === 'quic') === undefined ? 'tcp' : 'udp';
  if (written.startsWith('unix:')) return `${protocol} ${written}`;
  const [, host = '', port = '80'] =
    /^(?:(\[[^\]]*\]|[^:]*[^:\d][^:]*|\d+\.[\d.]+)(?::|$))?(\d+)?$/.exec(written) ?? [];
  return `${protocol} ${host === '' || host === '*' ? '0.0.0.0' : host.toLowerCase()}:${port}`;
}

/**
 * If a socket uses TLS, its default server must have a certificate or reject handshakes. If it has a
 * certificate, the socket's other servers need none. If it rejects handshakes, each of the others must have a
 * certificate or reject handshakes as well (ngx_http_ssl_init).
 */
function withoutCertificate(tree: readonly Node[]): LintFinding[] {
  const [http] = directives(tree, 'http');
  const given = (server: Directive, name: string) =>
    inherited(http === undefined ? [server] : [http, server], name);
  const hasCertificate = (server: Directive) => given(server, 'ssl_certificate').length > 0;
  const rejects = (server: Directive) => given(server, 'ssl_reject_handshake')[0]?.args[0]?.text === 'on';
  const lacking = httpAddresses(tree).flatMap((address) => {
    const first = socketAt(tree, address).tls ? defaultServerAt(tree, address) : undefined;
    if (first === undefined || hasCertificate(first)) return [];
    const needing = rejects(first)
      ? serversIn(tree).http.filter((server) => addressesOf(server).includes(address) && !rejects(server))
      : [first];
    return needing.filter((server) => !hasCertificate(server)).map((server) => ({ server, address }));
  });
  const servers = new Map(lacking.map(({ server, address }) => [server, address]));
  return [...servers].map(([server, address]) => {
    const own = directives(server.block, 'listen');
    const listen = listensOn(tree, address).find((each) => own.includes(each)) ?? server;
    return {
      ...BASE,
      origin: listen.origin,
      ...finding('no-certificate', { listen: texts(listen).join(' ') }),
    };
  });
}
