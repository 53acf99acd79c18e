import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { parse } from './parse.ts';
import { SPEC } from './sandbox.test.fixture.ts';
import { refuseOtherTargets } from './targets.ts';

const UPSTREAM = 'upstream app { server 127.0.0.1:7001; }';
const http = (text: string, upstream = UPSTREAM) =>
  `http { ${upstream} server { listen 127.0.0.1:9001; location / {\n${text}\n} } }`;
const stream = (text: string, upstream = UPSTREAM) =>
  `stream { ${upstream} server { listen 127.0.0.1:9001;\n${text}\n} }`;
const judged = (text: string) =>
  refuseOtherTargets(parse(text, 'a.conf'), {
    ...SPEC,
    upstreams: [{ host: '127.0.0.1', port: 7001, socket: '/run/echo.sock' }],
    nameServer: '127.0.0.2:53',
  });

describe('the moved configuration', () => {
  test('contains only the benchmark’s own servers and ports', () => {
    for (const text of [
      http('proxy_pass http://app;'),
      http('proxy_pass https://APP/v1/;'),
      http('proxy_pass http://app$request_uri;'),
      http('proxy_pass http://$b_1/x;', `${UPSTREAM} map $a $b_1 { volatile; default app; x app; }`),
      http('proxy_pass http://$b_1/x;', `${UPSTREAM} map $a $b_1 { default app; "" ""; }`),
      http('proxy_pass http://$b_1;', `${UPSTREAM} map $a $b_1 { default ""; x app; }`),
      http('proxy_pass http://app;', 'upstream app { server 127.0.0.1:9001; }'),
      http('proxy_bind 127.0.0.2; access_log off; return 301 https://10.0.0.1:80/;'),
      http('proxy_pass http://app;', 'upstream app { server unix:/run/echo.sock weight=2; }'),
      http(
        'resolver 127.0.0.2:53 valid=1s ipv6=off; proxy_pass http://app;',
        'upstream app { zone app 64k; server backend.test:7001 resolve max_fails=0; }',
      ),
      http('proxy_pass app;'), // no URL: Nginx refuses it
      stream('proxy_pass app;'),
      stream('proxy_pass $b_1;', `${UPSTREAM} map $a $b_1 { default app; }`),
      'mgmt { usage_report endpoint=127.0.0.1:7001 interval=1h; }',
      'worker_processes 1; events { worker_connections 64; }',
    ]) {
      assert.doesNotThrow(() => judged(text), text);
    }
  });

  test('is rejected otherwise, with file and line', () => {
    const map = (entries: string, others = '') => `${UPSTREAM} map $a $b_1 { ${entries} } ${others}`;
    const passed = 'proxy_pass http://$b_1;';
    for (const text of [
      http('proxy_pass http://127.0.0.9;', 'upstream 127.0.0.9 { server 127.0.0.1:7001; }'),
      http('proxy_pass http://app:80;'),
      http('proxy_pass http://other;'),
      http('proxy_pass HTTP://UNIX:/x.sock:;'),
      http('proxy_pass http://unix$args;', 'upstream unix { server 127.0.0.1:7001; }'),
      http('proxy_pass $a;'),
      http('proxy_pass http://$a;'),
      http(passed, map('default app; x 127.0.0.9:1;')),
      http(passed, map('x app;')),
      // No text after an empty variable may become the host.
      http('proxy_pass http://$b_1$uri;', map('default app; "" "";')),
      http('proxy_pass http://$b_1?a;', map('default app; "" "";')),
      stream('proxy_pass $b_1;', `${UPSTREAM} map $a $b_1 { default app; "" ""; }`),
      http('proxy_pass http://app;', '\nupstream app { server 127.0.0.1:9999; }'),
      http(passed, map('default app; hostnames 127.0.0.9;')),
      http(passed, map('default app;', 'map $c $b_1 { default app; }')),
      http(passed, map('default app;', 'map $c $d { ~(?<B_1>.*) 1; }')),
      http(`${passed} set $B_1 x;`, map('default app;')),
      http('fastcgi_pass app;'),
      http('health_check;'),
      http('resolver 127.0.0.53;'),
      http('resolver 127.0.0.2:53 127.0.0.53;'),
      http('proxy_pass http://app;', '\nupstream app { server backend.test:9999 resolve; }'),
      http('proxy_pass http://app;', '\nupstream app { server app.example:7001 resolve; }'),
      http('access_log syslog:server=127.0.0.9:514;'),
      http('proxy_bind 10.0.0.1;'),
      http('js_content a.b;'),
      http('set_by_lua_file $a x.lua;'),
      http('include /etc/nginx/a.conf;'),
      http('types { include /etc/nginx/a.conf; }'),
      http('statsd_server collector;'),
      stream('proxy_pass 127.0.0.9:1;'),
      stream('proxy_pass app:1;', 'upstream app:1 { server 127.0.0.1:7001; }'),
      stream('pass 127.0.0.9:1;'),
      'http {\nserver { return 204; } }',
    ]) {
      assert.throws(
        () => judged(text),
        (error) => {
          assert.ok(error instanceof Problem && error.kind === 'configuration', text);
          assert.match(
            error.message,
            /^"\w+" at a\.conf:2 .*Remove this directive from the configuration/,
            text,
          );
          return true;
        },
      );
    }
    for (const text of [
      'http { upstream a { server 127.0.0.1:7002; } }',
      'http { upstream a { server 127.0.0.1:7001 resolve; } }',
      'http { upstream a { server 127.0.0.1:7001 service=http; } }',
      'http { server 127.0.0.1:7001; }',
      'http { server { listen 80; } }',
      'stream { server { listen 127.0.0.1:9999; } }',
      'error_log syslog:server=127.0.0.9;',
      'mail { auth_http 127.0.0.9; }',
      'events { debug_connection localhost; }',
      'mgmt { usage_report endpoint=127.0.0.9; }',
      'mgmt { usage_report interval=1h; }',
      'mgmt { license_token a.jwt; }',
      // Blocks of other modules, even if everything inside them belongs to the bench.
      'mail { server { listen 127.0.0.1:9001; } }',
      'rtmp { server { listen 127.0.0.1:9001; } }',
    ]) {
      assert.throws(() => judged(text), Problem, text);
    }
  });
});
