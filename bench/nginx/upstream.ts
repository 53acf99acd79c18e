import { isHttp, usualPort } from './hop.ts';
import type { OnChange } from './notices.ts';
import { hostsOf, httpTarget, streamTarget } from './proxy-pass.ts';
import { type Directive, directive, directives, firstText, type Node, rewrite, texts, word } from './tree.ts';
import { collectChoices, fitsInMap, ownUpstream, upstreamsIn } from './upstream-choice.ts';
import { isPlainName, upstreamName } from './upstream-name.ts';
import { securedBy, underServerName } from './upstream-tls.ts';

/** The address of an echo server. */
export interface UpstreamServer {
  host: string;
  port: number;
  /** Path of the Unix-domain socket on which the server also listens, if any. */
  socket?: string | null;
  /** Path of the server's certificate for `localhost`, used on the port and the socket; null disables TLS. */
  certPath?: string | null;
}

/**
 * Names of the generated `upstream` blocks, which replace a host, a Unix-domain socket, or another server of
 * the same configuration in `proxy_pass`.
 */
const OWN_UPSTREAM = { tcp: 'bench_echo_servers', local: 'bench_echo_sockets', hop: 'bench_hop' };
/** Parameters of `server` that make Nginx query a name server. */
const DROPPED = /^(resolve|service=.*)$/;

/**
 * Host name of the echo servers, used if the run has its own name server. The top-level domain is reserved
 * (RFC 6761).
 */
export const RESOLVED_NAME = 'backend.test';

/** Whether a `server` of an `upstream` is resolved while Nginx runs. */
export function isResolved(server: Directive): boolean {
  return server.name === 'server' && server.block === null && texts(server).includes('resolve');
}

const UPSTREAM_TLS = /^(grpc|proxy|uwsgi)_ssl(_|$)/;

/** Settings of a `stream` server that must match what the other end of its connections expects. */
const INNER_SETTINGS = ['proxy_protocol', 'proxy_ssl'];

/** Destinations of the redirected requests. */
export interface Redirection {
  /** The echo servers. */
  servers: readonly UpstreamServer[];
  /**
   * If an address in `http` refers to a server of the same configuration, that server's listening address as
   * `host:port`; otherwise null.
   *
   * @param usualPort port to use if the address has none
   */
  hop(address: string, usualPort?: string): string | null;
  /**
   * Like `hop`, but for an address in `stream`, which may refer to any server. By default, no address in
   * `stream` refers to a server of the configuration.
   */
  streamHop?: (address: string) => string | null;
  /**
   * Whether a `stream` server uses the PROXY protocol and TLS as written, because all of its connections lead
   * to servers of the same configuration. `null` means all `stream` servers. By default, no server uses them
   * as written.
   */
  isInner?: (server: Directive | null) => boolean;
  /**
   * Whether each upstream keeps exactly its original entries, so that the effect of their flags can be
   * observed.
   */
  keepEntries?: boolean;
  /** Whether the run has a name server, so that entries may still be resolved while Nginx runs. */
  resolvesNames?: boolean;
}

/**
 * Redirects all proxying, in http and in stream, to the echo servers: the `server` entries of each
 * `upstream`, and each `proxy_pass` to a host that is not the name of an `upstream`. A variable still selects
 * among the upstreams, through a map that sends any other value to the echo servers. A Unix-domain socket is
 * replaced by another one, and an address on which another server of the configuration listens leads to that
 * server. If the echo servers use plain HTTP, TLS towards the upstream is removed. If they use TLS, all
 * traffic goes to them over TLS, with their name and certificate. The PROXY protocol is removed.
 */
export function redirectUpstreams(
  tree: readonly Node[],
  redirection: Redirection,
  onChange: OnChange,
): Node[] {
  return tree.map((node) =>
    node.kind === 'directive' && node.block !== null && (node.name === 'http' || node.name === 'stream')
      ? { ...node, block: redirectContext(node.block, node.name === 'http', redirection, onChange) }
      : node,
  );
}

