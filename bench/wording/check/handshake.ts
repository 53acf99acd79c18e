import { formatCount } from '../format.ts';
import { type EmptyInclude, emptyIncludesText, withoutSlashText } from '../sandbox.ts';
import { capital, listed, paragraph } from '../words.ts';
import { type LocationFact, locationName } from './location.ts';

/** A requirement for the WebSocket upgrade that a location does not meet. */
export type LackFacts =
  | { lack: 'version'; version: string }
  /**
   * `replaced` gives the line that sets the header (`set`), and the line that replaces all inherited headers
   * (`by`).
   */
  | { lack: 'upgrade'; replaced: { set: string; by: string } | null }
  /** The Connection header sent; empty if none is sent. */
  | { lack: 'connection'; sent: string }
  /**
   * A value other than `websocket` for the Upgrade header: as written, and as it arrived (null if this was
   * not tested).
   */
  | { lack: 'protocol'; written: string; sent: string | null };

export interface UpgradeFacts {
  location: LocationFact;
  lacks: readonly LackFacts[];
}

/** Findings about configurations and locations through which some or all WebSockets cannot be opened. */
export const HANDSHAKE = {
  'no-proxied-location': ({ missing }: { missing: readonly EmptyInclude[] }) =>
    paragraph(['No location uses proxy_pass, so no WebSocket can connect.', missingText(missing)]),
  'no-location-for-path': ({ path }: { path: string }) =>
    `No location with proxy_pass handles --ws-path ${path}. Use --ws-path to name a path that such a location handles.`,
  'configuration-rejected': ({ reason }: { reason: string }) => reason,
  'configuration-not-run': ({ reason }: { reason: string }) => `No WebSocket was tried. ${reason}`,
  'listen-twice': ({ address }: { address: string }) =>
    `Nginx rejects the configuration: a duplicate listen ${address}.`,
  'no-certificate': ({ listen }: { listen: string }) =>
    `Nginx rejects the configuration: no "ssl_certificate" is defined for "listen ${listen}".`,
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
    `${capital(locationName(location))} does not set proxy_http_version. WebSockets work only because Nginx ${nginxVersion} uses HTTP/1.1 for connections to upstream servers by default. Versions before ${since} use HTTP/1.0, with which every handshake fails.`,
  'location-without-slash': ({ location, remedy }: { location: LocationFact; remedy: string }) =>
    withoutSlashText(capital(locationName(location)), remedy),
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
    `${locations === 1 ? 'The only location that may carry WebSockets does not accept them' : `None of the ${formatCount(locations)} locations that may carry WebSockets accepts them`}, so no WebSocket can connect through this configuration.`,
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
  'slash-redirect': ({ location, path }: { location: LocationFact; path: string }) =>
    `Nginx answers ${path} with a redirect to ${locationName(location)}, but WebSocket clients do not follow redirects. Clients have to add the trailing slash, or the location needs a name without one.`,
  'try-files-first': ({ location, fallback }: { location: LocationFact; fallback: string }) =>
    `${capital(locationName(location))} has both try_files and proxy_pass. try_files is evaluated first: unless there is a file with the path of the request, it ${fallback.startsWith('=') ? `answers ${fallback.slice(1)}` : `sends the request to ${fallback}`}, so a handshake never reaches the upstream server. Remove try_files from this location, or write "try_files $uri @app;" and move proxy_pass to "location @app".`,
  'try-files-folder': ({ location, test, path }: { location: LocationFact; test: string; path: string }) =>
    `Because of ${test} in try_files, ${locationName(location)} does not pass on requests for folders that exist: ${path === '/' ? 'a handshake to / gets the index page or 403, because / is always a folder' : 'a handshake to such a path gets the index page or 403'}. The sandbox has none of these folders, so this was not tried. For WebSockets, use a path that is not a folder, or remove ${test}.`,
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
    `${capital(locationName(location))} passes its connections on to the listen at ${place}, ${HOP_MISMATCHES[what]}`,
  'pass-unlistened': ({ address }: { address: string }) =>
    `This stream server hands its connections to ${address}, on which no server of this configuration listens. The pass directive reaches only listeners of the same Nginx, so every connection is closed. Correct the address, or use proxy_pass if another program listens there.`,
  'inner-server-unused': ({
    location,
    address,
    place,
    listened,
  }: {
    location: LocationFact;
    address: string;
    /** Position and address of the `listen` of the server that gets no connections. */
    place: string;
    listened: string;
  }) =>
    `${capital(locationName(location))} passes its connections on to ${address}, on which no server of this configuration listens. No connection reaches the server for WebSockets at ${place}, which accepts connections only from this machine (${listened}). Unless another program is in between, use the same address in proxy_pass and in listen.`,
  'shared-socket': ({
    parameter,
    place,
    own,
    hasCertificate,
    location,
  }: {
    parameter: 'proxy_protocol' | 'ssl';
    /** Position of the `listen` with the parameter (`place`), and of the `listen` without it (`own`). */
    place: string;
    own: string;
    hasCertificate: boolean;
    location: LocationFact;
  }) =>
    paragraph([
      `${parameter} in the listen at ${place} applies to every server on the same socket, including ${location === null ? '' : 'the server that contains '}${locationName(location)}, although its own listen at ${own} does not have this parameter.`,
      parameter === 'proxy_protocol'
        ? 'Clients that do not send the PROXY protocol cannot connect. Use another port or address for one of the two servers, or configure the proxy in front of Nginx to send the PROXY protocol to both.'
        : hasCertificate
          ? 'Clients have to use wss://; ws:// is answered with 400. Add ssl to the second listen as well, so that it is obvious that this server uses TLS.'
          : 'A handshake with ws:// is answered with 400, and a handshake with wss:// gets the certificate of another server. Use another port or address for one of the two servers, or add ssl and a certificate to the second server.',
    ]),
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
  'response-header-hidden': ({ location, header }: { location: LocationFact; header: string }) =>
    `proxy_hide_header ${header} also removes that header from the 101 response, but clients of ${locationName(location)} need it, so the handshake fails.`,
  'upstream-elsewhere': ({ upstream, missing }: { upstream: string; missing: readonly EmptyInclude[] }) =>
    paragraph([
      `No file that was read defines an upstream ${upstream}. Unless ${upstream} is a host name, its servers and settings are in another file and were not checked.`,
      missingText(missing),
    ]),
  'part-of-configuration': () =>
    'This is only part of a configuration. worker_connections, worker_shutdown_timeout and the limit on open files are set in the main file and were not checked.',
};

