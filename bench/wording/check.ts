import { type FailureKind, numberIn } from '../model/failure.ts';
import type { Amount } from './format.ts';
import { formatBytes, formatCount, formatSeconds } from './format.ts';
import { capital, counted, listed, paragraph } from './words.ts';

/** Arguments of a location block, such as `= /ws`; null for a server in a `stream` block. */
type LocationFact = string | null;

/** A request that reached an upstream server. */
export interface ArrivalFacts {
  /** HTTP version, `1.0` or `1.1`. */
  httpVersion: string;
  upgrade: string | null;
  connection: string | null;
}

/** A requirement for the WebSocket upgrade that a location does not meet. */
export type LackFacts =
  | { lack: 'version'; version: string }
  /** `replaced` gives the line that sets the header and the line whose headers replace it. */
  | { lack: 'upgrade'; replaced: { set: string; by: string } | null }
  /** The Connection header sent; empty if none is sent. */
  | { lack: 'connection'; sent: string }
  /**
   * The value of an Upgrade header other than `websocket`; `sent` is the value that arrived, or null if this
   * was not tested.
   */
  | { lack: 'protocol'; written: string; sent: string | null };

export interface UpgradeFacts {
  location: LocationFact;
  lacks: readonly LackFacts[];
}

/** Findings about a configuration, reported by `check`. */
const FOUND = {
  'no-proxied-location': () => 'No location uses proxy_pass, so no WebSocket can connect.',
  'no-location-for-path': ({ path }: { path: string }) =>
    `No location with proxy_pass handles --ws-path ${path}. Use --ws-path to name a path that is handled by one.`,
  'configuration-rejected': ({ reason }: { reason: string }) => reason,
  'configuration-not-run': ({ reason }: { reason: string }) => `No WebSocket was tried. ${reason}`,
  'upgrade-not-passed': (facts: UpgradeFacts) => upgradeSentence(facts),
  'upgrade-nowhere': ({ others, ...first }: UpgradeFacts & { others: readonly string[] }) =>
    paragraph([
      'No location passes WebSockets on.',
      upgradeSentence(first),
      others.length === 0
        ? ''
        : `The same applies to the other locations with proxy_pass: ${others.join(', ')}.`,
    ]),
  'http-version-by-default': ({
    location,
    nginxVersion,
    since,
  }: {
    location: LocationFact;
    nginxVersion: string;
    since: string;
  }) =>
    `${capital(locationName(location))} does not set proxy_http_version. WebSockets work only because Nginx ${nginxVersion} uses HTTP/1.1 to upstream servers by default. Versions before ${since} use HTTP/1.0, and every handshake fails.`,
  'location-without-slash': ({ location, remedy }: { location: LocationFact; remedy: string }) =>
    `${capital(locationName(location))} is never used: its name does not begin with a slash, and every path does. Write "${remedy}".`,
  'location-not-tried': ({ location, lacks }: { location: LocationFact; lacks: 'path' | 'host' }) =>
    `${capital(locationName(location))} was not tried: ${
      lacks === 'path'
        ? 'no path could be derived that leads to it. Use --ws-path to name one.'
        : 'its server has no name that a request could use, and is not the default server. Use --host to name one.'
    }`,
  'handshake-failed': ({
    location,
    reason,
  }: {
    location: LocationFact;
    reason: 'connection' | 'no-upgrade' | 'response' | 'upstream' | 'nginx';
  }) => `${capital(locationName(location))} does not accept a WebSocket. ${HANDSHAKE_REASONS[reason]}`,
  'no-websocket': ({ locations }: { locations: number }) =>
    `${locations === 1 ? 'The only location that may carry WebSockets does not accept one' : `None of the ${formatCount(locations)} locations that may carry WebSockets accepts one`}, so none can connect through this configuration.`,
  'location-shadowed': ({
    location,
    by,
    place,
    remedy,
  }: {
    location: LocationFact;
    by: string;
    place: string;
    remedy: string;
  }) =>
    `${capital(locationName(location))} is never used: location ${by} at ${place} takes its requests, because regular expressions are matched before a prefix like this one. Write "${remedy}" to give the prefix precedence.`,
  'passed-to-nothing': ({
    location,
    variables,
    sources,
  }: {
    location: LocationFact;
    variables: readonly string[];
    sources: readonly EmptySource[];
  }) =>
    paragraph([
      `The address in proxy_pass of ${locationName(location)} is invalid: ${listed(variables)} ${variables.length === 1 ? 'is' : 'are'} empty there, so Nginx answers 500.`,
      ...sources.map(emptySentence),
    ]),
  'hop-mismatch': ({ location, what, place }: { location: LocationFact; what: HopMismatch; place: string }) =>
    `${capital(locationName(location))} passes its connections on to ${place}, ${HOP_MISMATCHES[what]}`,
  'response-header-hidden': ({ location, header }: { location: LocationFact; header: string }) =>
    `proxy_hide_header ${header} also removes that header from the 101 response, and a client of ${locationName(location)} needs it: the handshake fails.`,
  'auth-upgrade': ({ location, uri, place }: { location: LocationFact; uri: string; place: string }) =>
    `auth_request ${uri} at ${place}, which guards ${locationName(location)}, passes the client's Upgrade and Connection headers on to the authentication service. If the service answers such a request with 400 or 426, the client gets 500.`,
  'host-changed': ({
    location,
    sent,
    received,
    replaced,
  }: {
    location: LocationFact;
    sent: string;
    received: string;
    replaced: string | null;
  }) =>
    `${capital(locationName(location))} passes Host "${received}" on instead of the client's "${sent}"${replacedClause(replaced)}. A server that compares Origin with Host answers the handshake with 403.`,
  'host-without-port': ({ location, port }: { location: LocationFact; port: number }) =>
    `${capital(locationName(location))} passes $host on, which has no port. Clients connect to port ${port} and name it in Host and Origin, so a server that compares the two answers with 403. $http_host keeps the port.`,
  'try-files-first': ({ location, fallback }: { location: LocationFact; fallback: string }) =>
    `${capital(locationName(location))} has both try_files and proxy_pass. try_files goes first: unless there is a file with the path of the request, it ${fallback.startsWith('=') ? `answers ${fallback.slice(1)}` : `sends the request to ${fallback}`}, so a handshake never reaches the upstream server. Remove try_files from this location, or write "try_files $uri @app;" and move proxy_pass to "location @app".`,
  'try-files-folder': ({ location, test, path }: { location: LocationFact; test: string; path: string }) =>
    `Because of ${test} in try_files, ${locationName(location)} does not pass on requests for folders that exist: ${path === '/' ? 'a handshake to / gets the index page or 403, because / is always a folder' : 'a handshake to such a path gets the index page or 403'}. The sandbox has none of these folders, so this was not tried. Use a path without a folder for WebSockets, or remove ${test}.`,
  'upstream-elsewhere': ({ upstream }: { upstream: string }) =>
    `Nothing in this part defines an upstream ${upstream}. Unless it is a host name, its servers and settings are in another file and were not checked.`,
  'header-lost': ({
    location,
    header,
    replaced,
  }: {
    location: LocationFact;
    header: string;
    replaced: string | null;
  }) =>
    `${capital(locationName(location))} does not pass ${header} on${replacedClause(replaced)}. ${LOST[header.toLowerCase()] ?? 'A server that relies on it sees none.'}`,
  'origin-replaced': ({ location, value }: { location: LocationFact; value: string }) =>
    `${capital(locationName(location))} sends Origin "${value}" no matter which page opened the WebSocket. The server therefore cannot reject pages of other sites, which can open WebSockets with the cookies of its users.`,
  'subprotocol-changed': ({
    location,
    offered,
    received,
    answered,
  }: {
    location: LocationFact;
    offered: string;
    /** Subprotocols offered to the upstream server; null if none. */
    received: string | null;
    /** Subprotocol in the response to the client; null if none. */
    answered: string | null;
  }) =>
    `A client of ${locationName(location)} that offered the subprotocols "${offered}" got ${answered === null ? 'none' : `"${answered}"`}; the upstream server was offered ${received === null ? 'none' : `"${received}"`}. A browser fails a handshake whose subprotocol it did not offer.`,
  'path-changed': ({
    location,
    change,
    sent,
    received,
  }: {
    location: LocationFact;
    change: 'doubled' | 'glued' | 'cut' | 'query';
    sent: string;
    received: string;
  }) => `${capital(locationName(location))} passes ${sent} on as ${received}: ${PATH_CHANGES[change]}`,
  'slash-redirect': ({ location, path }: { location: LocationFact; path: string }) =>
    `Nginx answers ${path} with a redirect to ${locationName(location)}, and WebSocket clients do not follow redirects. Clients have to add the trailing slash, or the location needs a name without one.`,
  'close-undoes-keepalive': ({ nginxVersion }: { nginxVersion: string }) =>
    `This map sends "Connection: close" for requests without an upgrade. Nginx ${nginxVersion} keeps connections to upstream servers open by default, and this turns that off.`,
  'large-buffer': ({ bytes, memory }: { bytes: number; memory: number }) =>
    `proxy_buffer_size ${formatBytes(bytes)} is allocated twice per WebSocket. 10,000 WebSockets take up to ${formatBytes(memory)} for it.`,
  'any-protocol': ({ location }: { location: LocationFact }) =>
    `${capital(locationName(location))} passes on any Upgrade, not only "websocket". If the server also speaks h2c or another protocol, clients can use it to bypass the rules of Nginx.`,
  'shared-socket': ({
    parameter,
    place,
    own,
    hasCertificate,
    location,
  }: {
    parameter: 'proxy_protocol' | 'ssl';
    /** Position of the `listen` with the parameter, and of the one without it. */
    place: string;
    own: string;
    hasCertificate: boolean;
    location: LocationFact;
  }) =>
    paragraph([
      `${parameter} in the listen at ${place} applies to every server on the same socket, including that of ${locationName(location)}, whose listen at ${own} does not have it.`,
      parameter === 'proxy_protocol'
        ? 'Clients that do not send the PROXY protocol cannot connect. Use another port or address for one of the two, or have the proxy in front send it to both.'
        : hasCertificate
          ? 'Clients have to use wss://, and ws:// is answered with 400. Add ssl to the second listen as well, so that this is visible.'
          : 'A handshake with ws:// is answered with 400, and one with wss:// gets the certificate of another server. Use another port or address for one of the two, or add ssl and a certificate to the second.',
    ]),
  capacity: ({
    webSockets,
    perWorker,
    limits: [limit, next],
    handshakes,
  }: {
    webSockets: number;
    /** Whether the limit applies to each worker, and the number of workers depends on the machine. */
    perWorker: boolean;
    /** The lowest first. */
    limits: readonly CapacityLimit[];
    /** The rate that limit_req allows; null if it allows any. */
    handshakes: { rate: string; place: string; perClient: boolean } | null;
  }) =>
    paragraph([
      `This configuration allows ${counted(webSockets, 'WebSocket')}${perWorker ? ' per worker, with one worker per CPU' : ''}.`,
      limit === undefined ? '' : `The limit is ${LIMITS[limit.what]} (${limit.place}).`,
      next === undefined
        ? ''
        : `Next is ${LIMITS[next.what]}, at ${formatCount(next.webSockets)}${next.perWorker ? ' per worker' : ''} (${next.place}).`,
      handshakes === null
        ? ''
        : `New handshakes are limited to ${handshakes.rate} for ${handshakes.perClient ? 'each client address' : 'all clients together'} (${handshakes.place}).`,
    ]),
  'connection-limit': ({
    zone,
    key,
    limit,
    perClient,
    status,
  }: {
    zone: string;
    key: string;
    limit: number;
    perClient: boolean;
    status: number;
  }) =>
    `limit_conn ${zone} ${limit} allows ${counted(limit, 'WebSocket')} per ${key}, ${sharedBy(perClient)}. Each counts until it closes, and handshakes beyond the limit are answered with ${status}.`,
  'request-limit': ({
    zone,
    rate,
    burst,
    key,
    perClient,
    status,
  }: {
    zone: string;
    rate: string;
    burst: string;
    key: string;
    perClient: boolean;
    status: number;
  }) =>
    `limit_req ${zone} (${rate}, burst ${burst}) counts handshakes per ${key}, ${sharedBy(perClient)}. After a reload or a brief failure, all clients reconnect at once, and handshakes beyond the limit are answered with ${status}.`,
  'port-limit': ({ upstream, webSockets, most }: { upstream: string; webSockets: number; most: number }) =>
    `All WebSockets go to one address (${upstream}) from one source address, which has about ${formatCount(most)} ports. That is fewer than the ${formatCount(webSockets)} WebSockets that worker_connections allows. Add addresses to the upstream, or use proxy_bind with several.`,
  'listen-twice': ({ address }: { address: string }) =>
    `Nginx rejects the configuration: a duplicate listen ${address}.`,
  'no-certificate': ({ listen }: { listen: string }) =>
    `Nginx rejects the configuration: no "ssl_certificate" is defined for "listen ${listen}".`,
  'connection-fixed': ({ value }: { value: string }) =>
    `"Connection: ${value}" is sent with every request, not only with WebSocket handshakes. Some servers reject such requests, and Nginx cannot reuse the upstream connection.`,
  'idle-timeout': ({
    directive,
    seconds,
    isDefault,
    location,
  }: {
    directive: string;
    seconds: number;
    isDefault: boolean;
    location: LocationFact;
  }) =>
    `${directive} is ${formatSeconds(seconds)}${isDefault ? ' (the default)' : ''}. Nginx cuts a WebSocket of ${locationName(location)} that is silent for that long, without a close frame, and the client sees code 1006. More frequent pings from either side keep it open.`,
  'worker-connections': ({
    connections,
    isDefault,
    webSockets,
    workers,
  }: {
    connections: number;
    isDefault: boolean;
    webSockets: number;
    /** Value of `worker_processes`. */
    workers: string;
  }) =>
    paragraph([
      `worker_connections ${connections}${isDefault ? ' (the default)' : ''} allows ${counted(webSockets, 'WebSocket')} per worker, with ${WORKERS[workers] ?? `${workers} workers`}.`,
      'Each takes two connections, one to the client and one to the upstream server.',
      `Nginx refuses any more and logs "${connections} worker_connections are not enough".`,
    ]),
  'open-files': ({
    openFiles,
    isDefault,
    connections,
    webSockets,
  }: {
    openFiles: number;
    isDefault: boolean;
    connections: number;
    webSockets: number;
  }) =>
    `${
      isDefault
        ? `worker_rlimit_nofile is not set. With the usual limit of ${formatCount(openFiles)} open files,`
        : `worker_rlimit_nofile ${openFiles} is lower than worker_connections ${connections}:`
    } a worker fails with "Too many open files" at about ${counted(webSockets, 'WebSocket')}, before it reaches worker_connections ${connections}.`,
  'handshakes-cached': ({
    location,
    isKept,
    isLocked,
  }: {
    location: LocationFact;
    isKept: boolean;
    isLocked: boolean;
  }) =>
    `Handshakes of ${locationName(location)} go through proxy_cache. ${
      isKept
        ? 'The response to an ordinary GET of the same path is cached, and every handshake gets it until it expires.'
        : `A cached response for the same path would fail every handshake until it expires${isLocked ? ', and proxy_cache_lock lets handshakes through one at a time' : ''}.`
    }`,
  'http2-only': ({
    since,
    location,
    isOthers,
  }: {
    since: string;
    location: LocationFact;
    isOthers: boolean;
  }) =>
    `Before Nginx ${since}, a listener with http2 but without ssl accepts only HTTP/2${isOthers ? ', for every server on the same socket' : ''}. A WebSocket starts with HTTP/1.1, so none can connect to ${locationName(location)}.`,
  'http2-without-websockets': () =>
    'HTTP/2 is on, but does not carry WebSockets: Nginx does not support extended CONNECT (RFC 8441), so each WebSocket has its own HTTP/1.1 connection. Pages benefit from HTTP/2; WebSockets do not. A client that negotiates h2 for its handshake fails.',
  'http2-with-websockets': () => 'HTTP/2 is on, and this Nginx accepts WebSockets over it (RFC 8441).',
  'shutdown-timeout-unset': () =>
    'worker_shutdown_timeout is not set. After a reload, old workers keep running, and keep their memory, until their last WebSocket closes. With a timeout they cut the WebSockets that are still open, and all of those clients reconnect at once.',
  'shutdown-timeout': ({ value }: { value: string }) =>
    `worker_shutdown_timeout ${value} cuts every WebSocket of an old worker that long after a reload, and all of those clients reconnect at once.`,
  'no-zone': ({ upstream, method }: { upstream: string; method: string | null }) =>
    `Upstream ${upstream} has no zone. With several workers, ${
      method === null
        ? 'each worker takes turns and counts failures by itself'
        : /hash$/.test(method)
          ? 'each worker counts failures by itself, so after a failure they may send the same client to different servers'
          : `${method} sees only the connections of its own worker, so a busy server can look idle to the others`
    }. A WebSocket stays on its server until it closes.`,
  'ip-hash': ({ upstream, realIpHeader }: { upstream: string; realIpHeader: boolean }) =>
    `ip_hash uses only the first three octets of the client's IPv4 address. All clients in one network, or behind one proxy in front of Nginx, go to the same server of ${upstream}.${realIpHeader ? ' real_ip_header provides the client addresses behind such a proxy.' : ''}`,
  'max-fails': ({ upstream, uncounted }: { upstream: string; uncounted: readonly string[] }) =>
    `After a server of ${upstream} refuses one connection (max_fails, 1 by default), Nginx skips it for fail_timeout (10 s by default).${uncounted.length === 0 ? '' : ` That would not apply to a single server, but Nginx also counts the ${uncounted.length === 1 ? 'one' : 'ones'} at ${listed(uncounted)}, which ${uncounted.length === 1 ? 'is' : 'are'} not in use.`} When many clients reconnect at once, a brief failure takes healthy servers out of use. Once all are out, every handshake fails with 502 ("no live upstreams" in the error log).`,
  'tls-not-resumed': () =>
    'TLS sessions are not resumed. Every client that reconnects needs a full handshake with certificate and signature, and after a reload all of them reconnect at once.',
  'no-effect': ({ directives, location }: { directives: readonly string[]; location: LocationFact }) =>
    `${listed(directives)} in ${locationName(location)} ${directives.length === 1 ? 'has' : 'have'} no effect on WebSockets: after the 101, Nginx passes bytes on as they arrive. The only buffer that messages go through is proxy_buffer_size.`,
  'logged-at-close': () =>
    'The access log has one line per WebSocket, written when it closes. Open WebSockets do not appear in it, and $request_time is how long the WebSocket was open.',
  'part-of-configuration': () =>
    'This is part of a configuration. worker_connections, open files and worker_shutdown_timeout are set in its main file and were not checked.',
};

