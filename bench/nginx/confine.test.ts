import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { print } from './print.ts';
import { changesOf, lines, move, moveServer, WEBSOCKET } from './sandbox.test.fixture.ts';

describe('confinement of writes to the folder', () => {
  const source = `
user nginx;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log debug;
working_directory /tmp/cores;
load_module modules/ngx_http_perl_module.so;
mail { server { listen 25; } }
http {
  error_log /var/log/a.log;
  log_format f "$request";
  access_log /var/log/b.log f buffer=4k;
  proxy_cache_path /var/cache/a keys_zone=a:1m;
  fastcgi_cache_path /var/cache/b keys_zone=b:1m;
  proxy_temp_path /var/tmp/p;
  server {
    listen 80;
    ssl_stapling on;
    ssl_certificate /etc/rsa.crt; ssl_certificate_key /etc/rsa.key;
    ssl_certificate /etc/ec.crt; ssl_certificate_key /etc/ec.key;
    access_log off;
    error_log /var/log/c.log;
    ${WEBSOCKET}
    location /store { proxy_pass http://app; proxy_store on; access_log /var/log/d.log; client_body_temp_path /x; }
  }
}`;

  test('a file test is rewritten to a file in the folder, and a word that only resembles one stays', () => {
    const tests = ['(-f $host)', '(!-d $uri$arg_a)', '($a = -file)', '($a = -exact)'];
    const moved = moveServer(tests.map((each) => `if ${each} { return 204; }`).join(' '));
    const kept = lines(moved, 'if').map((line) => line.replace(/\/run\/bench\/[^ )]*/, 'WITHIN'));
    assert.deepEqual(kept, [
      'if (-f WITHIN) {',
      'if (!-d WITHIN) {',
      'if ($a = -file) {',
      'if ($a = -exact) {',
    ]);
  });

  test('directives that the run sets itself are removed without a notice', () => {
    const moved = move(`lock_file /var/lock/nginx; error_log /var/log/nginx.log;
      http { server { ssl_password_file /etc/words; ${WEBSOCKET} } }`);
    assert.deepEqual(
      ['lock_file', 'ssl_password_file'].flatMap((name) => lines(moved, name)),
      [],
    );
    assert.deepEqual(changesOf(moved.notices), []);
  });

  test('writes stay in the folder, whatever the configuration names', () => {
    const moved = move(source, { modulesPath: '/opt/modules' });
    const text = print(moved.tree).text;
    assert.doesNotMatch(text, /\/(var|etc|tmp|x\b|run\/nginx)/);
    assert.deepEqual(lines(moved, 'error_log'), ['error_log /run/bench/error.log warn;']);
    assert.deepEqual(lines(moved, 'pid'), ['pid /run/bench/nginx.pid;']);
    assert.deepEqual(lines(moved, 'access_log'), [
      'access_log /run/bench/access.log f buffer=4k;',
      'access_log off;',
      'access_log /run/bench/access-2.log;',
    ]);
    assert.deepEqual(lines(moved, 'proxy_cache_path'), [
      'proxy_cache_path /run/bench/cache-1 keys_zone=a:1m;',
    ]);
    assert.deepEqual(lines(moved, 'fastcgi_cache_path'), [
      'fastcgi_cache_path /run/bench/cache-2 keys_zone=b:1m;',
    ]);
    assert.deepEqual(lines(moved, 'proxy_temp_path'), ['proxy_temp_path /run/bench/proxy_temp;']);
    assert.deepEqual(lines(moved, 'client_body_temp_path'), [
      'client_body_temp_path /run/bench/client_body_temp;',
    ]);
    assert.deepEqual(lines(moved, 'ssl_certificate'), ['ssl_certificate /run/bench/certificate.pem;']);
    assert.deepEqual(lines(moved, 'ssl_certificate_key'), ['ssl_certificate_key /run/bench/key.pem;']);
    assert.deepEqual(lines(moved, 'load_module'), ['load_module /opt/modules/ngx_http_perl_module.so;']);
    for (const name of ['mail', 'user', 'working_directory', 'ssl_stapling', 'proxy_store']) {
      assert.deepEqual(lines(moved, name), [], name);
    }
    assert.deepEqual(changesOf(moved.notices), [
      ['ocsp', 'ssl_stapling mine.conf:17'],
      ['other-blocks', 'mail mine.conf:7'],
      ['files', 'working_directory mine.conf:5', 'proxy_store mine.conf:23'],
      ['certificates', 'ssl_certificate mine.conf:19', 'ssl_certificate_key mine.conf:19'],
    ]);
  });

  test('each access log gets a separate file, because Nginx requires one buffer size per file', () => {
    const moved =
      moveServer(`access_log /a combined buffer=4k; location /a { access_log /b combined buffer=8k; }
      location /b { access_log /a combined buffer=4k; access_log off; }`);
    assert.deepEqual(lines(moved, 'access_log'), [
      'access_log /run/bench/access.log;',
      'access_log /run/bench/access.log combined buffer=4k;',
      'access_log /run/bench/access-2.log combined buffer=8k;',
      'access_log /run/bench/access.log combined buffer=4k;',
      'access_log off;',
    ]);
  });

  test('directives that would write elsewhere are removed', () => {
    for (const [context, text] of [
      ['main', 'google_perftools_profiles /tmp/profile;'],
      ['main', 'worker_rlimit_core 1g;'],
      ['main', 'debug_points stop;'],
      ['server', 'ssl_key_log /tmp/keys;'],
      ['server', 'fastcgi_store /srv/$uri;'],
      ['server', 'scgi_store on;'],
      ['server', 'uwsgi_store on;'],
      ['http', 'session_log_zone /var/log/s zone=a:1m;'],
    ] as const) {
      const moved = move(
        `${context === 'main' ? text : ''} http { ${context === 'http' ? text : ''} server {
          ${context === 'server' ? text : ''} ${WEBSOCKET} } }`,
      );
      const name = text.split(' ')[0] ?? '';
      assert.deepEqual(lines(moved, name), [], text);
      assert.deepEqual(
        moved.notices.map(({ code }) => code),
        ['sandbox-files'],
        text,
      );
    }
    const moved = moveServer('proxy_store off;', {}, 'keyval_zone zone=a:1m state=/var/lib/a;');
    assert.deepEqual(lines(moved, 'proxy_store'), ['proxy_store off;']);
    assert.deepEqual(lines(moved, 'keyval_zone'), ['keyval_zone zone=a:1m;']);
    assert.deepEqual(
      moved.notices.map(({ code }) => code),
      ['sandbox-files'],
    );
  });

  test('a key-value zone in memory is not changed', () => {
    const moved = moveServer('', {}, 'keyval_zone zone=a:1m timeout=1h;');
    assert.deepEqual(lines(moved, 'keyval_zone'), ['keyval_zone zone=a:1m timeout=1h;']);
    assert.deepEqual(moved.notices, []);
  });

  test('entries of a map are data, whatever their names', () => {
    const map = 'map $host $a { access_log /var/log/a; error_log b; proxy_store on; }';
    const printed = print(moveServer('', {}, map).tree).text.replace(/\s+/g, ' ');
    assert.ok(printed.includes(map), printed);
  });

  test('default paths of built-in modules are set to the folder', () => {
    const moved = moveServer('', {
      buildArguments: '--without-http_uwsgi_module --without-http_scgi_module',
    });
    assert.deepEqual(lines(moved, 'access_log'), ['access_log /run/bench/access.log;']);
    assert.deepEqual(lines(moved, 'fastcgi_temp_path'), ['fastcgi_temp_path /run/bench/fastcgi_temp;']);
    assert.deepEqual(lines(moved, 'uwsgi_temp_path'), []);
    assert.deepEqual(lines(moved, 'scgi_temp_path'), []);
  });
});

