import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { print } from './print.ts';
import { changesOf, move, WEBSOCKET } from './sandbox.test.fixture.ts';
import { directives } from './tree.ts';

/** Hosts reserved for documentation (RFC 2606, RFC 5737, RFC 3849), and a variable with an unknown value. */
const HOSTS = ['outside.example', '198.51.100.7', '[2001:db8::7]', '$outside', 'outside_$host'];
const OUTSIDE = /outside|198\.51|2001:db8/;

/** Contexts in which a directive may occur; `if` means one in a location. */
const CONTEXTS = {
  main: (text: string) => `${text} events {} http { server { ${WEBSOCKET} } }`,
  events: (text: string) => `events { ${text} } http { server { ${WEBSOCKET} } }`,
  http: (text: string) => `http { ${text} server { ${WEBSOCKET} } }`,
  server: (text: string) => `http { server { ${text} ${WEBSOCKET} } }`,
  location: (text: string) => `http { server { ${WEBSOCKET} location /x { location /x/y { ${text} } } } }`,
  if: (text: string) => `http { server { ${WEBSOCKET} location /x { if ($a) { ${text} } } } }`,
  limit_except: (text: string) =>
    `http { server { ${WEBSOCKET} location /x { limit_except GET { ${text} } } } }`,
  upstream: (text: string) => `http { upstream app { server a; ${text} } server { ${WEBSOCKET} } }`,
  stream: (text: string) =>
    `stream { ${text} server { listen 1; proxy_pass app; } } http { server { ${WEBSOCKET} } }`,
  'stream server': (text: string) =>
    `stream { server { listen 1; ${text} } } http { server { ${WEBSOCKET} } }`,
  'stream upstream': (text: string) => `stream { upstream app { ${text} } } http { server { ${WEBSOCKET} } }`,
  mail: (text: string) => `mail { ${text} server { listen 25; } } http { server { ${WEBSOCKET} } }`,
  'mail server': (text: string) => `mail { server { ${text} } } http { server { ${WEBSOCKET} } }`,
  mgmt: (text: string) => `mgmt { ${text} } http { server { ${WEBSOCKET} } }`,
};
type Context = keyof typeof CONTEXTS;

const HTTP: Context[] = ['http', 'server', 'location'];
const STREAM: Context[] = ['stream', 'stream server'];
const MAIL: Context[] = ['mail', 'mail server'];
const BACKEND: Context[] = ['location', 'if'];

/**
 * Every directive of Nginx and Nginx Plus that takes an address, a host name or a URL, or that makes
 * Nginx connect to one given elsewhere. Compiled from the directive index of nginx.org and the modules in
 * nginx's src/. Each row has the text, with HOST for the address, and the contexts.
 */
type Rows = [text: string, contexts: Context[]][];

/**
 * The expected notice (null for an ordinary move), the replacement in the configuration, and the block on line 1
 * that is named instead of the directive.
 */
