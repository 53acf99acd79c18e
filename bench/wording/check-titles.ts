import type { FoundCode } from './check.ts';

/**
 * The subject of each finding of `check`, in one short sentence without a full stop. A sentence applies to
 * every finding with its code, so it contains no details.
 */
export const CHECK_TITLES: Readonly<Record<FoundCode, string>> = {
  'no-proxied-location': 'No location uses proxy_pass',
  'no-location-for-path': 'No location with proxy_pass handles the given path',
  'configuration-rejected': 'The configuration is rejected',
  'configuration-not-run': 'The configuration could not be run in the sandbox',
  'upgrade-not-passed': 'A location does not pass the upgrade on',
  'upgrade-nowhere': 'No location passes the upgrade on',
  'http-version-by-default': 'WebSockets rely on the default of proxy_http_version',
  'location-without-slash': 'A location without a leading slash is never used',
  'location-not-tried': 'A location was not tried',
  'handshake-failed': 'A location does not accept a WebSocket',
  'no-websocket': 'No WebSocket can connect through this configuration',
  'location-shadowed': 'A regular expression takes precedence over a location',
  'passed-to-nothing': 'A variable in proxy_pass is empty',
  'hop-mismatch': 'Two servers disagree about TLS or the PROXY protocol',
  'pass-unlistened': 'A pass directive leads to an address on which no server listens',
  'inner-server-unused': 'A server on a local address gets no connections',
  'response-header-hidden': 'A header that clients need is removed from the 101 response',
  'auth-upgrade': "The authentication service receives the client's upgrade headers",
  'host-changed': 'The Host header is changed',
  'host-without-port': 'The port is removed from the Host header',
  'try-files-first': 'try_files answers handshakes before proxy_pass',
  'try-files-folder': 'try_files intercepts handshakes whose path is an existing folder',
  'upstream-elsewhere': 'An upstream is not defined in the files that were read',
  'header-lost': 'A request header is not passed on',
  'scheme-changed': 'X-Forwarded-Proto is http although clients use TLS',
  'origin-replaced': 'The Origin header is replaced by a fixed value',
  'subprotocol-changed': 'The subprotocol is changed',
  'path-changed': 'The path or query is changed',
  'slash-redirect': 'A handshake without a trailing slash is redirected',
  'close-undoes-keepalive': 'Connections to upstream servers are not kept open',
  'large-buffer': 'proxy_buffer_size uses a lot of memory per WebSocket',
  'any-protocol': 'A location passes on upgrades to any protocol, not only WebSocket',
  'shared-socket': 'A listen parameter applies to every server on the socket',
  capacity: 'The number of WebSockets that the configuration allows',
  'connection-limit': 'limit_conn limits the number of WebSockets',
  'request-limit': 'limit_req limits the rate of handshakes',
  'port-limit': 'There are too few source ports for a single upstream address',
  'listen-twice': 'The same listen directive appears twice',
  'no-certificate': 'A TLS listener has no certificate',
  'connection-fixed': 'The Connection header does not depend on the request',
  'idle-timeout': 'Idle WebSockets are cut',
  'worker-connections': 'worker_connections limits the number of WebSockets',
  'open-files': 'The open-file limit is below worker_connections',
  'handshakes-cached': 'Handshakes go through proxy_cache',
  'http2-only': 'A listener accepts only HTTP/2',
  'http2-without-websockets': 'HTTP/2 does not carry the WebSockets',
  'http2-with-websockets': 'HTTP/2 can carry the WebSockets',
  'shutdown-timeout-unset': 'Old workers keep running after a reload',
  'shutdown-timeout': 'A reload cuts WebSockets after worker_shutdown_timeout',
  'no-zone': 'An upstream has no zone that all workers share',
  'ip-hash': 'ip_hash sends all clients on the same network to one server',
  'max-fails': 'One refused connection takes a server out of use',
  'tls-not-resumed': 'TLS sessions are not resumed',
  'no-effect': 'A directive has no effect on WebSockets',
  'logged-at-close': 'The access log records a WebSocket only when it closes',
  'part-of-configuration': 'The settings in the main file were not checked',
};

/** Returns the title for a code; null if `check` has no finding with this code. */
export function checkTitle(code: string): string | null {
  return Object.hasOwn(CHECK_TITLES, code) ? CHECK_TITLES[code as FoundCode] : null;
}
