import { Problem } from '../model/failure.ts';
import type { Change, OnChange } from './notices.ts';
import { type Directive, directive, isData, type Node, place, rewrite, set, texts } from './tree.ts';
import { address, type UpstreamServer } from './upstream.ts';

/**
 * Directives that make Nginx connect to other hosts, look up their names or trust their addresses. They
 * are removed; `upstream`, `proxy_pass` and `listen` are rewritten instead (upstream.ts, listen.ts), and
 * so are logs and files (confine.ts).
 */
const TAKEN_OUT: readonly (readonly [RegExp, Change])[] = [
  // A host name in debug_connection is looked up when the configuration is read (src/event/ngx_event.c).
  [/^(resolver|debug_connection)$/, 'name-server'],
  // So is one in set_real_ip_from (src/http/modules/ngx_http_realip_module.c).
  [/^set_real_ip_from$/, 'client-address'],
  [/^(proxy|fastcgi|grpc|memcached|scgi|tunnel|uwsgi)_allow_upstream$/, 'upstream-address'],
  [/^ssl_(stapling|ocsp)(_|$)/, 'ocsp'],
  [/^(health_check|state|tunnel_pass|auth_oidc|oidc_provider)$|^(acme|otel|zone_sync)(_|$)/, 'other-hosts'],
];

/** Backends that do not speak HTTP/1.1. */
const OTHER_PROTOCOL = /^(fastcgi|grpc|memcached|scgi|uwsgi)_pass$/;

const BIND = /^(proxy|fastcgi|grpc|memcached|scgi|tunnel|uwsgi)_bind$/;

/** JavaScript, Perl and Lua: such code can open connections of its own. */
const CODE = /^js_|^perl(_set|_require)?$|_by_lua(_block|_file)?$/;

/**
 * Directives of Nginx whose arguments may look like an address or a URL, but that never connect to it: it
 * is compared with a request, sent to the client or an upstream server as text, or part of a file name.
 */
const TEXT = new Set(
  [
    'access_log add_after_body add_before_body add_header add_trailer alias allow ancient_browser',
    'auth_basic auth_basic_user_file auth_jwt auth_jwt_key_file auth_jwt_key_request auth_request',
    'auth_request_set deny early_hints env error_log error_log_tag error_page geoip_city geoip_country',
    'geoip_org geoip_proxy gzip_disable hash http2_push if index internal_redirect keyval limit_conn_zone',
    'limit_req_zone limit_zone load_module location log_format mirror modern_browser mqtt_set_connect',
    'proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_method proxy_redirect proxy_set_body',
    'return rewrite root secure_link secure_link_md5 secure_link_secret server_name server_tokens set',
    'sub_filter try_files userid_domain userid_mark userid_name userid_p3p userid_path valid_referers',
  ].flatMap((names) => names.split(' ')),
);

/** The same by patterns of names. The last is a module that is not Nginx's own, but in wide use. */
const TEXTS =
  /_(cache_bypass|cache_key|cache_purge|no_cache|param|set_header|split_path_info)$|^ssl_|^more_\w+_headers$/;

/** Directives that redirectUpstreams and moveListens have rewritten. */
const MOVED = new Set(['listen', 'proxy_pass', 'server', 'upstream']);

/** Matches a URL, an IP address, `host:port` and a Unix-domain socket, but not a path. */
const ADDRESS =
  /^[^/].*:\/\/|^\W*(\d{1,3}(\.\d{1,3}){3}(?![\w.])|unix:|\[[\da-f:.]+\]|[\w${}-]+(\.[\w${}-]+)*:\d+(?![\w.]))/i;

/**
 * Removes, at any depth, what else would make Nginx connect to another host or ask a name server. A
 * location whose backend does not speak HTTP/1.1 answers 502 instead.
 *
 * @param tree After redirectUpstreams and moveListens.
 * @throws Problem('configuration'), with file and line, if it cannot be decided whether Nginx would
 *   connect elsewhere: for code, and for unknown directives whose arguments look like an address.
 */
export function closeOff(
  tree: readonly Node[],
  [server]: readonly UpstreamServer[],
  onChange: OnChange,
): Node[] {
  const settled = tree.flatMap((node): Node[] => {
    if (node.kind === 'comment' || node.block === null || MEASURED.has(node.name)) return [node];
    const kept = node.name === 'mgmt' && server !== undefined;
    onChange(kept ? 'other-hosts' : 'other-blocks', node);
    return kept ? [reportingTo(node, server)] : [];
  });
  return rewrite(settled, (node, parents) => {
    if (parents.some((each) => takenOut(each) !== undefined)) return [node]; // removed with its block
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
    refuseUnknown(node);
    return [node];
  });
}

function takenOut(node: Directive): Change | undefined {
  return TAKEN_OUT.find(([names]) => names.test(node.name))?.[1];
}

const MEASURED = new Set(['events', 'http', 'stream']);

/**
 * An address that begins with `127.` is a loopback address, or invalid, whatever its variables hold. `off`
 * is no address.
 */
function isLoopback(node: Directive): boolean {
  const first = node.args[0]?.text ?? '';
  return first === 'off' || first.startsWith('127.');
}

/** Sets where Nginx Plus reports its usage: without usage_report that would be a server of its vendor. */
function reportingTo(mgmt: Directive, server: UpstreamServer): Directive {
  const kept = (mgmt.block ?? []).filter(
    (node) => node.kind === 'comment' || !/^(proxy|resolver)(_|$)/.test(node.name),
  );
  return { ...mgmt, block: set(kept, 'usage_report', [`endpoint=${address(server)}`]) };
}

function refuseUnknown(node: Directive): void {
  if (CODE.test(node.name)) {
    throw new Problem(
      'configuration',
      `"${node.name}" at ${place(node.origin)} runs code, and the bench cannot tell which hosts that code connects to. Take it out of the configuration that is measured.`,
    );
  }
  if (isData(node) || MOVED.has(node.name) || TEXT.has(node.name) || TEXTS.test(node.name)) return;
  if (!node.name.endsWith('_pass') && !texts(node).some((text) => ADDRESS.test(text))) return;
  throw new Problem(
    'configuration',
    `"${node.name}" at ${place(node.origin)} is no directive that the bench knows, and names an address. The bench cannot tell whether Nginx would connect to it. Take it out of the configuration that is measured.`,
  );
}
