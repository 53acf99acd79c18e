import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse.ts';
import { lines, move, WEBSOCKET } from './sandbox.test.fixture.ts';
import { valuesOf } from './variable.ts';

const values = (text: string) => valuesOf(parse(text, 'a.conf'), 'to');

test('the values of a variable are known where all of them are written out', () => {
  assert.deepEqual(values('map $a $to { default x; ~b y; volatile; }'), ['x', 'y']);
  assert.deepEqual(values('split_clients $a $to { 10% x; * y; }'), ['x', 'y']);
  assert.deepEqual(values('map $a $to { default $b; c z; } split_clients $a $b { 10% x; * y; }'), [
    'x',
    'y',
    'z',
  ]);
  assert.deepEqual(values('server { set $to x; location / { set $to y; } }'), ['x', 'y']);
});

test('and not where one may be anything', () => {
  for (const text of [
    'map $a $to { b x; }',
    'map $a $to { default x; b $host; }',
    'split_clients $a $to { 10% x; }',
    'set $to $arg_to;',
    'set $to x; location ~ ^/(?<to>.*)$ { }',
    'set $to x; auth_request_set $to $upstream_http_x;',
    'set $other x;',
    'set $to $b; set $b $to;',
  ]) {
    assert.equal(values(text), null, text);
  }
});

test('proxy_pass to a variable stays where all its values are upstreams', () => {
  const moved = (map: string) =>
    move(`http { ${map} upstream x { server a:1; } upstream y { server b:1; }
      server { ${WEBSOCKET.replace('http://app', 'https://$to/ws')} } }`);
  const kept = moved('map $a $to { default x; b Y; }');
  assert.deepEqual(lines(kept, 'proxy_pass'), ['proxy_pass http://$to/ws;']);
  assert.deepEqual(
    kept.notices.map(({ code }) => code),
    ['sandbox-upstream-tls'],
  );
  const redirected = moved('map $a $to { default x; b other.host; }');
  assert.deepEqual(lines(redirected, 'proxy_pass'), ['proxy_pass http://bench_echo_servers/ws;']);
  assert.deepEqual(
    redirected.notices.map(({ code }) => code),
    ['sandbox-upstream-tls', 'sandbox-variable-upstream'],
  );
});
