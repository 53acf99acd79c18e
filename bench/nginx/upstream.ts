import type { OnChange } from './notices.ts';
import { print } from './print.ts';
import { hostsOf, httpTarget, streamTarget } from './proxy-pass.ts';
import { type Directive, directive, directives, type Node, rewrite, texts, word } from './tree.ts';
import { isPlainName, upstreamName } from './upstream-name.ts';
import { securedBy, underServerName } from './upstream-tls.ts';

/** The address of an echo server. */
export interface UpstreamServer {
  host: string;
  port: number;
  /** Path of the Unix-domain socket on which it also listens, if any. */
  socket?: string | null;
  /** The certificate, for `localhost`, with which it uses TLS on both; null: no TLS. */
  certPath?: string | null;
}

/** Names of the `upstream` that replaces a host, or a Unix-domain socket, named in `proxy_pass`. */
const OWN_UPSTREAM = { tcp: 'bench_echo_servers', local: 'bench_echo_sockets' };
/** Parameters of `server` that make Nginx query a name server. */
const DROPPED = /^(resolve|service=.*)$/;

/** Directives for TLS to the upstream. */
const UPSTREAM_TLS = /^(grpc|proxy|uwsgi)_ssl(_|$)/;

/**
 * Redirects all proxying, in http and in stream, to the echo servers: the `server` entries of each
 * `upstream`, and each `proxy_pass` to a host that is not the name of an `upstream`. A variable still selects
 * among the upstreams, through a map that sends any other value to the echo servers. A Unix-domain socket
 * stays one. If the echo servers use plain HTTP, TLS towards the upstream is removed. If they use TLS, all
 * traffic goes to them over TLS, with their name and certificate. The PROXY protocol is removed.
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
  const written = directives(block, 'upstream').map((each) => each.args[0]?.text ?? '');
  const names = new Set(written.filter(isPlainName).map(upstreamName));
  const choices = collectChoices(block);
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
    const isKnown = (host: string) => names.has(upstreamName(host)) && (!target.variable || fitsInMap(host));
    const known = hosts?.every(isKnown) ?? false;
    if (target.variable && hosts !== null && !known) onChange('variable-upstream', node);
    const own = isLocal(target.host) && !target.variable ? OWN_UPSTREAM.local : OWN_UPSTREAM.tcp;
    if (!known || target.variable) needed.add(own);
    const name = !known ? own : target.variable ? choices.among(target.host, hosts ?? []) : target.host;
    const url = http ? `${certPath === null ? 'http' : 'https'}://${name}${target.uri}` : name;
    return [{ ...node, name: 'proxy_pass', args: [word(url), ...node.args.slice(1)] }];
  });
  const own = [...needed]
    .filter((name) => !names.has(name))
    .map((name) => {
      const entries = servers.map((server) => [
        addressFor(server, name === OWN_UPSTREAM.local),
        'max_fails=0',
      ]);
      return directive(
        'upstream',
        [name],
        entries.map((args) => directive('server', args)),
      );
    });
  // Maps come last, because `map_hash_bucket_size` has to precede the first one.
  return [...own, ...(certPath === null ? redirected : underServerName(redirected)), ...choices.maps()];
}

/**
 * Makes variables that can only contain the name of an upstream: a map of the user's variable to its known
 * values, with the bench's own upstream for any other value at run time.
 */
function collectChoices(block: readonly Node[]) {
  const isTaken = mentions(block);
  const maps = new Map<string, Directive>();
  let count = 0;
  const freshVariable = (): string => {
    count += 1;
    const name = `bench_upstream_${count}`;
    return isTaken(name) ? freshVariable() : `$${name}`;
  };
  return {
    /** @returns the variable to use as a target instead of the expression */
    among(expression: string, hosts: readonly string[]): string {
      const names = [...new Set(hosts.map(upstreamName))];
      const key = [expression, ...names].join(' ');
      const variable = maps.get(key)?.args[1]?.text ?? freshVariable();
      const entries = names.map((name) => directive(keyOf(name), [name]));
      const others = [directive('volatile', []), directive('default', [OWN_UPSTREAM.tcp])];
      maps.set(key, directive('map', [expression, variable], [...others, ...entries]));
      return variable;
    },
    maps: () => [...maps.values()],
  };
}

/** Longer keys do not fit into a bucket of a map's hash table unless `map_hash_bucket_size` is raised. */
const LONGEST_KEY = 46;

function fitsInMap(name: string): boolean {
  return Buffer.byteLength(name) <= LONGEST_KEY;
}

/** A literal key of a map: a `\` keeps it from being a keyword or a regular expression. */
function keyOf(name: string): string {
  return /^(default|hostnames|include|volatile)$|^\W/.test(name) ? `\\${name}` : name;
}

/**
 * Returns a function that reports whether a word occurs anywhere in a block, as a variable, a capture or in a
 * text.
 */
function mentions(block: readonly Node[]): (word: string) => boolean {
  const text = print(block).text.toLowerCase();
  return (word) => text.includes(word);
}

/**
 * Replaces the `server` entries. There are as many as echo servers, but not fewer than before, and each has
 * the parameters of one of the old entries, in turn. Entries that are `down` are removed. A `backup` remains
 * a backup, with the address of the first echo server.
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

/** The server's Unix-domain socket, if the configuration uses one and the server has one. */
function addressFor(server: UpstreamServer, local: boolean): string {
  return local && typeof server.socket === 'string' ? `unix:${server.socket}` : address(server);
}

/** `host:port`, as in a `server` entry. */
export function address({ host, port }: UpstreamServer): string {
  return `${host}:${port}`;
}