/** Codes of the findings of `check` about a configuration. */
export type FoundCode = keyof typeof FOUND;

/** Reasons why a run's handshakes failed. */
const FAILED = {
  'handshakes-failed': ({ count, kind, line }: { count: Amount; kind: string; line: string | null }) =>
    `${counted(count, 'WebSocket handshake')} failed: each ${outcomeClause(kind as FailureKind)}.${line === null ? '' : ` The likely cause is at ${line}.`} \`check\` shows what is wrong with this configuration.`,
};

/** Observations from running the configuration in a real Nginx. */
const SEEN = {
  'handshake-answered': ({
    path,
    outcome,
    arrived,
  }: {
    path: string;
    outcome: FailureKind;
    arrived: ArrivalFacts | null;
  }) =>
    `A WebSocket to ${path} ${outcomeClause(outcome)}; ${arrived === null ? 'nothing reached the upstream server' : `the upstream server received ${requestClause(arrived)}`}.`,
  'get-arrived': ({ arrived }: { arrived: ArrivalFacts }) =>
    `For an ordinary GET, the upstream server received ${requestClause(arrived)}.`,
  'silent-closed': ({
    directive,
    setSeconds,
    closeCode,
    seconds,
    busyStayedOpen,
  }: {
    directive: string;
    setSeconds: number;
    closeCode: number;
    seconds: number;
    busyStayedOpen: boolean;
  }) =>
    `With ${directive} set to ${formatSeconds(setSeconds)}, a silent WebSocket was closed with code ${closeCode} after ${formatSeconds(seconds)}.${busyStayedOpen ? ' One that kept sending messages stayed open.' : ''}`,
  'worker-full': ({ opened, outcome }: { opened: number; outcome: FailureKind }) =>
    `One worker accepted ${counted(opened, 'WebSocket')}; the next one ${outcomeClause(outcome)}.`,
  'cache-answered': ({
    path,
    outcome,
    together,
    reached,
  }: {
    path: string;
    outcome: FailureKind;
    together: number;
    reached: number;
  }) =>
    `After one ordinary GET of ${path}, a WebSocket to it ${outcomeClause(outcome)}; ${reached} of ${together} handshakes reached the upstream server.`,
  'cache-not-kept': ({ path }: { path: string }) =>
    `After one ordinary GET of ${path}, WebSockets still opened: its 426 response has no caching headers and was not cached.`,
  'cache-queued': ({ together, seconds }: { together: number; seconds: number }) =>
    `The last of ${together} simultaneous handshakes took ${formatSeconds(seconds)}.`,
  'http2-settings': ({ extendedConnect }: { extendedConnect: boolean }) =>
    `A client that offers h2 and http/1.1 gets h2. The server's SETTINGS ${extendedConnect ? 'include' : 'do not include'} SETTINGS_ENABLE_CONNECT_PROTOCOL.`,
  'open-after-reload': ({ seconds }: { seconds: number }) =>
    `${formatSeconds(seconds)} after a reload, a WebSocket was still open and served by the old worker.`,
  'closed-after-reload': ({
    setSeconds,
    closeCode,
    seconds,
  }: {
    /** worker_shutdown_timeout in seconds; null if it is not set. */
    setSeconds: number | null;
    closeCode: number;
    seconds: number;
  }) =>
    `${setSeconds === null ? 'Without worker_shutdown_timeout' : `With worker_shutdown_timeout set to ${formatSeconds(setSeconds)}`}, a busy WebSocket was closed with code ${closeCode} ${formatSeconds(seconds)} after a reload.`,
  'clients-spread': ({ clients, servers }: { clients: number; servers: number }) =>
    `WebSockets from ${clients} addresses in one network went to ${counted(servers, 'server')}.`,
  'servers-skipped': ({ tried, failed, outcome }: { tried: number; failed: number; outcome: FailureKind }) =>
    `After every server had refused one connection and was up again, ${failed} of ${tried} handshakes failed; the first one ${outcomeClause(outcome)}.`,
  'session-not-resumed': ({ protocol }: { protocol: string | null }) =>
    `A second connection did not resume the session of the first${protocol === null ? '' : ` (${protocol})`}.`,
  'log-at-close': () => 'No line was written while a WebSocket was open; one was written when it had closed.',
};