function missingText(missing: readonly EmptyInclude[]): string {
  return missing.length === 0 ? '' : emptyIncludesText(missing);
}

const HANDSHAKE_REASONS = {
  connection: 'Nginx sends a Connection header without "upgrade", although the client asks for an upgrade.',
  'no-upgrade': 'The request that Nginx passes on is not a valid upgrade (RFC 6455 section 4.2.1).',
  response: 'The upstream server received a valid upgrade, but the client did not receive a valid response.',
  upstream: 'Nginx could not pass the request on.',
  nginx:
    'Nginx answered the handshake itself. If the configuration checks a header, host or path, set it with --header, --host or --ws-path.',
};

/**
 * The reason why a variable is empty: another location sets it, a regular expression resets the captures, a
 * `map` has no entry for the request, or nothing sets it.
 */
export type EmptySource =
  | { why: 'elsewhere'; places: readonly string[] }
  | { why: 'reset'; place: string; expression: string }
  | { why: 'unmapped'; places: readonly string[] }
  | { why: 'never' };

function emptySentence(source: EmptySource): string {
  switch (source.why) {
    case 'elsewhere':
      return `See ${listed(source.places)}: the set directive applies only to requests handled by the block that contains it, not to requests handled by a nested location.`;
    case 'reset':
      return `The condition at ${source.place} evaluates the regular expression at ${source.expression}, which resets numbered captures. Use named captures.`;
    case 'unmapped':
      return `The map at ${listed(source.places)} has no value for this request. Add an entry or a default to it.`;
    case 'never':
      return 'Nothing sets it there.';
  }
}

/** Disagreements between two servers of a configuration about the connection between them. */
export type HopMismatch =
  | 'proxy-protocol-unexpected'
  | 'proxy-protocol-missing'
  | 'tls-unexpected'
  | 'tls-missing';

const HOP_MISMATCHES: Readonly<Record<HopMismatch, string>> = {
  'proxy-protocol-unexpected':
    'which does not expect the PROXY protocol and answers 400. Add proxy_protocol to that listen, or remove "proxy_protocol on".',
  'proxy-protocol-missing':
    'which expects the PROXY protocol and closes connections without it. Only stream servers can send it: set "proxy_protocol on" in the stream server that connects to that listen, or remove proxy_protocol from that listen.',
  'tls-unexpected':
    'which does not use TLS, so the TLS handshake fails. Add ssl to that listen, or connect to it without TLS.',
  'tls-missing':
    'which expects TLS and answers 400. Use https:// in proxy_pass ("proxy_ssl on" in stream), or remove ssl from that listen.',
};

function upgradeSentence({ location, lacks }: UpgradeFacts): string {
  return `${capital(locationName(location))} ${listed(lacks.map(lackClause))}, so a WebSocket handshake becomes an ordinary request.`;
}

function lackClause(facts: LackFacts): string {
  switch (facts.lack) {
    case 'version':
      return `uses HTTP/${facts.version} for connections to its upstream server`;
    case 'upgrade':
      return `does not pass on the Upgrade header${facts.replaced === null ? '' : ` (set at ${facts.replaced.set}, but the proxy_set_header at ${facts.replaced.by} replaces all inherited headers)`}`;
    case 'protocol':
      return `sends "Upgrade: ${facts.sent ?? facts.written}" instead of "Upgrade: websocket"`;
    case 'connection':
      return facts.sent === '' ? 'sends no Connection header' : `sends "Connection: ${facts.sent}"`;
  }
}
