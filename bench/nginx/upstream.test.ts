import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changesOf, lines, move, moveServer, SPEC, WEBSOCKET } from './sandbox.test.fixture.ts';
import type { SandboxSpec } from './sandbox.ts';

describe('upstream servers', () => {
  const entries = (servers: string, upstreams = SPEC.upstreams) =>
    lines(
      moveServer('', { upstreams }, `upstream app { zone app 64k; ${servers} keepalive 8; }`),
      'server',
    ).slice(0, -1);

  test('become the echo servers, all of them used, with the parameters of the entries in rotation', () => {
    const three = [7001, 7002, 7003].map((port) => ({ host: '127.0.0.1', port }));
    assert.deepEqual(entries('server a:1 max_fails=0; server b:1 weight=2;', three), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002 weight=2;',
      'server 127.0.0.1:7003 max_fails=0;',
    ]);
  });

  test('keep their number', () => {
    assert.deepEqual(entries('server a; server b; server c;'), [
      'server 127.0.0.1:7001;',
      'server 127.0.0.1:7002;',
      'server 127.0.0.1:7001;',
    ]);
  });

  test('never query a name server, and omit entries marked down', () => {
    assert.deepEqual(entries('server a.example.com resolve; server b down; server c backup;'), [
      'server 127.0.0.1:7001;',
      'server 127.0.0.1:7002;',
      'server 127.0.0.1:7001 backup;',
    ]);
  });

  test('lose only parameters that query a name server', () => {
    assert.deepEqual(
      entries('server a.example.com service=http resolve weight=2; server b route=resolve max_conns=7;'),
      ['server 127.0.0.1:7001 weight=2;', 'server 127.0.0.1:7002 route=resolve max_conns=7;'],
    );
  });

  test('become the echo servers even if all entries are down, or there are none', () => {
    for (const servers of ['server a down;', 'server a down; server b backup;', '']) {
      assert.deepEqual(entries(servers), [
        'server 127.0.0.1:7001 max_fails=0;',
        'server 127.0.0.1:7002 max_fails=0;',
      ]);
    }
  });
});

describe('Unix-domain sockets', () => {
  const withSockets = SPEC.upstreams.map((each) => ({ ...each, socket: `/run/${each.port}.sock` }));

  test('remain sockets if the echo servers have some, entry by entry', () => {
    const upstream = 'upstream app { server unix:/run/app.sock max_fails=0; server a:1; }';
    const entries = (upstreams: SandboxSpec['upstreams']) =>
      lines(moveServer('', { upstreams }, upstream), 'server').slice(0, 2);
    assert.deepEqual(entries(withSockets), [
      'server unix:/run/7001.sock max_fails=0;',
      'server 127.0.0.1:7002;',
    ]);
    assert.deepEqual(entries(SPEC.upstreams), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002;',
    ]);
  });

  test('are used in a proxy_pass next to another that names a host', () => {
    const moved = move(
      `http { upstream app { server a; } server { ${WEBSOCKET}
        location /s { proxy_pass http://unix:/run/app.sock:/v1/; }
        location /t { proxy_pass http://a.example.com; } } }
       stream { server { listen 1; proxy_pass unix:/run/app.sock; } }`,
      { upstreams: withSockets },
    );
    assert.deepEqual(lines(moved, 'proxy_pass').slice(1), [
      'proxy_pass http://bench_echo_sockets/v1/;',
      'proxy_pass http://bench_echo_servers;',
      'proxy_pass bench_echo_sockets;',
    ]);
    assert.deepEqual(
      lines(moved, 'server').filter((line) => line.includes('unix:')),
      [7001, 7002, 7001, 7002].map((port) => `server unix:/run/${port}.sock max_fails=0;`),
    );
  });
});

