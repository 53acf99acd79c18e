import { Problem } from '../model/failure.ts';
import { type Directive, directives, firstText, isData, type Node, place, texts } from './tree.ts';
import { RESOLVED_NAME, type UpstreamServer } from './upstream.ts';
import { isPlainName, upstreamName } from './upstream-name.ts';

/**
 * Problem code used for an unknown directive whose arguments look like an address; the data contains its `name`
 * and `place`.
 */
export const UNKNOWN_DIRECTIVE = 'unknown-directive';

/** The only addresses that Nginx may listen on and connect to. */
export interface OwnAddresses {
  /** Address that Nginx listens on. */
  host: string;
  ports: readonly number[];
  /** The echo servers. */
  upstreams: readonly UpstreamServer[];
  /** `host:port` of the run's own name server; null or missing if the run has none. */
  nameServer?: string | null;
}

/** The blocks around a directive, outermost first. */
type Parents = readonly Directive[];
type Check = (node: Directive, own: OwnAddresses, parents: Parents) => boolean;

/**
 * Nginx directives that take an address, each with a function that checks whether the address belongs to the
 * bench.
 */
const TARGETS: readonly (readonly [RegExp, Check])[] = [
  [/^listen$/, (node, { host, ports }) => ports.some((port) => firstText(node) === `${host}:${port}`)],
  // Without `listen`, an http server listens on every address of the machine.
  [
    /^server$/,
    (node, own, parents) => (node.block === null ? isOwnEntry(node, own, parents) : listens(node)),
  ],
  [/^proxy_pass$/, (node, _, parents) => isOwnTarget(node, parents)],
  [/^resolver$/, isOwnResolver],
  // An address that starts with `127.` is a loopback address or invalid, whatever its variables contain.
  [/_bind$/, (node) => firstText(node) === 'off' || firstText(node).startsWith('127.')],
  [/^(access|error)_log$/, (node) => firstText(node) === 'off' || firstText(node).startsWith('/')],
  // Without an endpoint, Nginx Plus reports to its vendor's server.
  [/^mgmt$/, (node) => directives(node.block, 'usage_report').length > 0],
  [/^usage_report$/, (node, own) => texts(node).some((text) => isOwnEndpoint(text, own))],
];

/**
 * Directives that may open a connection or query a name server regardless of their arguments, or that load
 * such directives.
 */
const NEVER =
  /^(api|auth_http|auth_oidc|debug_connection|health_check|include|oidc_provider|pass|set_real_ip_from|state|upstream_conf)$|^(acme|otel|ssl_ocsp|ssl_stapling|zone_sync)(_|$)/;

/** Directives with JavaScript, Perl or Lua code. Such code can open connections itself. */
const CODE = /^js_|^perl(_|$)|_by_lua(_block|_file)?$/;

/** Matches directive names that Nginx itself does not use, and that suggest a server as the argument. */
const FOREIGN =
  /(^|_)(pass|servers?|hosts?|url|uri|endpoint|addr|address|peers?|proxy|remote|collector|agent|brokers?|tracer)$/;

/**
 * Nginx directives that never connect, although their arguments may look like an address or a URL. Such an
 * argument is only compared with a request, is sent as text to the client or an upstream server, or is part
 * of a file name.
 */
const TEXT = new Set(
  [
    'add_after_body add_before_body add_header add_trailer alias allow ancient_browser',
    'auth_basic auth_basic_user_file auth_jwt auth_jwt_key_file auth_jwt_key_request auth_request',
    'auth_request_set deny early_hints env error_log_tag error_page geoip_city geoip_country',
    'geoip_org geoip_proxy gzip_disable hash http2_push if index internal_redirect keyval limit_conn_zone',
    'limit_req_zone limit_zone load_module location log_format mirror modern_browser mqtt_set_connect',
    'proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_method proxy_redirect proxy_set_body',
    'return rewrite root secure_link secure_link_md5 secure_link_secret server_name server_tokens set',
    'sub_filter try_files upstream userid_domain userid_mark userid_name userid_p3p userid_path valid_referers',
  ].flatMap((names) => names.split(' ')),
);

/**
 * Matches the names of other directives that never connect, although their arguments may look like an
 * address. The last alternative is for a widely used third-party module.
 */
const TEXTS =
  /_(cache_bypass|cache_key|cache_purge|no_cache|param|set_header|split_path_info)$|^ssl_|^more_\w+_headers$/;

/** Matches a URL, an IP address, `host:port` and a Unix-domain socket, but not a path. */
const ADDRESS =
  /^[^/].*:\/\/|^\W*(\d{1,3}(\.\d{1,3}){3}(?![\w.])|unix:|\[[\da-f:.]+\]|[\w${}-]+(\.[\w${}-]+)*:\d+(?![\w.]))/i;

const BLOCKS = new Set(['events', 'http', 'mgmt', 'stream']);

/**
 * Checks the final configuration just before Nginx reads it: every address in it must belong to the bench,
 * and nothing may connect elsewhere. The check is independent of how the configuration was moved into the
 * sandbox, so that a mistake there cannot let a connection out.
 *
 * @throws Problem('configuration'), with file and line, for anything else. This includes embedded code, and
 * unknown directives whose arguments look like addresses
 */
export function refuseOtherTargets(tree: readonly Node[], own: OwnAddresses): void {
  for (const node of directives(tree)) {
    if (node.block !== null && !BLOCKS.has(node.name))
      throw refusal(node, 'is a block that the bench does not support');
  }
  refuseIn(tree, own, []);
}