export const CHECK = { ...FOUND, ...FAILED, ...SEEN };

/** Introduces the observations from the test of a finding. */
export function seenSentence(text: string): string {
  return `Seen: ${text}`;
}

/**
 * Introduces the lines that a finding recommends adding.
 *
 * @param block the block to which they belong; `main` for the top level of the configuration
 */
export function remedyHeading(block: string): string {
  return `${block === 'main' ? 'Outside all blocks' : `In ${block}`}, write:`;
}

/** Names a location, as in `location /ws`. */
export function locationName(location: LocationFact): string {
  return location === null ? 'this stream server' : `location ${location}`;
}

const WORKERS: Readonly<Record<string, string>> = { auto: 'one worker per CPU', '1': '1 worker' };

/** A limit on the number of WebSockets, with the line that sets it, or from which it follows. */
export interface CapacityLimit {
  what: keyof typeof LIMITS;
  webSockets: number;
  /** As in the finding. */
  perWorker: boolean;
  place: string;
}

const LIMITS = {
  'worker-connections': 'worker_connections',
  'open-files': 'the number of open files',
  'limit-conn': 'limit_conn',
  'max-conns': 'max_conns',
  ports: 'the number of ports to the upstream address',
};

/** What two servers of a configuration disagree about on the connection between them. */
export type HopMismatch =
  | 'proxy-protocol-unexpected'
  | 'proxy-protocol-missing'
  | 'tls-unexpected'
  | 'tls-missing';

