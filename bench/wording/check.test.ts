import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHECK } from './check.ts';
import { CONCLUSIONS } from './conclusions.ts';
import { type Code, type DataOf, finding } from './finding.ts';
import { FITNESS } from './fitness.ts';
import { NOTICES } from './notices.ts';
import { PLANNING } from './planning.ts';
import { VALIDITY } from './validity.ts';

const says = <C extends Code>(code: C, data: DataOf<C>, text: string) =>
  assert.equal(finding(code, data).text, text);

describe('findings of check', () => {
  it('state what a location lacks for an upgrade', () => {
    says(
      'upgrade-not-passed',
      {
        location: '/ws',
        lacks: [
          { lack: 'version', version: '1.0' },
          { lack: 'upgrade', replaced: null },
          { lack: 'connection', sent: 'close' },
        ],
      },
      'Location /ws uses HTTP/1.0 for connections to its upstream server, does not pass on the Upgrade header and sends "Connection: close", so a WebSocket handshake becomes an ordinary request.',
    );
    says(
      'upgrade-nowhere',
      {
        location: '= /',
        lacks: [
          { lack: 'upgrade', replaced: { set: 'a.conf:2', by: 'a.conf:5' } },
          { lack: 'connection', sent: '' },
        ],
        others: ['a.conf:7', 'a.conf:9'],
      },
      'No location passes WebSockets on. Location = / does not pass on the Upgrade header (set at a.conf:2, but the proxy_set_header at a.conf:5 replaces all inherited headers) and sends no Connection header, so a WebSocket handshake becomes an ordinary request. The same applies to the other locations with proxy_pass: a.conf:7, a.conf:9.',
    );
    says('no-proxied-location', { missing: [] }, 'No location uses proxy_pass, so no WebSocket can connect.');
    says(
      'no-proxied-location',
      { missing: [{ path: '/etc/nginx/sites/*', place: '/a/nginx.conf:9', folder: '/etc/nginx/sites' }] },
      'No location uses proxy_pass, so no WebSocket can connect. The missing part may be in a file that was not found: no file matches "include /etc/nginx/sites/*" at /a/nginx.conf:9. Say which folder contains this file: --conf-root /etc/nginx/sites=DIR.',
    );
    says(
      'no-location-for-path',
      { path: '/x' },
      'No location with proxy_pass handles --ws-path /x. Use --ws-path to name a path that such a location handles.',
    );
  });

  it('state what happened to a request, and which line is the cause', () => {
    says(
      'no-websocket',
      { locations: 2 },
      'None of the 2 locations that may carry WebSockets accepts them, so no WebSocket can connect through this configuration.',
    );
    says(
      'no-websocket',
      { locations: 1 },
      'The only location that may carry WebSockets does not accept them, so no WebSocket can connect through this configuration.',
    );
    says(
      'location-shadowed',
      { location: '/ws/', by: '~ ^/ws', place: 'a.conf:3', remedy: 'location ^~ /ws/' },
      'Location /ws/ is never used: location ~ ^/ws at a.conf:3 takes its requests, because regular expressions are matched before a prefix like this one. Write "location ^~ /ws/" to give the prefix precedence.',
    );
    says(
      'passed-to-nothing',
      {
        location: '/ws',
        variables: ['$a', '$b'],
        sources: [{ why: 'elsewhere', places: ['a.conf:2', 'a.conf:3'] }],
      },
      'The address in proxy_pass of location /ws is invalid: $a and $b are empty there, so Nginx answers 500. See a.conf:2 and a.conf:3: the set directive applies only to requests handled by the block that contains it, not to requests handled by a nested location.',
    );
    says(
      'passed-to-nothing',
      {
        location: '/ws',
        variables: ['$2'],
        sources: [{ why: 'reset', place: 'a.conf:4', expression: 'a.conf:1' }],
      },
      'The address in proxy_pass of location /ws is invalid: $2 is empty there, so Nginx answers 500. The condition at a.conf:4 evaluates the regular expression at a.conf:1, which resets numbered captures. Use named captures.',
    );
    says(
      'passed-to-nothing',
      { location: '/ws', variables: ['$a'], sources: [{ why: 'never' }] },
      'The address in proxy_pass of location /ws is invalid: $a is empty there, so Nginx answers 500. Nothing sets it there.',
    );
    says(
      'passed-to-nothing',
      { location: '/ws', variables: ['$a'], sources: [{ why: 'unmapped', places: ['a.conf:2'] }] },
      'The address in proxy_pass of location /ws is invalid: $a is empty there, so Nginx answers 500. The map at a.conf:2 has no value for this request. Add an entry or a default to it.',
    );
    says(
      'response-header-hidden',
      { location: '/ws', header: 'Upgrade' },
      'proxy_hide_header Upgrade also removes that header from the 101 response, but clients of location /ws need it, so the handshake fails.',
    );
    says(
      'auth-upgrade',
      { location: '/ws', uri: '/auth', place: 'a.conf:5' },
      "auth_request /auth at a.conf:5, which guards location /ws, passes the client's Upgrade and Connection headers on to the authentication service. If the service answers such a request with 400 or 426, the client gets 500.",
    );
    says(
      'host-changed',
      { location: '/ws', sent: 'a.org', received: 'app', replaced: null },
      'Location /ws passes on Host "app" instead of the client\'s "a.org". A server that compares Origin with Host answers the handshake with 403.',
    );
    says(
      'host-changed',
      { location: '/ws', sent: 'a.org', received: 'app', replaced: 'a.conf:2' },
      'Location /ws passes on Host "app" instead of the client\'s "a.org" (set at a.conf:2, but the proxy_set_header directives of an inner block replace all inherited ones). A server that compares Origin with Host answers the handshake with 403.',
    );
    says(
      'header-lost',
      { location: '/ws', header: 'Cookie', replaced: null },
      'Location /ws does not pass on Cookie. A session in a cookie is lost, so the server does not recognise the client.',
    );
    says(
      'header-lost',
      { location: '/ws', header: 'X-Real-IP', replaced: 'a.conf:2' },
      'Location /ws does not pass on X-Real-IP (set at a.conf:2, but the proxy_set_header directives of an inner block replace all inherited ones). A server that relies on it does not receive it.',
    );
    says(
      'subprotocol-changed',
      { location: '/ws', offered: 'b, a', received: null, answered: null },
      'A client of location /ws that offered the subprotocols "b, a" got none; the upstream server was offered none. A browser rejects a handshake whose subprotocol it did not offer.',
    );
    says(
      'subprotocol-changed',
      { location: '/ws', offered: 'b, a', received: 'c', answered: 'c' },
      'A client of location /ws that offered the subprotocols "b, a" got "c"; the upstream server was offered "c". A browser rejects a handshake whose subprotocol it did not offer.',
    );
    says(
      'path-changed',
      { location: '/ws', change: 'doubled', sent: '/ws/a', received: '//a' },
      'Location /ws passes /ws/a on as //a: the slash is doubled, because proxy_pass ends with one and the location does not.',
    );
    says(
      'path-changed',
      { location: '/ws/', change: 'glued', sent: '/ws/a', received: '/va' },
      'Location /ws/ passes /ws/a on as /va: a slash is missing, because the location ends with one and proxy_pass does not.',
    );
    says(
      'path-changed',
      { location: '/ws', change: 'cut', sent: '/ws/a', received: '/ws' },
      'Location /ws passes /ws/a on as /ws: what follows the location is cut off, because a proxy_pass with variables passes on exactly the path it contains.',
    );
    says(
      'path-changed',
      { location: '/ws', change: 'query', sent: '/ws?a=1', received: '/ws' },
      'Location /ws passes /ws?a=1 on as /ws: the query is lost. Add $is_args$args to proxy_pass.',
    );
    says(
      'slash-redirect',
      { location: '/ws/', path: '/ws' },
      'Nginx answers /ws with a redirect to location /ws/, but WebSocket clients do not follow redirects. Clients have to add the trailing slash, or the location needs a name without one.',
    );
    says(
      'close-undoes-keepalive',
      { nginxVersion: '1.30.6' },
      'This map sends "Connection: close" for requests without an upgrade. By default, Nginx 1.30.6 keeps connections to upstream servers open, but the map prevents this.',
    );
    says(
      'large-buffer',
      { bytes: 65536, memory: 1310720000 },
      'proxy_buffer_size 64 KiB is allocated twice per WebSocket. For 10,000 WebSockets, this takes up to 1.22 GiB of memory.',
    );
    says(
      'any-protocol',
      { location: '/ws' },
      'Location /ws passes on an Upgrade header with any value, not only "websocket". If the server also speaks h2c or another protocol, clients can use it to bypass the rules of Nginx.',
    );
    says(
      'host-without-port',
      { location: '/ws', port: 8080 },
      'Location /ws passes on $host, which has no port. Clients connect to port 8080 and name it in Host and Origin, so a server that compares these headers rejects the handshake with 403. $http_host keeps the port.',
    );
    says(
      'try-files-first',
      { location: '/ws', fallback: '=404' },
      'Location /ws has both try_files and proxy_pass. try_files is evaluated first: unless there is a file with the path of the request, it answers 404, so a handshake never reaches the upstream server. Remove try_files from this location, or write "try_files $uri @app;" and move proxy_pass to "location @app".',
    );
    says(
      'try-files-folder',
      { location: '@app', test: '$uri/', path: '/' },
      'Because of $uri/ in try_files, location @app does not pass on requests for folders that exist: a handshake to / gets the index page or 403, because / is always a folder. The sandbox has none of these folders, so this was not tried. For WebSockets, use a path that is not a folder, or remove $uri/.',
    );
    says(
      'upstream-elsewhere',
      { upstream: 'app', missing: [] },
      'No file that was read defines an upstream app. Unless app is a host name, its servers and settings are in another file and were not checked.',
    );
    says(
      'shared-socket',
      {
        parameter: 'proxy_protocol',
        place: 'a.conf:2',
        own: 'a.conf:9',
        hasCertificate: false,
        location: '/ws',
      },
      'proxy_protocol in the listen at a.conf:2 applies to every server on the same socket, including the server that contains location /ws, although its own listen at a.conf:9 does not have this parameter. Clients that do not send the PROXY protocol cannot connect. Use another port or address for one of the two servers, or configure the proxy in front of Nginx to send the PROXY protocol to both.',
    );
    says(
      'shared-socket',
      { parameter: 'ssl', place: 'a.conf:2', own: 'a.conf:9', hasCertificate: false, location: '/ws' },
      'ssl in the listen at a.conf:2 applies to every server on the same socket, including the server that contains location /ws, although its own listen at a.conf:9 does not have this parameter. A handshake with ws:// is answered with 400, and a handshake with wss:// gets the certificate of another server. Use another port or address for one of the two servers, or add ssl and a certificate to the second server.',
    );
    says(
      'hop-mismatch',
      { location: null, what: 'proxy-protocol-unexpected', place: 'a.conf:9' },
      'This stream server passes its connections on to the listen at a.conf:9, which does not expect the PROXY protocol and answers 400. Add proxy_protocol to that listen, or remove "proxy_protocol on".',
    );
    says(
      'pass-unlistened',
      { address: '127.0.0.1:8443' },
      'This stream server hands its connections to 127.0.0.1:8443, on which no server of this configuration listens. The pass directive reaches only listeners of the same Nginx, so every connection is closed. Correct the address, or use proxy_pass if another program listens there.',
    );
    says(
      'inner-server-unused',
      { location: '/ws', address: '127.0.0.1:81', place: 'a.conf:9', listened: '127.0.0.1:82' },
      'Location /ws passes its connections on to 127.0.0.1:81, on which no server of this configuration listens. No connection reaches the server for WebSockets at a.conf:9, which accepts connections only from this machine (127.0.0.1:82). Unless another program is in between, use the same address in proxy_pass and in listen.',
    );
    says(
      'scheme-changed',
      { location: '/ws', isBehind: true },
      'Clients of location /ws use TLS, but this line sends "X-Forwarded-Proto: http" to the upstream server, because the server block with this line is reached without TLS. The upstream server may redirect the handshake or reject its Origin.',
    );
    says(
      'capacity',
      {
        webSockets: 512,
        perWorker: true,
        limits: [
          { what: 'open-files', webSockets: 512, perWorker: true, place: 'a.conf:1' },
          { what: 'ports', webSockets: 28_232, perWorker: false, place: 'a.conf:9' },
        ],
        handshakes: { rate: '10r/s', place: 'a.conf:8', perClient: true },
      },
      'This configuration allows 512 WebSockets per worker (one worker per CPU). The limit is the number of open files (a.conf:1). The next limit is the number of source ports for the upstream address, at 28,232 (a.conf:9). New handshakes are limited to 10r/s for each client address (a.conf:8).',
    );
    says(
      'capacity',
      {
        webSockets: 10_000,
        perWorker: false,
        limits: [{ what: 'worker-connections', webSockets: 10_000, perWorker: false, place: 'a.conf:1' }],
        handshakes: null,
      },
      'This configuration allows 10,000 WebSockets. The limit is worker_connections (a.conf:1).',
    );
    says(
      'connection-limit',
      { zone: 'perip', key: '$binary_remote_addr', limit: 5, perClient: true, status: 503 },
      'limit_conn perip 5 allows 5 WebSockets per $binary_remote_addr, which all clients behind one address share. Each WebSocket counts until it closes, and handshakes beyond the limit are answered with 503.',
    );
    says(
      'connection-limit',
      { zone: 'all', key: '$uri', limit: 100, perClient: false, status: 429 },
      'limit_conn all 100 allows 100 WebSockets per $uri, which all clients have in common. Each WebSocket counts until it closes, and handshakes beyond the limit are answered with 429.',
    );
    says(
      'request-limit',
      { zone: 'r', rate: '10r/s', burst: '20', key: '$remote_addr', perClient: true, status: 429 },
      'limit_req r (10r/s, burst 20) counts handshakes per $remote_addr, which all clients behind one address share. After a reload or a brief failure, all clients reconnect at once, and handshakes beyond the limit are answered with 429.',
    );
    says(
      'request-limit',
      { zone: 'r', rate: '10r/s', burst: '0', key: '$server_name', perClient: false, status: 503 },
      'limit_req r (10r/s, burst 0) counts handshakes per $server_name, which all clients have in common. After a reload or a brief failure, all clients reconnect at once, and handshakes beyond the limit are answered with 503.',
    );
    says(
      'port-limit',
      { upstream: '10.0.0.1:80', webSockets: 40000, most: 28232 },
      'All WebSockets go to one address (10.0.0.1:80) from one source address, which has about 28,232 ports. That is fewer than the 40,000 WebSockets that worker_connections allows. Add addresses to the upstream, or use proxy_bind with several source addresses.',
    );
    says('listen-twice', { address: '80' }, 'Nginx rejects the configuration: a duplicate listen 80.');
    says(
      'no-certificate',
      { listen: '443 ssl' },
      'Nginx rejects the configuration: no "ssl_certificate" is defined for "listen 443 ssl".',
    );
    says(
      'handshakes-failed',
      { count: 40, kind: 'status-500', line: 'a.conf:3' },
      '40 WebSocket handshakes failed: each was answered with status 500. The likely cause is at a.conf:3. `check` shows what is wrong with this configuration.',
    );
    says(
      'handshakes-failed',
      { count: 1, kind: 'protocol-error', line: null },
      '1 WebSocket handshake failed: it got an invalid response. `check` shows what is wrong with this configuration.',
    );
    says(
      'max-fails',
      { upstream: 'app', uncounted: ['a.conf:3'] },
      'After a server of app refuses one connection (max_fails, 1 by default), Nginx skips it for fail_timeout (10 s by default). Nginx would not skip the only server of an upstream, but it also counts the server at a.conf:3, which is not in use. When many clients reconnect at once, a brief failure takes healthy servers out of use. Once all are out, every handshake fails with 502 ("no live upstreams" in the error log).',
    );
    says(
      'upgrade-not-passed',
      { location: '/ws', lacks: [{ lack: 'protocol', written: '$x', sent: 'upgrade' }] },
      'Location /ws sends "Upgrade: upgrade" instead of "Upgrade: websocket", so a WebSocket handshake becomes an ordinary request.',
    );
    says(
      'upgrade-not-passed',
      { location: '/ws', lacks: [{ lack: 'protocol', written: '$x', sent: null }] },
      'Location /ws sends "Upgrade: $x" instead of "Upgrade: websocket", so a WebSocket handshake becomes an ordinary request.',
    );
  });

  it('give the reason of an error in its own words', () => {
    const reason = 'Nginx refuses the configuration: unknown directive "lisen" in a.conf:3.';
    says('configuration-rejected', { reason }, reason);
    says('configuration-not-run', { reason: 'No disk.' }, 'No WebSocket was tried. No disk.');
  });

  it('state why a location accepts no WebSocket, or was not tried', () => {
    const failed = (reason: DataOf<'handshake-failed'>['reason']) =>
      finding('handshake-failed', { location: '/ws', reason }).text;
    assert.equal(
      failed('connection'),
      'Location /ws does not accept a WebSocket. Nginx sends a Connection header without "upgrade", although the client asks for an upgrade.',
    );
    assert.match(failed('no-upgrade'), /\. The request that Nginx passes on is not a valid upgrade/);
    assert.match(
      failed('response'),
      /\. The upstream server received a valid upgrade, but the client did not /,
    );
    assert.match(failed('upstream'), /\. Nginx could not pass the request on\.$/);
    assert.match(
      failed('nginx'),
      /\. Nginx answered the handshake itself\. If the configuration checks a header/,
    );
    says(
      'origin-replaced',
      { location: '/ws', value: 'http://$host' },
      'Location /ws sends Origin "http://$host" no matter which page opened the WebSocket. The server therefore cannot reject pages of other sites, so such pages can open WebSockets with the cookies of the server\'s users.',
    );
    says(
      'location-without-slash',
      { location: 'ws', remedy: 'location /ws' },
      'Location ws is never used: its name does not begin with a slash, but every path does. Write "location /ws".',
    );
    says(
      'location-not-tried',
      { location: '@ws', lacks: 'path' },
      'Location @ws was not tried: no path could be derived that leads to it. Use --ws-path to name one.',
    );
    says(
      'location-not-tried',
      { location: '/ws', lacks: 'host' },
      'Location /ws was not tried: its server has no name that a request could use, and is not the default server. Use --host to name one.',
    );
    says(
      'http-version-by-default',
      { location: '/ws', nginxVersion: '1.30.6', since: '1.29.7' },
      'Location /ws does not set proxy_http_version. WebSockets work only because Nginx 1.30.6 uses HTTP/1.1 for connections to upstream servers by default. Versions before 1.29.7 use HTTP/1.0, with which every handshake fails.',
    );
    says(
      'connection-fixed',
      { value: 'Upgrade' },
      '"Connection: Upgrade" is sent with every request, not only with WebSocket handshakes. Some servers reject such requests, and Nginx cannot reuse the upstream connection.',
    );
  });

  it('state what cuts WebSockets, and how many there can be', () => {
    says(
      'idle-timeout',
      { directive: 'proxy_read_timeout', seconds: 60, isDefault: true, location: '/ws' },
      'proxy_read_timeout is 60 s (the default). Nginx cuts a WebSocket of location /ws that is silent for that long. Nginx sends no close frame, so the client sees code 1006. More frequent pings from either side keep it open.',
    );
    const stream = { directive: 'proxy_timeout', seconds: 600, isDefault: false, location: null };
    assert.match(finding('idle-timeout', stream).text, /^proxy_timeout is 600 s\. .* of this stream server /);
    says(
      'worker-connections',
      { connections: 512, isDefault: true, webSockets: 256, workers: 'auto' },
      'worker_connections 512 (the default) allows 256 WebSockets per worker (one worker per CPU). Each WebSocket takes two connections, one to the client and one to the upstream server. Nginx refuses further connections and logs "512 worker_connections are not enough".',
    );
    const four = { connections: 20_000, isDefault: false, webSockets: 10_000 };
    assert.match(
      finding('worker-connections', { ...four, workers: '4' }).text,
      /^worker_connections 20000 allows 10,000 WebSockets per worker \(4 workers\)\./,
    );
    assert.match(finding('worker-connections', { ...four, workers: '1' }).text, / per worker \(1 worker\)\./);
    says(
      'open-files',
      { openFiles: 1024, isDefault: true, connections: 2000, webSockets: 512 },
      'worker_rlimit_nofile is not set. With the usual limit of 1,024 open files, a worker fails with "Too many open files" at about 512 WebSockets, before it reaches worker_connections 2000.',
    );
    says(
      'open-files',
      { openFiles: 1999, isDefault: false, connections: 2000, webSockets: 999 },
      'worker_rlimit_nofile 1999 is lower than worker_connections 2000: a worker fails with "Too many open files" at about 999 WebSockets, before it reaches worker_connections 2000.',
    );
    says(
      'shutdown-timeout-unset',
      {},
      'worker_shutdown_timeout is not set. After a reload, old workers keep running, and keep their memory, until their last WebSocket closes. With a timeout, they cut the WebSockets that are still open when it expires, and all the clients affected reconnect at once.',
    );
    says(
      'shutdown-timeout',
      { value: '1h' },
      'With worker_shutdown_timeout 1h, old workers cut all of their WebSockets 1h after a reload, and the clients all reconnect at once.',
    );
  });

  it('state what a cache, HTTP/2 and TLS do to handshakes', () => {
    says(
      'handshakes-cached',
      { location: '/ws', isKept: true, isLocked: true },
      'Handshakes of location /ws go through proxy_cache. The response to an ordinary GET of the same path is cached, and every handshake gets it until it expires.',
    );
    says(
      'handshakes-cached',
      { location: '/ws', isKept: false, isLocked: true },
      'Handshakes of location /ws go through proxy_cache. A cached response for the same path would make every handshake fail until it expires, and proxy_cache_lock lets handshakes through one at a time.',
    );
    says(
      'http2-only',
      { since: '1.25.1', location: '/ws', isOthers: true },
      'Before Nginx 1.25.1, a listener with http2 but without ssl accepts only HTTP/2, for every server on the same socket. A WebSocket starts with HTTP/1.1, so none can connect to location /ws.',
    );
    says(
      'http2-without-websockets',
      {},
      'HTTP/2 is on, but does not carry WebSockets: Nginx does not support extended CONNECT (RFC 8441), so each WebSocket has its own HTTP/1.1 connection. Pages benefit from HTTP/2; WebSockets do not. A client that negotiates h2 for its handshake fails.',
    );
    says('http2-with-websockets', {}, 'HTTP/2 is on, and this Nginx accepts WebSockets over it (RFC 8441).');
    says(
      'tls-not-resumed',
      {},
      'TLS sessions are not resumed. Every client that reconnects needs a full handshake with certificate and signature, and after a reload all of them reconnect at once.',
    );
  });

  it('state how upstreams choose a server', () => {
    says(
      'no-zone',
      { upstream: 'app', method: null },
      'Upstream app has no zone. With several workers, each worker rotates through the servers and counts failures by itself. A WebSocket stays on its server until it closes.',
    );
    says(
      'no-zone',
      { upstream: 'app', method: 'ip_hash' },
      'Upstream app has no zone. With several workers, each worker counts failures by itself, so after a failure the workers may send the same client to different servers. A WebSocket stays on its server until it closes.',
    );
    says(
      'no-zone',
      { upstream: 'app', method: 'least_conn' },
      'Upstream app has no zone. With several workers, least_conn counts only the connections of its own worker, so a server that is busy for one worker can look idle to another. A WebSocket stays on its server until it closes.',
    );
    says(
      'ip-hash',
      { upstream: 'app', realIpHeader: true },
      "ip_hash uses only the first three octets of the client's IPv4 address. All clients in one network, or behind one proxy in front of Nginx, go to the same server of app. real_ip_header provides the client addresses behind such a proxy.",
    );
    says(
      'max-fails',
      { upstream: 'app', uncounted: [] },
      'After a server of app refuses one connection (max_fails, 1 by default), Nginx skips it for fail_timeout (10 s by default). When many clients reconnect at once, a brief failure takes healthy servers out of use. Once all are out, every handshake fails with 502 ("no live upstreams" in the error log).',
    );
  });

  it('state what has no effect, what is logged when, and what was not checked', () => {
    says(
      'no-effect',
      { directives: ['proxy_buffering', 'gzip'], location: '/ws' },
      'proxy_buffering and gzip in location /ws have no effect on WebSockets: after the 101, Nginx passes bytes on as they arrive. The only buffer that messages go through is proxy_buffer_size.',
    );
    assert.match(
      finding('no-effect', { directives: ['gzip'], location: '/ws' }).text,
      /^gzip in location \/ws has no effect on WebSockets:/,
    );
    says(
      'logged-at-close',
      {},
      'The access log has one line per WebSocket, written when it closes. Open WebSockets do not appear in it, and $request_time is how long the WebSocket was open.',
    );
    says(
      'part-of-configuration',
      {},
      'This is only part of a configuration. worker_connections, worker_shutdown_timeout and the limit on open files are set in the main file and were not checked.',
    );
  });
});