function redirectContext(
  block: readonly Node[],
  http: boolean,
  redirection: Redirection,
  onChange: OnChange,
): Node[] {
  const { servers } = redirection;
  const hop = http ? redirection.hop : (redirection.streamHop ?? (() => null));
  const { isInner = () => false } = redirection;
  const names = new Set(upstreamsIn(block).filter(isPlainName).map(upstreamName));
  const choices = collectChoices(block);
  const needed = new Map<string, readonly string[]>();
  const certPath = servers[0]?.certPath ?? null;
  const redirected = rewrite(block, (node, parents) => {
    if (node.name === 'upstream' && parents.length === 0)
      return [redirectUpstream(node, { ...redirection, hop: leadsInside(node, hop) ? hop : () => null })];
    if (certPath !== null && node.name.startsWith('proxy_ssl')) return securedBy(node, certPath, onChange);
    if (!http && INNER_SETTINGS.includes(node.name) && isInner(parents[0] ?? null)) return [node];
    if (UPSTREAM_TLS.test(node.name) || (node.name === 'proxy_protocol' && !http)) {
      if (node.args[0]?.text === 'on' && node.name === 'proxy_ssl') onChange('upstream-tls', node);
      if (node.args[0]?.text === 'on' && node.name === 'proxy_protocol') onChange('proxy-protocol', node);
      return [];
    }
    const isPass = node.name === 'pass' && !http;
    if (node.name !== 'proxy_pass' && !isPass) return [node];
    const text = firstText(node);
    const target = http ? httpTarget(text) : streamTarget(text);
    if (target === null) return [node];
    const passed = (host: string, scheme = certPath === null ? 'http' : 'https') => {
      const url = http ? `${scheme}://${host}${target.uri}` : host;
      return [{ ...node, name: 'proxy_pass', args: [word(url), ...node.args.slice(1)] }];
    };
    const inner = (address: string) => {
      const next = hop(address, usualPort(target));
      if (next === null || parents.some((each) => listensOn(each, next))) return null;
      const name = `${OWN_UPSTREAM.hop}_${next.replace(/\W/g, '_')}`;
      needed.set(name, [next]);
      return name;
    };
    const next = target.variable || (http && !isHttp(target)) ? null : inner(target.host);
    if (next !== null) return passed(next, target.scheme ?? 'http');
    const named = directives(block, 'upstream').find(
      (each) => upstreamName(firstText(each)) === upstreamName(target.host),
    );
    if (http && isHttp(target) && !target.variable && leadsInside(named, hop))
      return passed(target.host, target.scheme ?? 'http');
    const mayBeTls = target.scheme === 'https' || target.scheme === '$scheme';
    if (certPath === null && mayBeTls) onChange('upstream-tls', node);
    if (certPath !== null && target.scheme === 'http') onChange('upstream-tls-added', node);
    const hosts = hostsOf(target, block);
    if (hosts === null) onChange('variable-upstream', node);
    if (isPass) onChange('stream-pass', node);
    const upstreamFor = (host: string) =>
      names.has(upstreamName(host)) ? upstreamName(host) : target.variable && !http ? inner(host) : null;
    const isKnown = (host: string) => (!target.variable || fitsInMap(host)) && upstreamFor(host) !== null;
    const known = hosts?.every(isKnown);
    if (target.variable && hosts !== null && !known) onChange('variable-upstream', node);
    const isSocket = isLocal(target.host) && !target.variable;
    const own = isSocket ? OWN_UPSTREAM.local : OWN_UPSTREAM.tcp;
    if (!known || target.variable)
      needed.set(
        own,
        servers.map((server) => addressFor(server, isSocket)),
      );
    if (!target.variable) return passed(known ? target.host : own);
    const chosen = known || !http ? (hosts ?? []).filter(isKnown) : [];
    const upstreams = new Map(chosen.map((host) => [host, upstreamFor(host) ?? own]));
    const choice = { target, upstreams, others: own, parents };
    return passed(http || chosen.length > 0 ? choices.among(choice) : own);
  });
  const own = [...needed]
    .filter(([name]) => !names.has(name))
    .map(([name, entries]) => ownUpstream(name, entries));
  // Maps come last, because `map_hash_bucket_size` has to precede the first map.
  return [...own, ...(certPath === null ? redirected : underServerName(redirected)), ...choices.maps()];
}