describe('proxy_pass', () => {
  /** Returns the moved proxy_pass with an `upstream app`, and the codes of the notices. */
  function passed(target: string, upstream = 'app'): [string, ...string[]] {
    const moved = move(`http { upstream ${upstream} { server a; } server {
      ${WEBSOCKET} location /x { proxy_pass ${target}; } } }`);
    const line = lines(moved, 'proxy_pass').at(-1) ?? '';
    return [line.replace(/^proxy_pass |;$/g, ''), ...moved.notices.map(({ code }) => code)];
  }

  test('to an upstream is kept, with its URI', () => {
    for (const target of [
      'http://app',
      'http://app/v1/',
      'http://app?a=1',
      'http://app$request_uri',
      `http://app\${request_uri}`,
      'http://app/v1/$1$is_args$args',
      'http://app$is_args$args',
    ]) {
      assert.deepEqual(passed(target), [target]);
    }
  });

  test('finds its upstream ignoring case, like Nginx', () => {
    assert.deepEqual(passed('http://backend/v1', 'Backend'), ['http://backend/v1']);
    assert.deepEqual(passed('HTTP://BackEnd', 'backend'), ['http://BackEnd']);
    const stream = move(`http { server { ${WEBSOCKET} } }
      stream { upstream TCP { server a:1; } server { listen 1; proxy_pass tcp; } }`);
    assert.equal(lines(stream, 'proxy_pass').at(-1), 'proxy_pass tcp;');
  });

  test('does not find an upstream with a different name, and only folds ASCII letters', () => {
    const own = ['http://bench_echo_servers'];
    assert.deepEqual(passed('http://127.0.0.9:9999', '127.0.0.9:9999'), own);
    assert.deepEqual(passed('http://127.0.0.9', '127.0.0.9'), own);
    assert.deepEqual(passed('http://app:3000', 'app:3000'), own);
    assert.deepEqual(passed('http://[::1]:9999', '[::1]:9999'), own);
    assert.deepEqual(passed('http://unix', 'unix'), own);
    assert.deepEqual(passed('http://kelvin', '\u212Aelvin'), own);
    assert.deepEqual(passed('http://unix:/x.sock:', '"unix:/x.sock:"'), ['http://bench_echo_sockets']);
    const stream = move(`http { server { ${WEBSOCKET} } }
      stream { upstream app:1 { server a:1; } server { listen 1; proxy_pass app:1; } }`);
    assert.equal(lines(stream, 'proxy_pass').at(-1), 'proxy_pass bench_echo_servers;');
  });

  test('also finds an upstream with the benchmark’s own name', () => {
    const moved = move(`http { upstream bench_echo_servers { server a; } server { ${WEBSOCKET} } }`);
    assert.deepEqual(lines(moved, 'upstream'), ['upstream bench_echo_servers {']);
  });

  test('to any other host goes to the benchmark’s own upstream, with its URI', () => {
    const moved = move(`http { upstream app { server a; } server {
      ${WEBSOCKET} location /api { proxy_pass http://api.example.com:8443/v1/; } } }`);
    assert.deepEqual(lines(moved, 'proxy_pass'), [
      'proxy_pass http://app;',
      'proxy_pass http://bench_echo_servers/v1/;',
    ]);
    assert.deepEqual(lines(moved, 'upstream'), ['upstream bench_echo_servers {', 'upstream app {']);
    assert.deepEqual(lines(moved, 'server').slice(0, 2), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002 max_fails=0;',
    ]);
    const last = move(`http { upstream app { server a; } server {
      location /api { proxy_pass http://api.example.com; } ${WEBSOCKET} } }`);
    assert.deepEqual(lines(last, 'upstream'), ['upstream bench_echo_servers {', 'upstream app {']);
    assert.deepEqual(passed('http://unix:/run/app.sock:/x'), ['http://bench_echo_sockets/x']);
    assert.deepEqual(passed('http://unix:/run/app.sock'), ['http://bench_echo_sockets']);
    assert.deepEqual(passed('http://app2'), ['http://bench_echo_servers']);
  });

  test('over TLS becomes plain HTTP if the echo servers use that, with a notice', () => {
    assert.deepEqual(passed('https://app/v1'), ['http://app/v1', 'sandbox-upstream-tls']);
    assert.deepEqual(passed('HTTPS://api.example.com'), [
      'http://bench_echo_servers',
      'sandbox-upstream-tls',
    ]);
    assert.deepEqual(passed('$scheme://app'), ['http://app', 'sandbox-upstream-tls']);
    const { notices } = move(`http { server { ${WEBSOCKET}\nlocation /x { proxy_pass https://a; } } }`);
    assert.equal(notices[0]?.level, 'warning');
    assert.deepEqual(changesOf(notices), [['upstream-tls', 'proxy_pass mine.conf:2']]);
  });

  test('to a variable goes to the echo servers, whatever its value', () => {
    const own = (target: string, uri: string) =>
      assert.deepEqual(
        passed(target),
        [`http://bench_echo_servers${uri}`, 'sandbox-variable-upstream'],
        target,
      );
    own('http://$host', '');
    own('http://$host:8080/v1/$1', '/v1/$1');
    own('http://$target$request_uri', '$request_uri');
    own('http://app$suffix/', '/');
    own('http://app.$host', '');
    own('http://unix:$socket', '');
    own('http://$request_uri', '$request_uri');
    own('$url', '');
    own(`\${url}/v1`, '/v1');
    // After a `rewrite`, $uri need not start with a slash, so it could extend the host name.
    own('http://$target$uri$is_args$args', '');
    assert.deepEqual(passed('http://app$uri'), ['http://app']);
  });

  test('is not affected by an upstream with the variable’s name', () => {
    assert.deepEqual(passed('http://$app', '$app'), [
      'http://bench_echo_servers',
      'sandbox-variable-upstream',
    ]);
    const stream = move(`http { server { ${WEBSOCKET} } }
      stream { upstream $app { server a:1; } server { listen 1; proxy_pass $app; } }`);
    assert.equal(lines(stream, 'proxy_pass').at(-1), 'proxy_pass bench_echo_servers;');
  });

  test('to an invalid URL is kept, so that Nginx reports it', () => {
    assert.deepEqual(passed('app'), ['app']);
    assert.deepEqual(passed('ftp://app'), ['ftp://app']);
  });
});