describe('observations of check', () => {
  it('state how a handshake was answered, and what reached the upstream server', () => {
    says(
      'handshake-answered',
      {
        path: '/ws',
        outcome: 'status-426',
        arrived: { httpVersion: '1.0', upgrade: null, connection: 'close' },
      },
      'A WebSocket to /ws was answered with status 426; the upstream server received HTTP/1.0 with no Upgrade header and "Connection: close".',
    );
    says(
      'get-arrived',
      { arrived: { httpVersion: '1.1', upgrade: 'websocket', connection: null } },
      'For an ordinary GET, the upstream server received HTTP/1.1 with "Upgrade: websocket" and no Connection header.',
    );
    const outcomes = {
      'echo-timeout': 'got no answer',
      'protocol-error': 'got an invalid response',
      reset: 'was closed without an answer',
      'closed-1006': 'was closed with code 1006',
      refused: 'failed (refused)',
    } as const;
    for (const [outcome, clause] of Object.entries(outcomes))
      says(
        'handshake-answered',
        { path: '/', outcome: outcome as keyof typeof outcomes, arrived: null },
        `A WebSocket to / ${clause}; nothing reached the upstream server.`,
      );
  });

  it('state what closed a WebSocket, and when', () => {
    says(
      'silent-closed',
      {
        directive: 'proxy_read_timeout',
        setSeconds: 1,
        closeCode: 1006,
        seconds: 1.003,
        busyStayedOpen: true,
      },
      'With proxy_read_timeout set to 1 s, a silent WebSocket was closed with code 1006 after 1 s. A WebSocket that kept sending messages stayed open.',
    );
    says(
      'open-after-reload',
      { seconds: 2.5 },
      '2.5 s after a reload, a WebSocket was still open and served by the old worker.',
    );
    says(
      'closed-after-reload',
      { setSeconds: 1, closeCode: 1006, seconds: 1.12 },
      'With worker_shutdown_timeout set to 1 s, a busy WebSocket was closed 1.12 s after a reload, with code 1006.',
    );
    assert.match(
      finding('closed-after-reload', { setSeconds: null, closeCode: 1006, seconds: 1 }).text,
      /^Without worker_shutdown_timeout, a busy/,
    );
  });

  it('state what a worker, a cache and upstreams did', () => {
    says(
      'worker-full',
      { opened: 255, outcome: 'reset' },
      'One worker accepted 255 WebSockets; the next WebSocket was closed without an answer.',
    );
    says(
      'cache-answered',
      { path: '/ws', outcome: 'status-426', together: 4, reached: 0 },
      'After one ordinary GET of /ws, a WebSocket to the same path was answered with status 426; 0 of 4 simultaneous handshakes reached the upstream server.',
    );
    says(
      'cache-not-kept',
      { path: '/ws' },
      'After one ordinary GET of /ws, WebSockets could still be opened: the 426 response to the GET has no caching headers, so it was not cached.',
    );
    says('cache-queued', { together: 4, seconds: 1.5 }, 'The last of 4 simultaneous handshakes took 1.5 s.');
    says(
      'clients-spread',
      { clients: 6, servers: 1 },
      'WebSockets from 6 addresses in one network went to 1 server.',
    );
    says(
      'servers-skipped',
      { tried: 2, failed: 2, outcome: 'status-502' },
      'After every server had refused one connection and was up again, 2 of 2 handshakes failed; the first of them was answered with status 502.',
    );
  });

  it('state what TLS negotiated, and when the log was written', () => {
    says(
      'http2-settings',
      { extendedConnect: false },
      "A client that offers h2 and http/1.1 gets h2. The server's SETTINGS do not include SETTINGS_ENABLE_CONNECT_PROTOCOL.",
    );
    says(
      'session-not-resumed',
      { protocol: 'TLSv1.3' },
      'A second connection did not resume the TLS session of the first (TLSv1.3).',
    );
    says(
      'log-at-close',
      {},
      'Nothing was written to the access log while a WebSocket was open; one line was written after it had closed.',
    );
  });
});

describe('codes of check', () => {
  it('do not occur in any other table, because all tables share one set of codes', () => {
    const others = new Set(Object.keys({ ...VALIDITY, ...FITNESS, ...CONCLUSIONS, ...PLANNING, ...NOTICES }));
    assert.deepEqual(
      Object.keys(CHECK).filter((code) => others.has(code)),
      [],
    );
  });
});