const CHANGED: { notice: string | null; leaves?: RegExp; block?: string; rows: Rows }[] = [
  {
    notice: null,
    leaves: /127\.0\.0\.1:(7001|9001)/,
    rows: [
      ['listen HOST:80;', ['server', 'stream server']],
      ['server HOST:8080 weight=2 resolve;', ['upstream', 'stream upstream']],
    ],
  },
  {
    notice: null,
    rows: [
      ['proxy_ssl_name HOST;', [...HTTP, ...STREAM]],
      ['grpc_ssl_name HOST;', HTTP],
      ['uwsgi_ssl_name HOST;', HTTP],
    ],
  },
  {
    notice: 'upstream-tls',
    leaves: /proxy_pass http:\/\/bench_echo_servers\/v1;/,
    rows: [['proxy_pass https://HOST/v1;', ['location', 'if', 'limit_except']]],
  },
  {
    notice: 'stream-pass',
    leaves: /proxy_pass bench_echo_servers;/,
    rows: [['pass HOST:8080;', ['stream server']]],
  },
  {
    notice: 'no-backend',
    leaves: /return 502;/,
    rows: [
      ['fastcgi_pass HOST:9000;', BACKEND],
      ['grpc_pass grpcs://HOST:443;', BACKEND],
      ['memcached_pass HOST:11211;', BACKEND],
      ['scgi_pass HOST:4000;', BACKEND],
      ['uwsgi_pass suwsgi://HOST:3031;', BACKEND],
    ],
  },
  {
    notice: 'name-server',
    rows: [
      ['resolver HOST:53 valid=10s;', [...HTTP, 'upstream', ...STREAM, 'stream upstream']],
      ['debug_connection HOST;', ['events']],
    ],
  },
  {
    notice: 'source-address',
    rows: [
      ['proxy_bind HOST transparent;', [...HTTP, ...STREAM]],
      ['fastcgi_bind HOST;', HTTP],
      ['grpc_bind HOST;', HTTP],
      ['memcached_bind HOST;', HTTP],
      ['scgi_bind HOST;', HTTP],
      ['tunnel_bind HOST;', HTTP],
      ['uwsgi_bind HOST;', HTTP],
    ],
  },
  {
    notice: 'client-address',
    rows: [['set_real_ip_from HOST;', [...HTTP, ...STREAM]]],
  },
  {
    notice: 'upstream-address',
    rows: [
      ['proxy_allow_upstream HOST;', HTTP],
      ['fastcgi_allow_upstream HOST;', HTTP],
      ['grpc_allow_upstream HOST;', HTTP],
      ['memcached_allow_upstream HOST;', HTTP],
      ['scgi_allow_upstream HOST;', HTTP],
      ['tunnel_allow_upstream HOST;', HTTP],
      ['uwsgi_allow_upstream HOST;', HTTP],
    ],
  },
  {
    notice: 'ocsp',
    rows: [
      ['ssl_stapling_responder http://HOST/;', ['http', 'server', ...STREAM]],
      ['ssl_ocsp_responder http://HOST/;', ['http', 'server', ...STREAM]],
      ['ssl_stapling on;', ['http', 'server', ...STREAM]],
      ['ssl_ocsp leaf;', ['http', 'server', ...STREAM]],
    ],
  },
  {
    notice: 'other-hosts',
    rows: [
      ['tunnel_pass HOST:443;', ['server', 'location', 'if']],
      ['tunnel_pass;', ['server', 'location', 'if']], // connects to the host in the request
      ['health_check uri=/HOST port=8080;', ['location', 'stream server']],
      ['state /var/lib/nginx/HOST.conf;', ['upstream', 'stream upstream']], // a file with servers
      ['zone_sync_server HOST:9000 resolve;', ['stream server']],
      ['zone_sync_ssl_name HOST;', STREAM],
      ['otel_exporter { endpoint https://HOST:4317; header Host HOST; }', ['http']],
      ['acme_issuer a { uri https://HOST/dir; contact mailto:me@HOST; }', ['http']],
      ['acme_certificate a HOST;', ['server']],
      [
        'oidc_provider a { issuer https://HOST; config_url https://HOST; redirect_uri https://HOST; }',
        ['http'],
      ],
      ['auth_oidc HOST;', HTTP],
    ],
  },
  {
    notice: 'other-hosts',
    block: 'mgmt',
    leaves: /usage_report endpoint=127\.0\.0\.1:7001;/,
    rows: [
      ['usage_report endpoint=HOST;', ['mgmt']],
      ['proxy HOST:3128;', ['mgmt']],
      ['resolver HOST;', ['mgmt']],
    ],
  },
  {
    notice: 'syslog',
    leaves: /\/run\/bench\/(access|error)\.log/,
    rows: [
      ['access_log syslog:server=HOST:514,tag=x main;', [...HTTP, 'if', 'limit_except', ...STREAM]],
      ['error_log syslog:server=HOST:514 debug;', ['main', ...HTTP, ...STREAM]],
    ],
  },
  {
    notice: 'other-blocks',
    block: 'mail',
    rows: [
      ['auth_http http://HOST/auth;', MAIL],
      ['resolver HOST;', MAIL],
      ['set_real_ip_from HOST;', MAIL],
      ['error_log syslog:server=HOST;', MAIL],
      ['server_name HOST;', MAIL],
      ['listen HOST:25;', ['mail server']],
    ],
  },
  {
    notice: 'other-blocks',
    rows: [['rtmp { server { listen HOST:1935; application a { push rtmp://HOST/a; } } }', ['main']]],
  },
];

