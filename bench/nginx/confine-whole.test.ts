import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConfineSpec, confine } from './confine.ts';
import { isWrapped, withUpgradeMap, wrapFragment } from './fragment.ts';
import { moveListens } from './listen.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { directives, type Node } from './tree.ts';

const SPEC: ConfineSpec = {
  folder: '/run',
  certificate: { certPath: '/c', keyPath: '/k' },
  workers: 2,
  workerConnections: 64,
  workerFiles: 128,
  cpuAffinity: null,
  user: null,
  buildArguments: '--without-http_scgi_module --without-http_uwsgi_module --without-http_fastcgi_module',
  modulesPath: '/modules',
  streamModule: null,
};
const shown = (tree: readonly Node[]) => print(tree).text.replace(/\s+/g, ' ').trim();

function confined(text: string, changes: Partial<ConfineSpec> = {}): string[] {
  const noted: string[] = [];
  const tree = confine(parse(text, 'a.conf'), { ...SPEC, ...changes }, (change, { name, origin }) =>
    noted.push(`${change} ${name}:${origin?.line}`),
  );
  return [shown(tree), ...noted];
}

/** What becomes of one directive in a location. */
function kept(line: string, changes: Partial<ConfineSpec> = {}): string {
  const [text = '', ...noted] = confined(`http { server { location / { ${line} } } }`, changes);
  const inside = /location \/ \{ (.*?) ?\} \} \}$/.exec(text)?.[1] ?? 'nothing';
  return [inside, ...noted].join(' | ');
}