const HOP_MISMATCHES: Readonly<Record<HopMismatch, string>> = {
  'proxy-protocol-unexpected':
    'which does not expect the PROXY protocol and answers 400. Add proxy_protocol to that listen, or remove "proxy_protocol on".',
  'proxy-protocol-missing':
    'which expects the PROXY protocol and closes connections without it. Only stream servers can send it: set "proxy_protocol on" there, or remove proxy_protocol from that listen.',
  'tls-unexpected':
    'which does not use TLS, so the TLS handshake fails. Add ssl to that listen, or connect to it without TLS.',
  'tls-missing':
    'which expects TLS and answers 400. Use https:// in proxy_pass ("proxy_ssl on" in stream), or remove ssl from that listen.',
};

const HANDSHAKE_REASONS = {
  connection: 'It sends a Connection header without "upgrade", although the client asks for an upgrade.',
  'no-upgrade': 'The request that it passes on is not a valid upgrade (RFC 6455 section 4.2.1).',
  response: 'The upstream server received a valid upgrade, but the client did not receive a valid response.',
  upstream: 'Nginx could not pass the request on.',
  nginx:
    'Nginx answered the handshake itself. If the configuration checks a header, host or path, set them with --header, --host or --ws-path.',
};

/** Why a variable is empty: it is `set` in another location, or a regular expression resets the captures. */
export type EmptySource =
  | { why: 'elsewhere'; places: readonly string[] }
  | { why: 'reset'; place: string; expression: string }
  | { why: 'never' };