function refuseIn(nodes: Directive['block'], own: OwnAddresses, parents: Parents): void {
  for (const node of directives(nodes)) {
    if (isData(node)) {
      for (const entry of directives(node.block, 'include')) refuse(entry, own, parents);
      continue;
    }
    refuse(node, own, parents);
    refuseIn(node.block, own, [...parents, node]);
  }
}

function refuse(node: Directive, own: OwnAddresses, parents: Parents): void {
  if (CODE.test(node.name))
    throw refusal(node, 'runs code, and the bench cannot tell which hosts that code connects to');
  if (NEVER.test(node.name)) throw refusal(node, 'can make Nginx connect to other hosts');
  const target = TARGETS.find(([names]) => names.test(node.name));
  if (target !== undefined) {
    const [, isOwn] = target;
    if (isOwn(node, own, parents)) return;
    throw refusal(node, `names "${firstText(node)}", which is not one of the bench's own servers`);
  }
  if (TEXT.has(node.name) || TEXTS.test(node.name)) return;
  if (!FOREIGN.test(node.name) && !texts(node).some((text) => ADDRESS.test(text))) return;
  throw refusal(
    node,
    'is unknown to the bench and names an address. The bench cannot tell whether Nginx would connect to that address',
    UNKNOWN_DIRECTIVE,
  );
}

function refusal(node: Directive, why: string, code: string | null = null): Problem {
  return new Problem(
    'configuration',
    `"${node.name}" at ${place(node.origin)} ${why}. Remove this directive from the configuration under test.`,
    { code, data: { name: node.name, place: place(node.origin) } },
  );
}

function listens(server: Directive): boolean {
  return directives(server.block, 'listen').length > 0;
}

/** Whether a resolver uses only the run's own name server. */
function isOwnResolver(node: Directive, { nameServer = null }: OwnAddresses): boolean {
  const [address, ...parameters] = texts(node);
  return address === nameServer && parameters.every((each) => /^(valid|ipv4|ipv6|status_zone)=/.test(each));
}

/**
 * Whether a `server` of an `upstream` is an echo server or a listener of this Nginx, with no parameter that
 * would query a name server other than the run's own.
 */
function isOwnEntry(
  node: Directive,
  { upstreams, host, ports, nameServer = null }: OwnAddresses,
  parents: Parents,
): boolean {
  const [address = '', ...parameters] = texts(node);
  if (parents.at(-1)?.name !== 'upstream') return false;
  if (nameServer !== null && parameters.includes('resolve'))
    return upstreams.some(({ port }) => address === `${RESOLVED_NAME}:${port}`);
  if (parameters.some((each) => /^(resolve$|service=)/.test(each))) return false;
  if (ports.some((port) => address === `${host}:${port}`)) return true;
  return upstreams.some(
    (server) => address === `${server.host}:${server.port}` || address === `unix:${server.socket}`,
  );
}

function isOwnEndpoint(text: string, { upstreams }: OwnAddresses): boolean {
  return upstreams.some(({ host, port }) => text === `endpoint=${host}:${port}`);
}

/**
 * Whether a `proxy_pass` can only lead to upstreams of the same context. It must name such an upstream, or a
 * variable that only a map sets and whose values are all such upstreams. A target without a scheme and
 * without a variable is also accepted, because Nginx rejects it and connects to nothing. A variable may also
 * be empty if it is followed by a path or by nothing: the target then has no host, and Nginx returns 500.
 */
function isOwnTarget(node: Directive, parents: Parents): boolean {
  const [context] = parents;
  const block = context?.block;
  const isHttp = context?.name === 'http';
  const text = firstText(node);
  if (isHttp && !text.includes('$') && !/^https?:\/\//i.test(text)) return true;
  const [, host = '', rest = ''] =
    (isHttp ? /^https?:\/\/(\$?[^/?$]+)(.*)$/s : /^(\$?[^$]+)()$/).exec(text) ?? [];
  const names = directives(block, 'upstream').flatMap(texts).filter(isPlainName).map(upstreamName);
  const mayBeEmpty = isHttp && (rest === '' || rest.startsWith('/'));
  const isUpstream = (name: string) =>
    name === '' ? mayBeEmpty && host.startsWith('$') : names.includes(upstreamName(name));
  return host.startsWith('$') ? isOwnVariable(host.slice(1), block, isUpstream) : isUpstream(host);
}

/** Whether a variable is set by one map, whose values are all upstreams, and is used only as a target. */
function isOwnVariable(
  name: string,
  block: Directive['block'] | undefined,
  isUpstream: (name: string) => boolean,
): boolean {
  // A second map of the variable would mention it elsewhere.
  const map = directives(block, 'map').find((each) => each.args[1]?.text === `$${name}`);
  if (!/^[a-z_]\w+$/.test(name) || map === undefined) return false;
  const entries = directives(map.block).filter(({ args }) => args.length > 0);
  const isWhole = entries.some((entry) => entry.name === 'default');
  if (!isWhole || !entries.every(({ args: [value] }) => value !== undefined && isUpstream(value.text)))
    return false;
  const mention = new RegExp(`(?<!\\w)${name}(?!\\w)`, 'i');
  return !mentionsElsewhere(block, mention, map);
}

function mentionsElsewhere(nodes: Directive['block'] | undefined, mention: RegExp, map: Directive): boolean {
  return directives(nodes).some((node) => {
    const inside = node !== map && mentionsElsewhere(node.block, mention, map);
    if (inside || node === map || node.name === 'proxy_pass') return inside;
    return [node.name, ...texts(node)].some((text) => mention.test(text));
  });
}
