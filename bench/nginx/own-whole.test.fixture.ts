import { type Kind, MAP, UPGRADE } from './own.test.fixture.ts';

/** A site with one server, in front of a WebSocket application. */
const site = (server: string, http = '') => `events { worker_connections 512; }
http {
${MAP}
upstream app { server 10.20.30.40:3000; }
${http}
server {
  listen 80;
  server_name chat.example.org;
${server}
}
}
`;
const WS = `  location /ws { proxy_pass http://app; ${UPGRADE} }`;

/** Complete configurations. */
export const WHOLES: readonly Kind[] = [
  {
    what: 'an include that does not exist',
    files: { 'nginx.conf': site(`${WS}\n  include /etc/nginx/snippets/tls.conf;`) },
    becomes: {
      refused:
        /snippets\/tls\.conf, included at .*nginx\.conf:\d+, cannot be read: there is no such file\. .*--conf-root \/etc\/nginx\/snippets=DIR/,
    },
  },
  {
    what: 'a home automation add-on that admits only its supervisor',
    files: {
      'nginx.conf': site(`  allow 172.30.32.2;
  deny all;
  auth_basic "Restricted"; auth_basic_user_file /etc/nginx/.htpasswd;
  location / { proxy_pass http://app; }
${WS}`),
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['guards', 'missing-files'] },
  },
  {
    what: 'limits for each address, and clients with certificates',
    files: {
      'nginx.conf': site(
        `  limit_conn perip 10;
  limit_req zone=reqs burst=5;
  auth_request /auth;
  location = /auth { internal; proxy_pass http://app; }
${WS}`,
        'limit_conn_zone $binary_remote_addr zone=perip:1m; limit_req_zone $binary_remote_addr zone=reqs:1m rate=10r/s;',
      ),
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['guards'] },
  },
  {
    what: 'a template of Go',
    files: { 'nginx.conf.gtpl': site(`  server_name {{ .options.domain }};\n${WS}`) },
    becomes: {
      refused: /"\{\{ \." in .*nginx\.conf\.gtpl:9 belongs to a template\. Render the template first/,
    },
  },
  {
    what: 'an additional UDP stream',
    files: {
      'nginx.conf': `${site(WS)}stream { server { listen 5353 udp; proxy_pass 10.0.0.1:53; } }\n`,
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['udp'] },
  },
  {
    what: 'a notebook server, whose path is a regular expression',
    files: {
      'nginx.conf': site(`  location / { proxy_pass http://app; }
  location ~* /(user/[^/]+)/(api/kernels/[^/]+/channels|terminals/websocket)/? { proxy_pass http://app; ${UPGRADE} }`),
    },
    becomes: { path: '/user/a/terminals/websocket', host: 'chat.example.org', notices: ['location'] },
  },
  {
    what: 'video meetings: an exact path among expressions with variables in the upstream',
    files: {
      'nginx.conf': site(`  ssi on;
  location = / { return 302 /welcome; }
  location = /xmpp-websocket { proxy_pass http://127.0.0.1:5280/xmpp-websocket?prefix=$prefix&$args; ${UPGRADE} }
  location ~ ^/colibri-ws/([a-zA-Z0-9-._]+)/(.*) { proxy_pass http://$1:9090/colibri-ws/$1/$2$is_args$args; ${UPGRADE} }
  location ~ ^/([^/?&:'"]+)$ { set $prefix "$1"; try_files $uri @root; }
  location @root { rewrite ^/(.*)$ / break; }
  set $prefix "";`),
    },
    becomes: {
      path: '/xmpp-websocket',
      host: 'chat.example.org',
      notices: ['location', 'variable-upstream'],
    },
  },
  {
    what: 'a page and a WebSocket at the root',
    files: {
      'nginx.conf': site(`  location = / { return 302 /login; }
  location / { proxy_pass http://app; ${UPGRADE} }`),
    },
    becomes: { path: '/websocket', host: 'chat.example.org', notices: ['location'] },
  },
  {
    what: 'missing modules',
    files: {
      'nginx.conf': `load_module modules/ngx_http_brotli_filter_module.so;
${site(WS, 'brotli on; brotli_types text/css;\n  more_clear_headers Server;\n  vhost_traffic_status_zone;')}`,
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['other-modules'] },
  },
  {
    what: 'a module in the upstream of the WebSockets',
    files: {
      'nginx.conf': site(WS).replace('upstream app {', 'upstream app {\n  sticky cookie srv_id expires=1h;'),
    },
    becomes: {
      refused:
        /The WebSockets depend on "sticky" at .*nginx\.conf:5, but this Nginx does not know this directive\. .*--nginx/,
    },
  },
  {
    what: 'Lua',
    files: {
      'nginx.conf': site(`  location /health { content_by_lua_block { ngx.exit(204) -- it's } fine
  } }\n${WS}`),
    },
    becomes: { refused: /"content_by_lua_block" at .*nginx\.conf:9 runs code/ },
  },
  {
    what: 'HTTP/3, and curves of a newer TLS library',
    files: {
      'nginx.conf': site(`  listen 443 quic reuseport; listen 443 ssl;
  http3 on; quic_retry on;
  ssl_ecdh_curve NoSuchCurve768:X25519;
  add_header Alt-Svc 'h3=":443"; ma=86400';
${WS}`),
    },
    becomes: {
      path: '/ws',
      host: 'chat.example.org',
      notices: ['other-modules', 'own-certificate', 'quic', 'this-system'],
    },
  },
  {
    what: 'an upstream in the syntax of a newer version, with a name server',
    files: {
      'nginx.conf': site(WS).replace(
        'upstream app { server 10.20.30.40:3000; }',
        'upstream app { zone app 64k; resolver 10.0.0.2; server app.internal:3000 resolve; }',
      ),
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['name-server'] },
  },
  {
    what: 'a log that names a variable of another module',
    files: {
      'nginx.conf': site(WS, `log_format geo '$remote_addr $geoip2_data_country_code "$request"';`).replace(
        'server {',
        'access_log /var/log/nginx/a.log geo;\nserver {',
      ),
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['other-modules'] },
  },
  {
    what: 'ciphers for RSA alone',
    files: {
      'nginx.conf': site(`  listen 443 ssl;
  ssl_protocols TLSv1.2;
  ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:!aNULL;
  ssl_certificate /etc/ssl/a.pem; ssl_certificate_key /etc/ssl/a.key;
${WS}`),
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: [] },
  },
  {
    what: 'HTTP/2 without TLS',
    files: { 'nginx.conf': site(WS).replace('listen 80;', 'listen 80 http2;') },
    becomes: { path: '/ws', host: 'chat.example.org', notices: ['http2-cleartext'] },
  },
  {
    what: 'several servers at one address, of which another one is named localhost',
    files: {
      'nginx.conf': site(WS, 'server { listen 80 default_server; server_name localhost; return 444; }'),
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: [] },
  },
  {
    what: 'a check of the origin',
    files: {
      'nginx.conf': site(`  if ($http_origin !~ ^https://chat\\.example\\.org$) { return 403; }
  if ($http_x_forwarded_proto != https) { return 301 https://$host$request_uri; }
${WS}`),
    },
    options: {
      headers: [
        { name: 'Origin', value: 'https://chat.example.org' },
        { name: 'X-Forwarded-Proto', value: 'https' },
      ],
    },
    becomes: { path: '/ws', host: 'chat.example.org', notices: [] },
  },
  {
    what: 'a signed address',
    files: {
      'nginx.conf': site(`  location /signed { if ($arg_token != "let-me-in") { return 403; }
    proxy_pass http://app; ${UPGRADE} }`),
    },
    options: { websocketPath: '/signed/a?token=let-me-in' },
    becomes: { path: '/signed/a?token=let-me-in', host: 'chat.example.org', notices: [] },
  },
  {
    what: 'no location that takes WebSockets',
    files: { 'nginx.conf': site('  location / { proxy_pass http://app; }') },
    becomes: {
      refused: /no location for WebSockets.* Add to the location at .*nginx\.conf:9: proxy_http_version 1\.1/,
    },
  },
];