function emptySentence(source: EmptySource): string {
  switch (source.why) {
    case 'elsewhere':
      return `See ${listed(source.places)}: set applies only to requests that its own block handles, not to those of a location nested in it.`;
    case 'reset':
      return `The condition at ${source.place} evaluates the regular expression at ${source.expression}, which resets numbered captures. Use named captures.`;
    case 'never':
      return 'Nothing sets it there.';
  }
}

/** The clients that a limit counts together. */
function sharedBy(perClient: boolean): string {
  return perClient ? 'which all clients behind one address share' : 'which all clients have in common';
}

function replacedClause(replaced: string | null): string {
  return replaced === null
    ? ''
    : ` (set at ${replaced}, but the proxy_set_header directives of an inner block replace all inherited ones)`;
}

const LOST: Readonly<Record<string, string>> = {
  'x-forwarded-proto':
    'The upstream server assumes that the request came over plain HTTP, and may redirect it or reject its Origin.',
  'x-forwarded-host': 'A server that compares Origin with it may answer with 403.',
  cookie: 'A session in a cookie is lost, so the server does not recognise the client.',
  origin: 'The server cannot check where the page came from.',
  'sec-websocket-extensions': 'Messages are not compressed.',
};

const PATH_CHANGES = {
  doubled: 'the slash is doubled, because proxy_pass ends with one and the location does not.',
  glued: 'a slash is missing, because the location ends with one and proxy_pass does not.',
  cut: 'what follows the location is cut off, because a proxy_pass with variables passes exactly what is written.',
  query: 'the query is lost. Add $is_args$args to proxy_pass.',
};

