import { capital } from '../words.ts';
import { type LocationFact, locationName } from './location.ts';

/** Findings about requests that Nginx changes before they reach the upstream server. */
export const PASSED_ON = {
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
    `${capital(locationName(location))} passes on Host "${received}" instead of the client's "${sent}"${replacedClause(replaced)}. A server that compares Origin with Host answers the handshake with 403.`,
  'host-without-port': ({ location, port }: { location: LocationFact; port: number }) =>
    `${capital(locationName(location))} passes on $host, which has no port. Clients connect to port ${port} and name it in Host and Origin, so a server that compares these headers rejects the handshake with 403. $http_host keeps the port.`,
  'header-lost': ({
    location,
    header,
    replaced,
  }: {
    location: LocationFact;
    header: string;
    replaced: string | null;
  }) =>
    `${capital(locationName(location))} does not pass on ${header}${replacedClause(replaced)}. ${LOST[header.toLowerCase()] ?? 'A server that relies on it does not receive it.'}`,
  'scheme-changed': ({ location, isBehind }: { location: LocationFact; isBehind: boolean }) =>
    `Clients of ${locationName(location)} use TLS, but this line sends "X-Forwarded-Proto: http" to the upstream server${isBehind ? ', because the server block with this line is reached without TLS' : ''}. The upstream server may redirect the handshake or reject its Origin.`,
  'origin-replaced': ({ location, value }: { location: LocationFact; value: string }) =>
    `${capital(locationName(location))} sends Origin "${value}" no matter which page opened the WebSocket. The server therefore cannot reject pages of other sites, so such pages can open WebSockets with the cookies of the server's users.`,
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
    `A client of ${locationName(location)} that offered the subprotocols "${offered}" got ${answered === null ? 'none' : `"${answered}"`}; the upstream server was offered ${received === null ? 'none' : `"${received}"`}. A browser rejects a handshake whose subprotocol it did not offer.`,
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
  'any-protocol': ({ location }: { location: LocationFact }) =>
    `${capital(locationName(location))} passes on an Upgrade header with any value, not only "websocket". If the server also speaks h2c or another protocol, clients can use it to bypass the rules of Nginx.`,
  'connection-fixed': ({ value }: { value: string }) =>
    `"Connection: ${value}" is sent with every request, not only with WebSocket handshakes. Some servers reject such requests, and Nginx cannot reuse the upstream connection.`,
  'close-undoes-keepalive': ({ nginxVersion }: { nginxVersion: string }) =>
    `This map sends "Connection: close" for requests without an upgrade. By default, Nginx ${nginxVersion} keeps connections to upstream servers open, but the map prevents this.`,
  'auth-upgrade': ({ location, uri, place }: { location: LocationFact; uri: string; place: string }) =>
    `auth_request ${uri} at ${place}, which guards ${locationName(location)}, passes the client's Upgrade and Connection headers on to the authentication service. If the service answers such a request with 400 or 426, the client gets 500.`,
};

function replacedClause(replaced: string | null): string {
  return replaced === null
    ? ''
    : ` (set at ${replaced}, but the proxy_set_header directives of an inner block replace all inherited ones)`;
}

const LOST: Readonly<Record<string, string>> = {
  'x-forwarded-proto':
    'The upstream server assumes that the request came over plain HTTP, and may redirect it or reject its Origin.',
  'x-forwarded-host': 'A server that compares Origin with X-Forwarded-Host may answer with 403.',
  cookie: 'A session in a cookie is lost, so the server does not recognise the client.',
  origin: 'The server cannot check which site the page came from.',
  'sec-websocket-extensions': 'Messages are not compressed.',
};

const PATH_CHANGES = {
  doubled: 'the slash is doubled, because proxy_pass ends with one and the location does not.',
  glued: 'a slash is missing, because the location ends with one and proxy_pass does not.',
  cut: 'what follows the location is cut off, because a proxy_pass with variables passes on exactly the path it contains.',
  query: 'the query is lost. Add $is_args$args to proxy_pass.',
};