/**
 * Replaces the `server` entries of an upstream. Entries that are `down` are removed. If all entries lead to
 * servers of the same configuration, so do the new ones. Otherwise, each echo server gets an entry, and each
 * old entry is replaced by at least one. Each new entry takes the parameters of an old one, in turn. A
 * `backup` stays a backup, with the address of the first echo server. With `keepEntries`, each entry keeps
 * its position and its flags.
 */
function redirectUpstream(upstream: Directive, redirection: Redirection): Directive {
  const { servers, keepEntries = false } = redirection;
  const all = directives(upstream.block, 'server');
  const isKept = keepEntries && all.length > 0;
  const written = isKept ? all : all.filter((entry) => !texts(entry).includes('down'));
  const backups = isKept ? [] : written.filter((entry) => texts(entry).includes('backup'));
  const active = written.filter((entry) => !backups.includes(entry));
  const entries = [
    ...cycle(
      active.length > 0 ? active : [directive('server', ['', 'max_fails=0'])],
      redirection,
      isKept ? 0 : servers.length,
    ),
    ...(active.length > 0 ? cycle(backups, { ...redirection, servers: servers.slice(0, 1) }, 1) : []),
  ];
  const block = upstream.block ?? [];
  const isServer = (node: Node) => node.kind === 'directive' && node.name === 'server';
  const at = Math.max(0, block.findIndex(isServer));
  return { ...upstream, block: block.filter((node) => !isServer(node)).toSpliced(at, 0, ...entries) };
}

/** @param least minimum number of entries to return; none are returned if `entries` is empty */
function cycle(
  entries: readonly Directive[],
  { servers, hop, resolvesNames = false }: Pick<Redirection, 'servers' | 'hop' | 'resolvesNames'>,
  least: number,
): Directive[] {
  return Array.from({ length: Math.max(entries.length, least) }).flatMap((_, index) => {
    const entry = entries[index % entries.length];
    const server = servers[index % servers.length];
    if (entry === undefined || server === undefined) return [];
    const keepsName = resolvesNames && isResolved(entry);
    const parameters = entry.args
      .slice(1)
      .filter(({ text }) => !DROPPED.test(text) || (keepsName && text === 'resolve'));
    const written = firstText(entry);
    const named = keepsName ? `${RESOLVED_NAME}:${server.port}` : null;
    const next = named ?? hop(written) ?? addressFor(server, isLocal(written));
    return [{ ...entry, args: [word(next), ...parameters] }];
  });
}

/** Whether all entries of an upstream lead to servers of the same configuration. */
function leadsInside(upstream: Directive | undefined, hop: Redirection['hop']): boolean {
  const entries = directives(upstream?.block, 'server');
  return entries.length > 0 && entries.every((entry) => hop(firstText(entry)) !== null);
}

function isLocal(text: string): boolean {
  return text.startsWith('unix:');
}

/** Whether a server listens on an address. A server that proxies to itself would loop endlessly. */
function listensOn({ block }: Directive, address: string): boolean {
  return directives(block, 'listen').some(({ args: [own] }) => own?.text === address);
}

/**
 * The server's Unix-domain socket, if the configuration uses one and the server has one; otherwise its TCP
 * address.
 */
function addressFor(server: UpstreamServer, local: boolean): string {
  return local && typeof server.socket === 'string' ? `unix:${server.socket}` : address(server);
}

/** Address of an upstream server as `host:port`, the form used in `server` entries. */
export function address({ host, port }: UpstreamServer): string {
  return `${host}:${port}`;
}
