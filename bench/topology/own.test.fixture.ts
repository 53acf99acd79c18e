import type { ConfigurationOptions } from '../model/configuration.ts';

/** A configuration as people write them, and what has to become of it. */
export interface Kind {
  what: string;
  /** The first is the one that is named with --conf. */
  files: Record<string, string>;
  options?: Partial<ConfigurationOptions>;
  becomes: { path: string; host?: string; notices: readonly string[] } | { refused: RegExp };
}

const UPGRADE = `proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Host $host;`;
const MAP = `map $http_upgrade $connection_upgrade { default upgrade; '' close; }`;
/** A site of one server, in front of an application that speaks WebSocket. */
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

export const KINDS: readonly Kind[] = [
  {
    what: 'a federation server: one file of sites-available, a redirect to TLS, and streaming under a path of its own',
    files: {
      'sites-available/social.conf': `${MAP}
upstream web { server 127.0.0.1:3000 fail_timeout=0; }
upstream streaming { least_conn; server 127.0.0.1:4000 fail_timeout=0; }
proxy_cache_path /var/cache/nginx levels=1:2 keys_zone=CACHE:10m inactive=7d max_size=1g;
server {
  listen 80; listen [::]:80;
  server_name social.example.org;
  location / { return 301 https://$host$request_uri; }
}
server {
  listen 443 ssl http2; listen [::]:443 ssl http2;
  server_name social.example.org;
  ssl_certificate /etc/letsencrypt/live/social.example.org/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/social.example.org/privkey.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_dhparam /etc/ssl/dh4096.pem;
  ssl_stapling on;
  root /home/social/live/public;
  location / { try_files $uri @web; }
  location = /sw.js { try_files $uri =404; }
  location ^~ /api/v1/streaming { proxy_pass http://streaming; ${UPGRADE} }
  location @web { proxy_pass http://web; proxy_cache CACHE; ${UPGRADE} }
}
`,
    },
    becomes: {
      path: '/api/v1/streaming',
      host: 'social.example.org',
      notices: ['missing-files', 'ocsp', 'static-files', 'wrapped-http'],
    },
  },
  {
    what: 'a chat server that sets the headers once for all of its locations',
    files: {
      'chat.nginx': `proxy_cache_path /tmp/media-cache keys_zone=media:1m;
upstream phoenix { server 127.0.0.1:4000 max_fails=5 fail_timeout=60s; }
server {
  listen 443 ssl;
  server_name chat.example.org;
  ssl_trusted_certificate /etc/letsencrypt/live/chat/chain.pem;
  ssl_certificate /etc/letsencrypt/live/chat/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/chat/privkey.pem;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection "upgrade";
  location / { proxy_pass http://phoenix; }
  location ~ ^/(media|proxy) { proxy_cache media; proxy_pass http://phoenix; }
}
`,
    },
    becomes: { path: '/', host: 'chat.example.org', notices: ['location', 'missing-files', 'wrapped-http'] },
  },
  {
    what: 'a container’s site, whose includes are absolute',
    files: {
      'site-confs/default.conf': `server {
  listen 443 ssl default_server;
  server_name _;
  include /config/nginx/ssl.conf;
  include /config/nginx/extra/*.conf;
  location / { try_files $uri $uri/ =404; }
  location /live { include /config/nginx/proxy.conf; proxy_pass http://127.0.0.1:7777; }
  location ~ \\.php$ { fastcgi_pass 127.0.0.1:9000; include /etc/nginx/fastcgi_params; }
}
`,
      'ssl.conf': 'ssl_certificate /config/keys/cert.crt;\nssl_certificate_key /config/keys/cert.key;\n',
      'proxy.conf':
        'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\n',
    },
    becomes: {
      path: '/live',
      notices: ['moved-files', 'no-backend', 'no-files', 'well-known-files', 'wrapped-http'],
    },
  },
  {
    what: 'an include root elsewhere',
    files: {
      'proxy-confs/app.subdomain.conf': `server {
  listen 443 ssl http2;
  server_name app.*;
  include /config/nginx/ssl.conf;
  location / {
    include /config/nginx/proxy.conf;
    resolver 127.0.0.11 valid=30s;
    set $upstream_app app; set $upstream_port 8080; set $upstream_proto http;
    proxy_pass $upstream_proto://$upstream_app:$upstream_port;
  }
  location ~ (/app)?/socket {
    include /config/nginx/proxy.conf;
    set $upstream_app app;
    proxy_pass http://$upstream_app:8080;
  }
}
`,
      'shared/ssl.conf':
        'ssl_certificate /config/keys/cert.crt;\nssl_certificate_key /config/keys/cert.key;\n',
      'shared/proxy.conf':
        'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\n',
    },
    options: { roots: [{ from: '/config/nginx', to: 'shared' }] },
    becomes: {
      path: '/socket',
      notices: ['location', 'name-server', 'variable-upstream', 'wrapped-http'],
    },
  },
  {
    what: 'a part whose map stands in the main file, and whose resolver a container writes',
    files: {
      'proxy-confs/app.subfolder.conf': `location /app/ {
  include /config/nginx/resolver.conf;
  set $upstream_app app;
  proxy_pass http://$upstream_app:80;
  ${UPGRADE}
}
`,
    },
    becomes: {
      path: '/app/',
      notices: ['upgrade-map', 'variable-upstream', 'well-known-files', 'wrapped-server'],
    },
  },
  {
    what: 'upstreams that are chosen by a cookie and by chance',
    files: {
      'site.conf': `upstream old { server 10.0.0.1:8080; server 10.0.0.2:8080 backup; }
upstream new { server 10.0.0.3:8080; }
split_clients $remote_addr $by_chance { 70% new; * old; }
map $cookie_route $target { default $by_chance; old old; }
${MAP}
server { listen 80 default_server; http2 on;
  location / { proxy_pass http://$target$request_uri; ${UPGRADE} } }
`,
    },
    becomes: { path: '/', notices: ['wrapped-http'] },
  },
  {
    what: 'an include that is nowhere',
    files: { 'nginx.conf': site(`${WS}\n  include /etc/nginx/snippets/tls.conf;`) },
    becomes: {
      refused:
        /snippets\/tls\.conf, included at .*nginx\.conf:\d+, cannot be read: there is no such file\. .*--conf-root \/etc\/nginx\/snippets=DIR/,
    },
  },
  {
    what: 'an add-on for home automation that lets in its supervisor only',
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
    becomes: { refused: /"\{\{ \." in .*nginx\.conf\.gtpl:9 belongs to a template\. Render it first/ },
  },
  {
    what: 'a template of a block explorer, filled in from a file',
    files: {
      'templates/default.conf.template': `${MAP}
server {
  listen 80;
  server_name localhost;
  proxy_http_version 1.1;
  location ~ ^/(api(?!-docs$)|socket|sitemap.xml)(/|$) { proxy_pass \${BACK_PROXY_PASS}; ${UPGRADE} }
  location / { proxy_pass \${FRONT_PROXY_PASS}; ${UPGRADE} }
}
`,
      'names.env': 'BACK_PROXY_PASS=http://backend:4000\nexport FRONT_PROXY_PASS="http://frontend:3000"\n',
    },
    options: { envFile: 'names.env' },
    becomes: { path: '/socket/', host: 'localhost', notices: ['location', 'template', 'wrapped-http'] },
  },
  {
    what: 'a template without a value',
    files: {
      'default.conf.template': `server { location /ws {\n  proxy_pass \${BENCH_NO_SUCH_NAME};\n} }\n`,
    },
    becomes: {
      refused:
        /\$\{BENCH_NO_SUCH_NAME\} in .*default\.conf\.template:2 has no value\. Set BENCH_NO_SUCH_NAME/,
    },
  },
  {
    what: 'TLS as it was switched on before, and a certificate that nobody names',
    files: {
      'simple.conf': `upstream sockets { server 127.0.0.1:8010; }
server { listen 443; ssl on; server_name ws.example.org;
  location / { proxy_pass http://sockets; ${UPGRADE.replace('$connection_upgrade', '"upgrade"')} } }
`,
    },
    becomes: { path: '/', host: 'ws.example.org', notices: ['own-certificate', 'wrapped-http'] },
  },
  {
    what: 'locations alone',
    files: {
      'app.locations': `location /ws { proxy_pass http://127.0.0.1:9001; ${UPGRADE.replace('$connection_upgrade', 'upgrade')} }
location / { proxy_pass http://127.0.0.1:9000; }
`,
    },
    becomes: { path: '/ws', notices: ['wrapped-server'] },
  },
  {
    what: 'a proxy of TCP in a file of its own',
    files: { 'stream.d/mqtt.conf': 'server { listen 8083; proxy_pass 10.0.0.1:8083; proxy_protocol on; }\n' },
    becomes: { path: '/', notices: ['proxy-protocol', 'wrapped-stream'] },
  },
  {
    what: 'a stream for UDP beside it',
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
    what: 'the page of the root beside a WebSocket at the root',
    files: {
      'nginx.conf': site(`  location = / { return 302 /login; }
  location / { proxy_pass http://app; ${UPGRADE} }`),
    },
    becomes: { path: '/websocket', host: 'chat.example.org', notices: ['location'] },
  },
  {
    what: 'modules that are not there',
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
      refused: /does not know "sticky" at .*nginx\.conf:5, and the WebSockets go through it\. .*--nginx/,
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
    what: 'an upstream of a newer version, that asks a name server',
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
      refused: /no location for WebSockets.* Add to that at .*nginx\.conf:9: proxy_http_version 1\.1/,
    },
  },
];
