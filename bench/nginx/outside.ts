import type { Change } from '../wording/sandbox.ts';
import type { OnChange } from './notices.ts';
import { type Directive, directive, firstText, type Node, rewrite, set, word } from './tree.ts';
import { address, type UpstreamServer } from './upstream.ts';

/**
 * Directives that are removed because they make Nginx connect to other hosts, look up their names or trust
 * their addresses. `upstream`, `proxy_pass` and `listen` are rewritten instead (upstream.ts, listen.ts), as
 * are logs and files (confine.ts). targets.ts checks everything else.
 */
const TAKEN_OUT: readonly (readonly [RegExp, Change])[] = [
  // Nginx looks up a host name in debug_connection when it reads the configuration (src/event/ngx_event.c).
  [/^(resolver|debug_connection)$/, 'name-server'],
  // Nginx also looks up a host name in set_real_ip_from when it reads the configuration
  // (src/http/modules/ngx_http_realip_module.c).
  [/^set_real_ip_from$/, 'client-address'],
  [/^(proxy|fastcgi|grpc|memcached|scgi|tunnel|uwsgi)_allow_upstream$/, 'upstream-address'],
  [/^ssl_(stapling|ocsp)(_|$)/, 'ocsp'],
  // Through `api` and `upstream_conf`, clients can set the servers of an upstream.
  [
    /^(api|health_check|state|tunnel_pass|auth_oidc|oidc_provider|upstream_conf)$|^(acme|otel|zone_sync)(_|$)/,
    'other-hosts',
  ],
];

/** Directives that forward to backends in a protocol other than HTTP/1.1. */
const OTHER_PROTOCOL = /^(fastcgi|grpc|memcached|scgi|uwsgi)_pass$/;

const BIND = /^(proxy|fastcgi|grpc|memcached|scgi|tunnel|uwsgi)_bind$/;

/**
 * Removes, at any depth, all remaining directives that would make Nginx connect to another host or query a
 * name server. A location whose backend does not use HTTP/1.1 returns 502 instead.
 *
 * @param tree as modified by redirectUpstreams and moveListens
 * @param nameServer `host:port` of the run's own name server, which every resolver then uses; null if the run
 * has none
 */
export function closeOff(
  tree: readonly Node[],
  [server]: readonly UpstreamServer[],
  onChange: OnChange,
  nameServer: string | null = null,
): Node[] {
  const settled = tree.flatMap((node): Node[] => {
    if (node.kind === 'comment' || node.block === null || MEASURED.has(node.name)) return [node];
    const kept = node.name === 'mgmt' && server !== undefined;
    onChange(kept ? 'other-hosts' : 'other-blocks', node);
    return kept ? [reportingTo(node, server)] : [];
  });
  return rewrite(settled, (node, parents) => {
    if (parents.some((each) => takenOut(each) !== undefined)) return [node]; // removed with its block
    if (node.name === 'resolver' && nameServer !== null) {
      const parameters = node.args.filter(({ text }) => text.includes('='));
      return [{ ...node, args: [word(nameServer), ...parameters] }];
    }
    const change = takenOut(node);
    if (change !== undefined) {
      onChange(change, node);
      return [];
    }
    if (OTHER_PROTOCOL.test(node.name)) {
      onChange('no-backend', node);
      return [{ ...directive('return', ['502']), origin: node.origin }];
    }
    if (BIND.test(node.name)) {
      if (isLoopback(node)) return [node];
      onChange('source-address', node);
      return [];
    }
    return [node];
  });
}

function takenOut(node: Directive): Change | undefined {
  return TAKEN_OUT.find(([names]) => names.test(node.name))?.[1];
}

const MEASURED = new Set(['events', 'http', 'stream']);

/**
 * Whether a directive's address is on the loopback interface. An address that starts with `127.` is a
 * loopback address or invalid, whatever its variables contain; `off` is not an address.
 */
function isLoopback(node: Directive): boolean {
  const first = firstText(node);
  return first === 'off' || first.startsWith('127.');
}

/**
 * Sets the address to which Nginx Plus reports its usage. Without usage_report, Nginx Plus would report to
 * its vendor's server.
 */
function reportingTo(mgmt: Directive, server: UpstreamServer): Directive {
  const kept = (mgmt.block ?? []).filter(
    (node) => node.kind === 'comment' || !/^(proxy|resolver)(_|$)/.test(node.name),
  );
  return { ...mgmt, block: set(kept, 'usage_report', [`endpoint=${address(server)}`]) };
}