/** Code, and directives of modules that are not Nginx's own. */
const REFUSED: Rows = [
  ['js_import http.js;', [...HTTP, ...STREAM]],
  ['js_include http.js;', ['http', 'stream']],
  ['js_set $a main.a;', [...HTTP, ...STREAM]],
  ['js_content main.a;', [...BACKEND, 'limit_except']],
  ['js_fetch_proxy http://HOST:3128;', [...HTTP, ...STREAM]],
  ['js_periodic main.a interval=1s;', ['location', 'stream server']],
  ["perl 'sub { }';", ['location', 'limit_except']],
  ["perl_set $a 'sub { }';", ['http']],
  ['perl_require a.pm;', ['http']],
  ['content_by_lua_file a.lua;', ['location']],
  ['balancer_by_lua_file a.lua;', ['upstream']],
  ['redis2_pass cache;', ['location']],
  ['auth_ldap_url ldap://HOST/dc=example;', HTTP],
  ['upsync HOST:8500/v1/kv;', ['upstream']],
  ['statsd_server HOST:8125;', HTTP],
  ['docker_endpoint unix:/run/docker.sock;', ['http']],
  ['proxy_passs http://HOST;', ['location']],
];

/** The ones among them that only load code; they are removed with a notice. */
const TAKEN_OUT = new Set(['perl', 'perl_set', 'perl_require']);

/**
 * Addresses that are compared with a request or sent to a connected client, so that Nginx opens no connection.
 */
const KEPT: Rows = [
  ['allow HOST;', [...HTTP, 'limit_except', ...STREAM]],
  ['deny HOST;', [...HTTP, 'limit_except', ...STREAM]],
  ['geo $a { default 0; proxy HOST; HOST 1; resolver 2; }', ['http', 'stream']],
  ['map $host $a { HOST HOST; resolver HOST; proxy_pass HOST; }', ['http', 'stream']],
  ['split_clients HOST $a { 50% HOST:1; * b; }', ['http', 'stream']],
  ['match a { send HOST:80; }', ['http', 'stream']],
  ['geoip_proxy HOST;', ['http']],
  ['server_name HOST;', ['server', 'stream server']],
  ['server_name syslog:server=HOST;', ['server']],
  ['valid_referers HOST;', ['server', 'location']],
  ['if ($http_host = HOST:80) { return 403; }', ['server', 'location']],
  ['set $a HOST:80;', ['server', 'location', 'if', 'stream server']],
  ['return 301 https://HOST;', ['server', 'location', 'if']],
  ['rewrite ^ https://HOST;', ['server', 'location', 'if']],
  ['error_page 404 http://HOST;', [...HTTP, 'if']],
  ['early_hints HOST:80;', HTTP],
  ['http2_push https://HOST/a.js;', HTTP],
  ['add_header Link https://HOST;', [...HTTP, 'if']],
  ['add_trailer Link https://HOST;', [...HTTP, 'if']],
  ['proxy_set_header Host HOST:80;', HTTP],
  ['grpc_set_header Host HOST:80;', HTTP],
  ['fastcgi_param SERVER_NAME HOST:80;', HTTP],
  ['scgi_param SERVER_NAME HOST:80;', HTTP],
  ['uwsgi_param SERVER_NAME HOST:80;', HTTP],
  ['proxy_set_body HOST:80;', HTTP],
  ['proxy_redirect http://HOST/ /;', HTTP],
  ['proxy_cookie_domain HOST example.com;', HTTP],
  ['proxy_cache_key https://HOST;', HTTP],
  ['proxy_no_cache HOST:80;', HTTP],
  ['sub_filter http://HOST /;', HTTP],
  ['userid_domain HOST;', HTTP],
  ['auth_basic HOST:80;', [...HTTP, 'limit_except']],
  ['secure_link_md5 HOST:80;', HTTP],
  ['limit_req_zone HOST:80 zone=a:1m rate=1r/s;', ['http']],
  ['limit_conn_zone HOST:80 zone=a:1m;', ['http']],
  ['log_format a http://HOST;', ['http', 'stream']],
  ['hash HOST:80;', ['upstream', 'stream upstream']],
  ['sticky cookie a domain=HOST;', ['upstream']],
  ['mqtt_set_connect clientid HOST:80;', ['stream server']],
  // URIs on this server.
  ['mirror /HOST;', HTTP],
  ['auth_request /HOST;', HTTP],
  ['auth_jwt_key_request /HOST;', HTTP],
  ['internal_redirect /HOST;', ['server', 'location']],
  ['add_before_body /HOST;', HTTP],
];

