import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { lines, move, WEBSOCKET } from './sandbox.test.fixture.ts';
import { directives } from './tree.ts';
import { isOwnValue, valuesOf } from './variable.ts';

const values = (text: string) => valuesOf(parse(text, 'a.conf'), 'to');

test('the values of a variable are known if all of them are literal', () => {
  assert.deepEqual(values('map $a $to { default x; ~b y; volatile; }'), ['x', 'y']);
  assert.deepEqual(values('map $a $to { hostnames; default x; volatile y; }'), ['x', 'y']);
  assert.deepEqual(values('split_clients $a $to { 10% x; * y; }'), ['x', 'y']);
  assert.deepEqual(values('map $a $to { default $b; c z; } split_clients $a $b { 10% x; * y; }'), [
    'x',
    'y',
    'z',
  ]);
  assert.deepEqual(values('server { set $to x; location / { set $to y; } }'), ['x', 'y']);
  // Nginx ignores the case of a name, wherever it is written.
  assert.deepEqual(values('set $To x; split_clients $a $TO { * y; }'), ['x', 'y']);
  assert.deepEqual(valuesOf(parse('map $a $to { default $B; } set $b x;', 'a.conf'), 'TO'), ['x']);
  assert.equal(valuesOf(parse('set $http_a x;', 'a.conf'), 'HTTP_A'), null);
});

test('the values are unknown if one may be anything', () => {
  for (const text of [
    'map $a $to { b x; }',
    'map $a $to { default x; b $host; }',
    'split_clients $a $to { 10% x; }',
    'set $to $arg_to;',
    'set $to x; location ~ ^/(?<to>.*)$ { }',
    'set $to x; map $a $b { default 0; ~^(?<to>.*)$ 1; }',
    "set $to x; if ($a ~ (?'to'.*)) { }",
    'set $to x; server_name ~^(?P<TO>.*)$;',
    'set $to x; set $TO $arg_to;',
    'set $to $1; set $1 x;',
    'set $to $http_a; set $http_a x;',
    'set $to x; auth_request_set $to $upstream_http_x;',
    'set $other x;',
    'set $to $b; set $b $to;',
  ]) {
    assert.equal(values(text), null, text);
  }
});

test('whether a variable is empty is known if it depends only on the path and the headers of every handshake', () => {
  const isKnown = (source: string) => isOwnValue(parse(`map ${source} $to { a x; }`, 'a.conf'), 'to', []);
  for (const source of ['$uri', '$host', '$http_host', '$http_upgrade']) assert.ok(isKnown(source), source);
  for (const source of ['$http_x_pool', '$cookie_pool', '$arg_pool', '$http_upgrade_pool'])
    assert.ok(!isKnown(source), source);
});