function upgradeSentence({ location, lacks }: UpgradeFacts): string {
  return `${capital(locationName(location))} ${listed(lacks.map(lackClause))}, so a WebSocket handshake becomes an ordinary request.`;
}

function lackClause(facts: LackFacts): string {
  switch (facts.lack) {
    case 'version':
      return `uses HTTP/${facts.version} to its upstream server`;
    case 'upgrade':
      return `does not pass the Upgrade header on${facts.replaced === null ? '' : ` (set at ${facts.replaced.set}, but the proxy_set_header at ${facts.replaced.by} replaces all inherited headers)`}`;
    case 'protocol':
      return `sends "Upgrade: ${facts.sent ?? facts.written}" instead of "Upgrade: websocket"`;
    case 'connection':
      return facts.sent === '' ? 'sends no Connection header' : `sends "Connection: ${facts.sent}"`;
  }
}

/** Describes the outcome of a failed handshake, as in `was answered with status 426`. */
function outcomeClause(outcome: FailureKind): string {
  if (outcome === 'echo-timeout') return 'got no answer';
  if (outcome === 'protocol-error') return 'got an invalid response';
  if (outcome === 'reset') return 'was closed without an answer';
  const status = numberIn(outcome, 'status');
  if (status !== null) return `was answered with status ${status}`;
  const code = numberIn(outcome, 'closed');
  return code === null ? `failed (${outcome})` : `was closed with code ${code}`;
}

/** Describes a request, as in `HTTP/1.0 with no Upgrade header and "Connection: close"`. */
function requestClause({ httpVersion, upgrade, connection }: ArrivalFacts): string {
  const headers = [
    upgrade === null ? 'no Upgrade header' : `"Upgrade: ${upgrade}"`,
    connection === null ? 'no Connection header' : `"Connection: ${connection}"`,
  ];
  return `HTTP/${httpVersion} with ${headers.join(' and ')}`;
}
