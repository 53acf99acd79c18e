import { type Directive, directive, directives, type Node, rewrite, texts, word } from './tree.ts';

/** Where an echo server listens. */
export interface UpstreamServer {
  host: string;
  port: number;
}

/** The `upstream` that stands in for a server named in `proxy_pass` itself. */
const OWN_UPSTREAM = 'bench_echo_servers';
/** Parameters that would ask a name server. */
const DROPPED = /^(resolve|service=.*)$/;

/**
 * Points everything that is proxied, in http and in stream, at the echo servers: the `server`
 * entries of each `upstream`, and each `proxy_pass` to a host that is none. So the bench
 * sends nothing beyond loopback, whatever else the configuration serves.
 */
export function redirectUpstreams(tree: readonly Node[], servers: readonly UpstreamServer[]): Node[] {
  return tree.map((node) =>
    node.kind === 'directive' && node.block !== null && (node.name === 'http' || node.name === 'stream')
      ? { ...node, block: redirectContext(node.block, node.name === 'http', servers) }
      : node,
  );
}

function redirectContext(block: readonly Node[], http: boolean, servers: readonly UpstreamServer[]): Node[] {
  const names = new Set(directives(block, 'upstream').map((each) => each.args[0]?.text ?? ''));
  let needsOwn = false;
  const redirected = rewrite(block, (node, parents) => {
    if (node.name === 'upstream' && parents.length === 0) return [redirectUpstream(node, servers)];
    if (node.name === 'proxy_bind' && node.args[0]?.text.startsWith('127.') !== true) return [];
    if (node.name !== 'proxy_pass') return [node];
    const target = node.args[0]?.text ?? '';
    const { host, uri } = http ? httpTarget(target) : { host: target, uri: '' };
    const name = names.has(host) ? host : OWN_UPSTREAM;
    needsOwn ||= name === OWN_UPSTREAM;
    return [{ ...node, args: [word(`${http ? 'http://' : ''}${name}${uri}`)] }];
  });
  if (!needsOwn) return redirected;
  const entries = servers.map((server) => directive('server', [address(server), 'max_fails=0']));
  return [directive('upstream', [OWN_UPSTREAM], entries), ...redirected];
}

/** With variables in it the request's own URI is passed on, which is what they mostly spell out. */
function httpTarget(target: string): { host: string; uri: string } {
  const [, host = '', uri = ''] = /^https?:\/\/(unix:[^:]*:?|[^/]*)(.*)$/i.exec(target) ?? [];
  return host.includes('$') || uri.includes('$') ? { host, uri: '' } : { host, uri };
}

/**
 * As many entries as there are echo servers (never fewer than the configuration has), each with
 * the parameters of one of the configuration's own in turn. Entries that are `down` go; a `backup`
 * stays one, beside the first echo server.
 */
function redirectUpstream(upstream: Directive, servers: readonly UpstreamServer[]): Directive {
  const written = directives(upstream.block, 'server').filter((entry) => !texts(entry).includes('down'));
  const backups = written.filter((entry) => texts(entry).includes('backup'));
  const active = written.filter((entry) => !backups.includes(entry));
  const entries = [
    ...cycle(active.length > 0 ? active : [directive('server', ['', 'max_fails=0'])], servers, 0),
    ...(active.length > 0 ? cycle(backups, servers.slice(0, 1), active.length) : []),
  ];
  const block = upstream.block ?? [];
  const isServer = (node: Node) => node.kind === 'directive' && node.name === 'server';
  const at = Math.max(0, block.findIndex(isServer));
  return { ...upstream, block: block.filter((node) => !isServer(node)).toSpliced(at, 0, ...entries) };
}

function cycle(entries: readonly Directive[], servers: readonly UpstreamServer[], from: number): Directive[] {
  const length = entries.length === 0 ? 0 : Math.max(entries.length, servers.length);
  return Array.from({ length }).flatMap((_, index) => {
    const entry = entries[index % entries.length];
    const server = servers[(from + index) % servers.length];
    if (entry === undefined || server === undefined) return [];
    const parameters = entry.args.slice(1).filter(({ text }) => !DROPPED.test(text));
    return [{ ...entry, args: [word(address(server)), ...parameters] }];
  });
}

function address({ host, port }: UpstreamServer): string {
  return `${host}:${port}`;
}