test('proxy_pass to a variable keeps its choice only if all its values are upstreams', () => {
  const moved = (map: string) =>
    move(`http { ${map} upstream x { server a:1; } upstream y { server b:1; }
      server { ${WEBSOCKET.replace('http://app', 'https://$to/ws')} } }`);
  const kept = moved('map $a $to { default x; b Y; }');
  assert.deepEqual(lines(kept, 'proxy_pass'), ['proxy_pass http://$bench_upstream_1/ws;']);
  assert.ok(
    print(kept.tree)
      .text.replace(/\s+/g, ' ')
      .includes('map $to $bench_upstream_1 { volatile; default bench_echo_servers; x x; y y; }'),
  );
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

test('the benchmark’s variable has a unique name, and its map has literal keys', () => {
  const { tree } = move(`http { upstream default { server a; } upstream ~x { server a; }
    map $a $to { default default; b ~x; } map $a $c { default 0; ~(?<BENCH_upstream_1>.*) 1; }
    server { ${WEBSOCKET.replace('http://app', 'http://$to')} } }`);
  const text = print(tree).text.replace(/\s+/g, ' ');
  assert.ok(text.includes('proxy_pass http://$bench_upstream_2;'), text);
  assert.ok(text.includes('default bench_echo_servers; \\default default; \\~x ~x; }'), text);
});

test('a name that is too long for a map goes to the echo servers', () => {
  const name = 'a'.repeat(47);
  const moved = move(`http { upstream ${name} { server a; } map $a $to { default ${name}; }
    server { ${WEBSOCKET.replace('http://app', 'http://$to')} } }`);
  assert.deepEqual(lines(moved, 'proxy_pass'), ['proxy_pass http://bench_echo_servers;']);
});

test('whether the configuration decides that a variable is empty', () => {
  const isOwn = (text: string, name = 'to', ...parents: string[]) =>
    isOwnValue(
      parse(text, 'a.conf'),
      name,
      parents.flatMap((each) => directives(parse(each, 'a.conf'))),
    );
  const known = [
    'set $to x;',
    'set $TO $host;',
    'map $host $To { a x; }',
    'map $host $to { default; a x; }',
    'map $host $to { default x; a ""; }',
    'set $to x; map $host $other { default $arg_a; }',
    'set $to x; js_set $other x; geo $other { default 1; }',
    'set $to x; add_header $to $to;',
    'set $to $http_host$http_upgrade$http_connection;',
  ];
  for (const text of known) assert.equal(isOwn(text), true, text);
  const unknown = [
    '',
    'set $other x;',
    'map $host $to { default x; a y; }',
    'map $a $b { a $to; }',
    'set $to $arg_a;',
    `set $to \${cookie_a}x;`,
    'set $to $args;',
    `set $to \${query_string};`,
    'set $to $remote_user;',
    'set $to x; set $to $upstream_status;',
    'set $to $ssl_client_s_dn; set $to x;',
    'map $jwt_claim_a $to { a x; }',
    'map $proxy_protocol_addr $to { a x; }',
    'map $geoip2_x $to { a x; }',
    'map $role $to { a x; } auth_request_set $ROLE $upstream_http_role;',
    'set $to x; auth_request_set $to $b;',
    'set $to x; geo $to { default 1; }',
    'set $to x; geo $remote_addr $to { default 1; }',
    'set $to x; js_set $to main.to;',
    'set $to x; perl_set $to x;',
    'set $to x; split_clients $a $to { * x; }',
    'set $to x; more_set_input_headers $to;',
    'set $to x; location ~ ^/(?<TO>.*)$ { }',
    "set $to x; if ($host ~ (?'to'.*)) { }",
  ];
  for (const text of unknown) assert.equal(isOwn(text), false, text);
  assert.equal(isOwn('map $role $to { a x; } auth_request_set $other $upstream_http_role;'), true);
  assert.deepEqual(
    ['1', '9', '0', '10', 'arg_a', 'ARGS', 'limit_rate', 'args_x'].map((name) =>
      isOwn('set $0 x; set $10 x; set $arg_a x; set $args x; set $limit_rate x; set $args_x x;', name),
    ),
    [true, true, false, false, false, false, false, true],
  );
  assert.deepEqual(
    ['server { server_name a ~b; }', 'server { server_name a; }', 'location /x { server_name ~b; }'].map(
      (each) => isOwn('', '1', each),
    ),
    [false, true, true],
  );
});

test('the values of a variable, in awkward cases', () => {
  assert.deepEqual(values('set $to;'), null);
  assert.deepEqual(values('map $a $to { default; b x; }'), null);
  assert.deepEqual(values('map $a $to { volatile; default x; }'), ['x']);
  assert.deepEqual(values('map $a $to { default ""; }'), ['']);
  assert.deepEqual(values('set $to x; geo $to { default 1; }'), null);
  assert.deepEqual(values('set $to x; geo $a $to { default 1; }'), null);
  assert.deepEqual(values('set $to x; geo $a $b { default 1; }'), ['x']);
  assert.deepEqual(values('map $to $b { default x; } set $to y;'), ['y']);
  assert.deepEqual(values(`set $to \${b}; set $b x;`), ['x']);
  assert.deepEqual(values('set $to $b$b; set $b x;'), null);
  assert.deepEqual(values('set $to x; types { default $to; }'), ['x']);
  assert.deepEqual(values('set $to x; map $a $b { ~(?<other>x) 1; }'), ['x']);
});