describe('a confined configuration', () => {
  test('has the settings of the run, in fixed places', () => {
    assert.deepEqual(confined(''), [
      'daemon off; master_process on; worker_processes 2; worker_rlimit_nofile 128; pid /run/nginx.pid; error_log /run/error.log warn; events { worker_connections 64; }',
    ]);
    assert.deepEqual(
      confined('# c\nuser a; pid b; events { use epoll; } http { access_log off; } stream { }', {
        user: 'root root',
        cpuAffinity: [0, 3],
        workers: 3,
        streamModule: '/s.so',
      }),
      [
        'load_module /s.so; daemon off; master_process on; worker_processes 3; worker_rlimit_nofile 128; worker_cpu_affinity 1 1000 1; error_log /run/error.log warn; # c user root root; pid /run/nginx.pid; events { worker_connections 64; use epoll; } http { client_body_temp_path /run/client_body_temp; proxy_temp_path /run/proxy_temp; access_log off; } stream { }',
      ],
    );
    assert.deepEqual(confined('events { } http { }', { streamModule: '/s.so', buildArguments: '' }), [
      'daemon off; master_process on; worker_processes 2; worker_rlimit_nofile 128; pid /run/nginx.pid; error_log /run/error.log warn; events { worker_connections 64; } http { access_log /run/access.log; client_body_temp_path /run/client_body_temp; proxy_temp_path /run/proxy_temp; fastcgi_temp_path /run/fastcgi_temp; uwsgi_temp_path /run/uwsgi_temp; scgi_temp_path /run/scgi_temp; }',
    ]);
    assert.deepEqual(
      confined('worker_processes 9; load_module x/y.so; http { } events { }', { modulesPath: null }),
      [
        'daemon off; master_process on; worker_rlimit_nofile 128; pid /run/nginx.pid; error_log /run/error.log warn; worker_processes 2; http { access_log /run/access.log; client_body_temp_path /run/client_body_temp; proxy_temp_path /run/proxy_temp; } events { worker_connections 64; }',
        'other-modules load_module:1',
      ],
    );
    assert.deepEqual(confined('load_module x/y.so;\nload_module;'), [
      'daemon off; master_process on; worker_processes 2; worker_rlimit_nofile 128; pid /run/nginx.pid; error_log /run/error.log warn; load_module /modules/y.so; load_module /modules; events { worker_connections 64; }',
    ]);
  });

  test('loses what writes, runs code, or names unknown files', () => {
    assert.deepEqual(
      [
        'dav_methods PUT;',
        'dav_methods off;',
        'proxy_store_access user:rw;',
        'xslt_stylesheet a;',
        'lua_code a;',
        'luax a;',
        'env A=b;',
        'perlx a;',
        'php_value a;',
        'ssl_conf_command Options a;',
        'ssl_conf_command CIPHERSTRING a;',
        'proxy_ssl_conf_command PrivateKey a;',
        'x /a;',
        'x a=/b;',
        'x ../a;',
        'x a/../b;',
        'x a/..;',
        'x a..b;',
        'x engine:a;',
        'x my-engine:a;',
        'x a b;',
        'fastcgi_param A /b;',
        'proxy_cookie_path /a /b;',
        'root /srv;',
        'access_log syslog:server=a;',
        'access_log off;',
        'keyval_zone zone=a:1m state=/b timeout=1;',
        'keyval_zone zone=a:1m;',
        'session_log a;',
        'ssl_session_cache /x;',
        'scgi_temp_path /a;',
        'scgi_cache_path /a b;',
        'xproxy_temp_path /a;',
      ].map((line) => kept(line)),
      [
        ' | files dav_methods:1',
        'dav_methods off;',
        ' | files proxy_store_access:1',
        ' | code xslt_stylesheet:1',
        ' | code lua_code:1',
        'luax a;',
        ' | code env:1',
        'perlx a;',
        ' | code php_value:1',
        'ssl_conf_command Options a;',
        'ssl_conf_command CIPHERSTRING a;',
        ' | outside-files proxy_ssl_conf_command:1',
        ' | outside-files x:1',
        ' | outside-files x:1',
        ' | outside-files x:1',
        ' | outside-files x:1',
        ' | outside-files x:1',
        'x a..b;',
        ' | outside-files x:1',
        'x my-engine:a;',
        'x a b;',
        'fastcgi_param A /b;',
        'proxy_cookie_path /a /b;',
        'root /srv;',
        'access_log /run/access.log; | syslog access_log:1',
        'access_log off;',
        'keyval_zone zone=a:1m timeout=1; | files keyval_zone:1',
        'keyval_zone zone=a:1m;',
        ' | files session_log:1',
        ' | outside-files ssl_session_cache:1',
        '',
        'scgi_cache_path /run/cache-1 b;',
        ' | outside-files xproxy_temp_path:1',
      ],
    );
  });

  test('tests for no file outside the served folder', () => {
    assert.deepEqual(
      [
        '(-f /etc/x)',
        '(!-e $uri$arg)',
        '(-d $document_root$uri)',
        '(-x $request_filename)',
        '(-f $document_root/../x)',
        '(-f $document_root$arg_a)',
        '(-f $realpath_root)',
        '( -f /x )',
        '($a = -f)',
        '($a)',
        '(-g /x)',
        '( -f',
      ].map((condition) => kept(`if ${condition} { }`)),
      [
        'if (-f /run/no-such-folder) { }',
        'if (!-e /run/no-such-folder) { }',
        'if (-d $document_root$uri) { }',
        'if (-x $request_filename) { }',
        'if (-f /run/no-such-folder) { }',
        'if (-f /run/no-such-folder) { }',
        'if (-f $realpath_root) { }',
        'if ( -f /run/no-such-folder ) { }',
        'if ($a = -f) { }',
        'if ($a) { }',
        'if (-g /x) { }',
        'if ( -f { }',
      ],
    );
  });

  test('has its own certificate once in each block, and a file for each log', () => {
    assert.deepEqual(
      confined(
        'http { ssl_certificate a; ssl_certificate_key b; server {\nssl_certificate c;\nssl_certificate d; ssl_certificate_key e; access_log x; access_log y f; access_log x; } }',
      ),
      [
        'daemon off; master_process on; worker_processes 2; worker_rlimit_nofile 128; pid /run/nginx.pid; error_log /run/error.log warn; events { worker_connections 64; } http { access_log /run/access.log; client_body_temp_path /run/client_body_temp; proxy_temp_path /run/proxy_temp; ssl_certificate /c; ssl_certificate_key /k; server { ssl_certificate /c; ssl_certificate_key /k; access_log /run/access.log; access_log /run/access-2.log f; access_log /run/access.log; } }',
        'certificates ssl_certificate:3',
      ],
    );
    assert.deepEqual(confined('events; error_log;'), confined(''));
    assert.deepEqual(
      kept('ssl_certificate a; ssl_certificate b;', { certificate: null }),
      'ssl_certificate a; ssl_certificate b;',
    );
    assert.deepEqual(
      confined('proxy_cache_path /a; error_log syslog:x; http { access_log /l; uwsgi_cache_path b c; }'),
      [
        'daemon off; master_process on; worker_processes 2; worker_rlimit_nofile 128; pid /run/nginx.pid; error_log /run/error.log warn; proxy_cache_path /run/cache-1; events { worker_connections 64; } http { client_body_temp_path /run/client_body_temp; proxy_temp_path /run/proxy_temp; access_log /run/access.log; uwsgi_cache_path /run/cache-2 c; }',
        'syslog error_log:1',
      ],
    );
  });
});

