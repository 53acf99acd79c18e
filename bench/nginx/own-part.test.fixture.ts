import { type Kind, MAP, UPGRADE } from './own.test.fixture.ts';

/** Files from conf.d or sites-available, without the main file. */
export const PARTS: readonly Kind[] = [
  {
    what: 'a federation server: one file of sites-available, a redirect to TLS, and streaming under a separate path',
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
    what: 'a part whose map is in the main file, and whose resolver is written by a container',
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
    what: 'TLS in the old syntax, without a certificate',
    files: {
      'simple.conf': `upstream sockets { server 127.0.0.1:8010; }
server { listen 443; ssl on; server_name ws.example.org;
  location / { proxy_pass http://sockets; ${UPGRADE.replace('$connection_upgrade', '"upgrade"')} } }
`,
    },
    becomes: { path: '/', host: 'ws.example.org', notices: ['own-certificate', 'wrapped-http'] },
  },
  {
    what: 'a site that uses a log format and zones of the main file',
    files: {
      'sites-available/app.conf': `server { listen 80; server_name app.example.org;
  access_log /var/log/nginx/app.log main buffer=4k;
  location / { proxy_pass http://127.0.0.1:3000; proxy_cache pages; }
  location /ws { limit_conn perip 5; limit_req zone=reqs; proxy_pass http://127.0.0.1:3000; ${UPGRADE} } }
`,
    },
    options: { keepGuards: true },
    becomes: {
      path: '/ws',
      host: 'app.example.org',
      notices: ['defined-elsewhere', 'kept-guards', 'upgrade-map', 'wrapped-http'],
    },
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
    what: 'a TCP proxy in a separate file',
    files: { 'stream.d/mqtt.conf': 'server { listen 8083; proxy_pass 10.0.0.1:8083; proxy_protocol on; }\n' },
    becomes: { path: '/', notices: ['proxy-protocol', 'wrapped-stream'] },
  },
];
