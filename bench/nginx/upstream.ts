import type { OnChange } from './notices.ts';
import { hostsOf, httpTarget, streamTarget } from './proxy-pass.ts';
import { type Directive, directive, directives, type Node, rewrite, texts, word } from './tree.ts';
import { securedBy, underServerName } from './upstream-tls.ts';

/** Where an echo server listens. */
export interface UpstreamServer {
  host: string;
  port: number;
  /** Path of the Unix-domain socket on which it listens as well, if it does. */
  socket?: string | null;
  /** The certificate, for `localhost`, with which it speaks TLS on both; null: it speaks without. */
  certPath?: string | null;
}

/** Names of the `upstream` that replaces a host, or a Unix-domain socket, named in `proxy_pass`. */
const OWN_UPSTREAM = { tcp: 'bench_echo_servers', local: 'bench_echo_sockets' };
/** Parameters of `server` that make Nginx ask a name server. */
const DROPPED = /^(resolve|service=.*)$/;

/** Directives for TLS to the upstream. */
const UPSTREAM_TLS = /^(grpc|proxy|uwsgi)_ssl(_|$)/;

/**
 * Redirects all proxying, in http and in stream, to the echo servers: the `server` entries of each
 * `upstream`, and each `proxy_pass` to a host that is not the name of an `upstream`. A Unix-domain socket
 * stays one. Where the echo servers speak plain HTTP, TLS towards the upstream is removed; where they speak TLS,
 * everything goes to them over TLS, under their name and certificate. The PROXY protocol is removed.
 */
export function redirectUpstreams(
  tree: readonly Node[],
  servers: readonly UpstreamServer[],
  onChange: OnChange,
): Node[] {
  return tree.map((node) =>
    node.kind === 'directive' && node.block !== null && (node.name === 'http' || node.name === 'stream')
      ? { ...node, block: redirectContext(node.block, node.name === 'http', servers, onChange) }
      : node,
  );
}

function redirectContext(
  block: readonly Node[],
  http: boolean,
  servers: readonly UpstreamServer[],
  onChange: OnChange,
): Node[] {
  const names = new Set(directives(block, 'upstream').map((each) => upstreamName(each.args[0]?.text ?? '')));
  const needed = new Set<string>();
  const certPath = servers[0]?.certPath ?? null;
  const redirected = rewrite(block, (node, parents) => {
    if (node.name === 'upstream' && parents.length === 0) return [redirectUpstream(node, servers)];
    if (certPath !== null && node.name.startsWith('proxy_ssl')) return securedBy(node, certPath, onChange);
    if (UPSTREAM_TLS.test(node.name) || (node.name === 'proxy_protocol' && !http)) {
      if (node.args[0]?.text === 'on' && node.name === 'proxy_ssl') onChange('upstream-tls', node);
      if (node.args[0]?.text === 'on' && node.name === 'proxy_protocol') onChange('proxy-protocol', node);
      return [];
    }
    const isPass = node.name === 'pass' && !http;
    if (node.name !== 'proxy_pass' && !isPass) return [node];
    const text = node.args[0]?.text ?? '';
    const target = http ? httpTarget(text) : streamTarget(text);
    if (target === null) return [node];
    const mayBeTls = target.scheme === 'https' || target.scheme === '$scheme';
    if (certPath === null && mayBeTls) onChange('upstream-tls', node);
    if (certPath !== null && target.scheme === 'http') onChange('upstream-tls-added', node);
    const hosts = hostsOf(target, block);
    if (hosts === null) onChange('variable-upstream', node);
    if (isPass) onChange('stream-pass', node);
    const known = hosts?.every((host) => names.has(upstreamName(host))) ?? false;
    if (target.variable && hosts !== null && !known) onChange('variable-upstream', node);
    const own = isLocal(target.host) && !target.variable ? OWN_UPSTREAM.local : OWN_UPSTREAM.tcp;
    if (!known) needed.add(own);
    const name = known ? target.host : own;
    const url = http ? `${certPath === null ? 'http' : 'https'}://${name}${target.uri}` : name;
    return [{ ...node, name: 'proxy_pass', args: [word(url)] }];
  });
  const own = [...needed].map((name) => {
    const entries = servers.map((server) => [addressFor(server, name === OWN_UPSTREAM.local), 'max_fails=0']);
    return directive(
      'upstream',
      [name],
      entries.map((args) => directive('server', args)),
    );
  });
  return [...own, ...(certPath === null ? redirected : underServerName(redirected))];
}

/** Form of a name for comparison: Nginx ignores its case (ngx_http_upstream_add, ngx_stream_upstream_add). */
export function upstreamName(name: string): string {
  return name.toLowerCase();
}

/**
 * Replaces the `server` entries: there are as many as echo servers, but not fewer than before, and each
 * has the parameters of one of the old entries, in turn. Entries that are `down` are removed. A `backup`
 * stays a backup, with the address of the first echo server.
 */
function redirectUpstream(upstream: Directive, servers: readonly UpstreamServer[]): Directive {
  const written = directives(upstream.block, 'server').filter((entry) => !texts(entry).includes('down'));
  const backups = written.filter((entry) => texts(entry).includes('backup'));
  const active = written.filter((entry) => !backups.includes(entry));
  const entries = [
    ...cycle(active.length > 0 ? active : [directive('server', ['', 'max_fails=0'])], servers),
    ...(active.length > 0 ? cycle(backups, servers.slice(0, 1)) : []),
  ];
  const block = upstream.block ?? [];
  const isServer = (node: Node) => node.kind === 'directive' && node.name === 'server';
  const at = Math.max(0, block.findIndex(isServer));
  return { ...upstream, block: block.filter((node) => !isServer(node)).toSpliced(at, 0, ...entries) };
}

function cycle(entries: readonly Directive[], servers: readonly UpstreamServer[]): Directive[] {
  const length = entries.length === 0 ? 0 : Math.max(entries.length, servers.length);
  return Array.from({ length }).flatMap((_, index) => {
    const entry = entries[index % entries.length];
    const server = servers[index % servers.length];
    if (entry === undefined || server === undefined) return [];
    const parameters = entry.args.slice(1).filter(({ text }) => !DROPPED.test(text));
    const local = isLocal(entry.args[0]?.text ?? '');
    return [{ ...entry, args: [word(addressFor(server, local)), ...parameters] }];
  });
}

function isLocal(text: string): boolean {
  return text.startsWith('unix:');
}

/** Where the configuration names a Unix-domain socket, that of the server, if it has one. */
function addressFor(server: UpstreamServer, local: boolean): string {
  return local && typeof server.socket === 'string' ? `unix:${server.socket}` : address(server);
}

/** `host:port`, as in a `server` entry. */
export function address({ host, port }: UpstreamServer): string {
  return `${host}:${port}`;
}