describe('a partial configuration', () => {
  const wrapped = (text: string) => {
    const noted: string[] = [];
    const tree = wrapFragment(parse(text, 'a.conf'), (change, { name }) => noted.push(`${change} ${name}`));
    return [shown(tree), isWrapped(tree), ...noted];
  };

  test('is wrapped in the blocks that it is written for', () => {
    assert.deepEqual(
      [
        '',
        '# c',
        'events { } server { }',
        'mail { }',
        'user a;',
        'a b; location / { }',
        'a b; server { }',
        'upstream a { } server { proxy_pass a; }',
        'server { pass a; }',
        'location / { proxy_pass a; } map $a $b { }',
        'server { location / { proxy_pass a; } }',
        'log_format a b;',
        'geo $a { }',
        'other { }',
      ].map(wrapped),
      [
        ['', false],
        ['# c', false],
        ['events { } server { }', false],
        ['mail { }', false],
        ['user a;', false],
        ['http { server { a b; location / { } } }', true, 'wrapped-server a'],
        ['http { a b; server { } }', true, 'wrapped-http a'],
        ['stream { upstream a { } server { proxy_pass a; } }', true, 'wrapped-stream upstream'],
        ['stream { server { pass a; } }', true, 'wrapped-stream server'],
        ['http { location / { proxy_pass a; } map $a $b { } }', true, 'wrapped-http location'],
        ['http { server { location / { proxy_pass a; } } }', true, 'wrapped-http server'],
        ['http { log_format a b; }', true, 'wrapped-http log_format'],
        ['http { geo $a { } }', true, 'wrapped-http geo'],
        ['other { }', false],
      ],
    );
  });

  test('gets the usual map if it uses the variable', () => {
    const mapped = (text: string) => {
      const noted: string[] = [];
      const tree = withUpgradeMap(parse(text, 'a.conf'), (change, { name, origin }) =>
        noted.push(`${change} ${name}:${origin?.line}`),
      );
      return [shown(tree), ...noted];
    };
    const use = 'proxy_set_header Connection $connection_upgrade;';
    assert.deepEqual(
      [
        `http {\n${use}\n${use} } stream { }`,
        `http { set $connection_upgrade x; ${use} }`,
        `http { map $a $connection_upgrade { x y; } ${use} }`,
        'http { }',
        `${use} http;`,
      ].map(mapped),
      [
        [
          'http { map $http_upgrade $connection_upgrade { default upgrade; "" close; } proxy_set_header Connection $connection_upgrade; proxy_set_header Connection $connection_upgrade; } stream { }',
          'upgrade-map proxy_set_header:2',
        ],
        ['http { set $connection_upgrade x; proxy_set_header Connection $connection_upgrade; }'],
        ['http { map $a $connection_upgrade { x y; } proxy_set_header Connection $connection_upgrade; }'],
        ['http { }'],
        [
          'proxy_set_header Connection $connection_upgrade; http { map $http_upgrade $connection_upgrade { default upgrade; "" close; } }',
          'upgrade-map proxy_set_header:1',
        ],
      ],
    );
  });
});