/** Combines each row with each of its contexts and each kind of address. The directive is on line 2. */
function cases(rows: Rows): { text: string; source: string }[] {
  return rows.flatMap(([text, contexts]) =>
    contexts.flatMap((context) =>
      HOSTS.map((host) => text.replaceAll('HOST', host)).map((each) => ({
        text: `${each} (${context})`,
        source: CONTEXTS[context](`\n${each}\n`),
      })),
    ),
  );
}

describe('no directive leads out of the sandbox', () => {
  for (const { notice, leaves = /^/, block, rows } of CHANGED) {
    for (const [row, contexts] of rows) {
      test(`${row} (${notice ?? 'moved'})`, () => {
        for (const { text, source } of cases([[row, contexts]])) {
          const { tree, notices } = move(source);
          const printed = print(tree).text;
          assert.doesNotMatch(printed, OUTSIDE, text);
          assert.match(printed, leaves, text);
          // A host that contains a variable is reported in addition.
          const told = notices.filter(({ code }) => code !== 'sandbox-variable-upstream');
          const place = block === undefined ? `${row.split(/[ ;]/)[0]} mine.conf:2` : `${block} mine.conf:1`;
          assert.deepEqual(changesOf(told), notice === null ? [] : [[notice, place]], text);
        }
      });
    }
  }

  test('unknown directives that may connect are rejected, with file and line', () => {
    for (const { text, source } of cases(REFUSED)) {
      const name = text.split(' ')[0] ?? '';
      if (TAKEN_OUT.has(name)) {
        const { tree, notices } = move(source);
        assert.ok(!print(tree).text.includes(`${name} `), text);
        assert.deepEqual(
          notices.map(({ code }) => code),
          ['sandbox-code'],
          text,
        );
        continue;
      }
      assert.throws(
        () => move(source),
        (error) => {
          assert.ok(error instanceof Problem && error.kind === 'configuration', text);
          assert.ok(error.message.startsWith(`"${name}" at mine.conf:2 `), error.message);
          assert.match(
            error.message,
            /cannot tell .*Remove this directive from the configuration under test\.$/,
          );
          return true;
        },
      );
    }
  });

  test('text that only resembles an address is not changed', () => {
    const flat = (text: string) => text.replace(/\s+/g, ' ');
    for (const { text, source } of cases(KEPT)) {
      const { tree, notices } = move(source);
      const written = text.slice(0, text.lastIndexOf(' ('));
      assert.ok(flat(print(tree).text).includes(written), text);
      const changed = notices.filter(({ code }) => code !== 'sandbox-kept-guards');
      assert.deepEqual(changed, [], text);
    }
  });

  test('loopback source addresses and `off` are kept', () => {
    for (const bind of ['127.0.0.2', '127.0.0.1:$remote_port', '127.0.0.$a', 'off']) {
      const { tree, notices } = move(CONTEXTS.location(`proxy_bind ${bind};`));
      assert.ok(print(tree).text.includes(`proxy_bind ${bind};`), bind);
      assert.deepEqual(notices, []);
    }
  });

  test('Nginx Plus keeps its license, and reports to an echo server even if the file does not say where', () => {
    const { tree } = move(CONTEXTS.mgmt('license_token /etc/nginx/license.jwt; proxy_username HOST;'));
    assert.equal(
      print(directives(tree, 'mgmt')[0]?.block ?? []).text,
      'usage_report endpoint=127.0.0.1:7001;\nlicense_token /etc/nginx/license.jwt;\n',
    );
  });
});