test('a user’s mistake is kept, so that Nginx reports it', () => {
  // The directive belongs in stream, not in http.
  const moved = moveServer('proxy_protocol on;');
  assert.deepEqual(lines(moved, 'proxy_protocol'), ['proxy_protocol on;']);
  // A missing semicolon: without its `listen`, a server would listen on every address.
  const cut = move(
    `http { server { listen 80 /x; ${WEBSOCKET} location /y { proxy_pass http://app gzip on; } } }`,
  );
  assert.deepEqual(
    lines(cut, 'listen').map((line) => line.split(' ')[2]),
    ['/x'],
  );
  assert.deepEqual(lines(cut, 'proxy_pass').at(-1)?.split(' ').slice(2), ['gzip', 'on;']);
});

test('stream uses plain TCP to the echo servers', () => {
  const moved = move(`http { server { ${WEBSOCKET} } } stream {
    upstream app { server a:1; }
    proxy_ssl on; proxy_ssl_verify off;
    proxy_protocol on;
    server { listen 1; proxy_ssl off; proxy_pass app; } }`);
  assert.deepEqual([lines(moved, 'proxy_ssl'), lines(moved, 'proxy_ssl_verify')], [[], []]);
  assert.deepEqual(lines(moved, 'proxy_protocol'), []);
  assert.deepEqual(changesOf(moved.notices), [
    ['upstream-tls', 'proxy_ssl mine.conf:3'],
    ['proxy-protocol', 'proxy_protocol mine.conf:4'],
  ]);
});