describe('moved listens', () => {
  const moved = (text: string, changes: Partial<Parameters<typeof moveListens>[1]> = {}, main = -1) => {
    const tree = parse(text, 'a.conf');
    const servers = directives(tree, 'http').flatMap(({ block }) => directives(block, 'server'));
    const noted: string[] = [];
    const spec = {
      host: 'h',
      ports: [1, 2, 3, 4],
      backlog: 9,
      reuseport: false,
      nginxVersion: '1.25.0',
      main: servers[main] ?? null,
    };
    const result = moveListens(tree, { ...spec, ...changes }, (change, { origin }) =>
      noted.push(`${change}:${origin?.line}`),
    );
    return [
      shown(result.tree),
      ...result.listeners.map(({ port, tls, http2 }) => `${port}${tls ? ' tls' : ''}${http2 ? ' h2' : ''}`),
      ...noted,
    ];
  };

  test('keep the order and options of each socket, with those of the first server that sets them', () => {
    assert.deepEqual(
      moved(
        'http { server { a; listen 80 rcvbuf=1 so_keepalive=on; b; listen 81; } server { listen 80 rcvbuf=2 sndbuf=3 default; listen 443 ssl; } # c\n }',
      ),
      [
        'http { server { a; listen h:1; listen h:2 backlog=9; b; } server { listen h:1 default_server backlog=9 rcvbuf=1 so_keepalive=on sndbuf=3; listen h:3 ssl backlog=9; } # c }',
        '3 tls',
        '1',
        '2',
      ],
    );
    assert.deepEqual(
      moved(
        'http { server { listen 80; } server { listen 80 deferred bind; listen 443 ssl; } server { listen 8443 ssl; } }',
        { reuseport: true },
        1,
      ),
      [
        'http { server { listen h:1; } server { listen h:1 default_server backlog=9 deferred bind reuseport; listen h:2 ssl backlog=9 reuseport; } server { listen h:3 ssl backlog=9 reuseport; } }',
        '2 tls',
        '1',
        '3 tls',
      ],
    );
    assert.deepEqual(moved('http { server { listen 80 reuseport backlog=5; } }', { reuseport: true }), [
      'http { server { listen h:1 reuseport backlog=5; } }',
      '1',
    ]);
    assert.deepEqual(
      moved('http { server { } } stream { server { listen 53 udp; } server { listen 81; } }'),
      [
        'http { server { listen h:1 backlog=9; } } stream { server { listen h:2 backlog=9; } server { listen h:3 backlog=9; } }',
        '1',
        '2',
        '3',
        'udp:1',
      ],
    );
  });

  test('keep the PROXY protocol where both ends are known', () => {
    assert.deepEqual(
      moved(
        'http { server {\nlisten 80 proxy_protocol;\nlisten 81 proxy_protocol; } server { listen 81; } }',
        { proxyProtocol: ['*:81'] },
      ),
      [
        'http { server { listen h:1 backlog=9; listen h:2 proxy_protocol default_server backlog=9; } server { listen h:2 proxy_protocol; } }',
        '1',
        '2',
        'proxy-protocol:2',
      ],
    );
  });

  test('enable HTTP/2 as this version does, and not without TLS before 1.25.1', () => {
    const text =
      'http { http2 on; server {\nlisten 80 http2;\nlisten 443 ssl; } server { listen 444 ssl; http2 off; } }';
    assert.deepEqual(moved(text), [
      'http { server { listen h:1 backlog=9; listen h:2 ssl http2 backlog=9; } server { listen h:3 ssl backlog=9; } }',
      '2 tls h2',
      '3 tls',
      '1',
      'http2-cleartext:2',
    ]);
    assert.deepEqual(moved(text, { keepHttp2Alone: true }), [
      'http { server { listen h:1 http2 backlog=9; listen h:2 ssl http2 backlog=9; } server { listen h:3 ssl backlog=9; } }',
      '2 tls h2',
      '3 tls',
      '1 h2',
    ]);
    assert.deepEqual(moved(text, { nginxVersion: '1.25.1' }), [
      'http { http2 on; server { listen h:1 backlog=9; listen h:2 ssl backlog=9; http2 on; } server { listen h:3 ssl backlog=9; http2 off; } }',
      '2 tls h2',
      '3 tls',
      '1 h2',
    ]);
    assert.deepEqual(
      moved('http { server { listen 443 ssl http2; http2 on; } server { listen 80 http2; } }', {
        nginxVersion: '1.25.1',
      }),
      [
        'http { server { listen h:1 ssl backlog=9; http2 on; } server { listen h:2 backlog=9; http2 on; } }',
        '1 tls h2',
        '2 h2',
      ],
    );
    assert.deepEqual(moved('http { server { listen 443 quic; listen 443 quic http2; } }'), [
      'http { server { listen h:1 ssl backlog=9; } }',
      '1 tls',
      'quic:1',
      'quic:1',
    ]);
  });
});