describe('processes and limits', () => {
  test('are as planned', () => {
    const moved = move(
      `worker_processes auto; events { multi_accept on; worker_connections 10; } http { server { ${WEBSOCKET} } }`,
      { user: 'root root', workers: 3, cpuAffinity: [2, 0] },
    );
    const expected = {
      user: 'user root root;',
      daemon: 'daemon off;',
      master_process: 'master_process on;',
      worker_processes: 'worker_processes 3;',
      worker_rlimit_nofile: 'worker_rlimit_nofile 2048;',
      worker_cpu_affinity: 'worker_cpu_affinity 100 1 100;',
      worker_connections: 'worker_connections 512;',
      multi_accept: 'multi_accept on;',
    };
    for (const [name, line] of Object.entries(expected)) assert.deepEqual(lines(moved, name), [line], name);
  });

  test('reuseport is added once to each socket if workers should share evenly', () => {
    const text = `http { server { listen 80; listen 443 ssl reuseport; ${WEBSOCKET} } }`;
    assert.deepEqual(lines(move(text, { reuseport: true }), 'listen'), [
      'listen 127.0.0.1:9001 backlog=4096 reuseport;',
      'listen 127.0.0.1:9002 ssl backlog=4096 reuseport;',
    ]);
  });

  test('are set once, in the user’s own directive if there is one', () => {
    const source = `\npid a;\nworker_processes 1;\npid b;\nhttp { server { ${WEBSOCKET} } }`;
    const { text, origins } = print(move(source).tree);
    const printed = text.split('\n');
    assert.equal(printed.filter((line) => line.startsWith('pid ')).length, 1);
    const lineOf = (start: string) => origins[printed.findIndex((line) => line.startsWith(start))]?.line;
    assert.deepEqual(['pid ', 'worker_processes ', 'daemon '].map(lineOf), [2, 3, undefined]);
  });

  test('events are added if missing, after load_module, which must come first', () => {
    const moved = move(`load_module a.so; http { server { ${WEBSOCKET} } }`, { modulesPath: '/opt' });
    const names = moved.tree.flatMap((node) => (node.kind === 'directive' ? [node.name] : []));
    assert.deepEqual(names.slice(-3), ['load_module', 'events', 'http']);
  });
});