describe('echo servers that use TLS', () => {
  const upstreams = SPEC.upstreams.map((each) => ({ ...each, certPath: '/run/upstream.pem' }));
  const secured = (server: string, http = '') =>
    move(`http { ${http} upstream app { server a; } server {\n${OVER_TLS}\n${server} } }`, { upstreams });
  const OVER_TLS = WEBSOCKET.replace('http://', 'https://');

  test('are reached over TLS, whatever was written', () => {
    const moved = secured(
      `location /x { proxy_pass https://app/v1; }
       location /y { proxy_pass https://b.example.com; }
       location /z { proxy_pass http://app; }`,
    );
    assert.deepEqual(lines(moved, 'proxy_pass'), [
      'proxy_pass https://app;',
      'proxy_pass https://app/v1;',
      'proxy_pass https://bench_echo_servers;',
      'proxy_pass https://app;',
    ]);
    assert.equal(moved.notices[0]?.level, 'info');
    assert.deepEqual(changesOf(moved.notices), [['upstream-tls-added', 'proxy_pass mine.conf:5']]);
  });

  test('are verified with their own certificate and name, whether or not one was configured', () => {
    const trust = 'proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ca.pem;';
    const names = (moved: ReturnType<typeof secured>) => lines(moved, 'proxy_ssl_name');
    const moved = secured(trust);
    assert.deepEqual(moved.notices, []);
    assert.deepEqual(lines(moved, 'proxy_ssl_verify'), ['proxy_ssl_verify on;']);
    assert.deepEqual(lines(moved, 'proxy_ssl_trusted_certificate'), [
      'proxy_ssl_trusted_certificate /run/upstream.pem;',
    ]);
    assert.deepEqual(names(moved), ['proxy_ssl_name localhost;']);
    assert.deepEqual(names(secured(trust, 'proxy_ssl_name app.example.com;')), ['proxy_ssl_name localhost;']);
    assert.deepEqual(names(secured(`proxy_ssl_name app.example.com; ${trust}`)), [
      'proxy_ssl_name localhost;',
      'proxy_ssl_name localhost;',
    ]);
    assert.deepEqual(names(secured('proxy_ssl_verify off;')), []);
  });

  test('keep settings that affect handshake cost; those that need files or would fail are removed with a notice', () => {
    const kept = [
      'proxy_ssl_protocols TLSv1.3;',
      'proxy_ssl_ciphers HIGH:!aNULL:!MD5;',
      'proxy_ssl_session_reuse off;',
      'proxy_ssl_server_name on;',
      'proxy_ssl_verify_depth 2;',
      'proxy_ssl_conf_command Options -SessionTicket;',
    ];
    const left = [
      'proxy_ssl_certificate /etc/me.pem;',
      'proxy_ssl_certificate_key /etc/me.key;',
      'proxy_ssl_password_file /etc/word;',
      'proxy_ssl_crl /etc/crl.pem;',
      'proxy_ssl_key_log /var/log/keys;',
      'location /o { proxy_ssl_protocols TLSv1 TLSv1.1; proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA; }',
    ];
    const moved = secured([...kept, ...left].join('\n'));
    const names = [...kept, ...left]
      .map((line) => line.split(' ')[0] ?? '')
      .filter((name) => name !== 'location');
    assert.deepEqual(
      names.flatMap((name) => lines(moved, name)),
      kept,
    );
    assert.ok(moved.notices.every(({ level }) => level === 'info'));
    assert.deepEqual(changesOf(moved.notices), [
      [
        'upstream-certificate',
        'proxy_ssl_certificate mine.conf:9',
        'proxy_ssl_certificate_key mine.conf:10',
        'proxy_ssl_password_file mine.conf:11',
        'proxy_ssl_crl mine.conf:12',
        'proxy_ssl_key_log mine.conf:13',
      ],
      ['upstream-handshake', 'proxy_ssl_protocols mine.conf:14', 'proxy_ssl_ciphers mine.conf:14'],
    ]);
  });

  test('are reached over TLS from stream as well', () => {
    const moved = move(
      'stream { proxy_ssl on; proxy_ssl_verify on; server { listen 1; proxy_pass b.example.com:1; } }',
      { upstreams },
    );
    assert.deepEqual(moved.notices, []);
    assert.deepEqual(
      ['proxy_ssl', 'proxy_ssl_name', 'proxy_pass'].flatMap((name) => lines(moved, name)),
      ['proxy_ssl on;', 'proxy_ssl_name localhost;', 'proxy_pass bench_echo_servers;'],
    );
  });
});
