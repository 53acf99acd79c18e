import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { notice } from '../wording/finding.ts';
import { noteGuards, withoutGuards } from './guards.ts';
import { handshakeNotices, likelyLine } from './handshake-notice.ts';
import type { OnChange } from './notices.ts';
import { closeOff } from './outside.ts';
import { overlay } from './overlay.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { traceLocations } from './trace.ts';
import { directives, type Node } from './tree.ts';

const shown = (tree: readonly Node[]) => print(tree).text.replace(/\s+/g, ' ').trim();

/** What a function makes of a configuration, and the changes that it reports. */
function changed(act: (tree: Node[], onChange: OnChange) => readonly Node[], text: string): string[] {
  const noted: string[] = [];
  const tree = act(parse(text, 'a.conf'), (change, { name, origin }) =>
    noted.push(`${change} ${name}:${origin?.line}`),
  );
  return [shown(tree), ...noted];
}

describe('what would connect to other hosts', () => {
  const closed = (text: string, nameServer: string | null = null, servers = [{ host: 'h', port: 1 }]) =>
    changed((tree, onChange) => closeOff(tree, servers, onChange, nameServer), text);

  test('is removed at any depth, once with the block around it', () => {
    assert.deepEqual(
      closed(
        '# c\nuser a; http {\nresolver 1.1.1.1; set_real_ip_from a; server {\nssl_stapling on; ssl_staplingx on; location / { api on; otel_x { otel_y a; resolver b; } } } }',
      ),
      [
        '# c user a; http { server { ssl_staplingx on; location / { } } }',
        'name-server resolver:3',
        'client-address set_real_ip_from:3',
        'ocsp ssl_stapling:4',
        'other-hosts api:4',
        'other-hosts otel_x:4',
      ],
    );
    assert.deepEqual(
      closed('events { debug_connection a; } mail { server { resolver x; } } stream { zone_sync; state x; }'),
      [
        'events { } stream { }',
        'other-blocks mail:1',
        'name-server debug_connection:1',
        'other-hosts zone_sync:1',
        'other-hosts state:1',
      ],
    );
    assert.deepEqual(closed('http { resolver a b valid=1s ipv6=off; }', '127.0.0.1:53'), [
      'http { resolver 127.0.0.1:53 valid=1s ipv6=off; }',
    ]);
    assert.deepEqual(
      closed(
        'http { location / { grpc_pass a; uwsgi_pass b; proxy_pass c; proxy_bind off; grpc_bind 127.0.0.2; scgi_bind 10.0.0.1; proxy_bind; } }',
      ),
      [
        'http { location / { return 502; return 502; proxy_pass c; proxy_bind off; grpc_bind 127.0.0.2; } }',
        'no-backend grpc_pass:1',
        'no-backend uwsgi_pass:1',
        'source-address scgi_bind:1',
        'source-address proxy_bind:1',
      ],
    );
  });

  test('is reported to the run’s own server instead of a vendor’s', () => {
    assert.deepEqual(
      closed(
        'mgmt { # c\nproxy a; proxy_username b; resolver c; uuid d; usage_report endpoint=x interval=1h; }',
      ),
      ['mgmt { # c uuid d; usage_report endpoint=h:1; }', 'other-hosts mgmt:1'],
    );
    assert.deepEqual(closed('mgmt { uuid d; }', null, []), ['', 'other-blocks mgmt:1']);
  });
});

describe('a tuning', () => {
  const tuned = (text: string, tuning: string) => {
    try {
      return shown(overlay(parse(text, 'a.conf'), parse(tuning, 'tuning')));
    } catch (error) {
      return String(error);
    }
  };

  test('replaces directives in the place of the first, and adds others before the blocks', () => {
    assert.deepEqual(
      tuned('a 1; b 2; a 3; # c\nhttp { } c 4;', 'a 5; a 6; d 7;'),
      'a 5; a 6; b 2; # c http { } c 4; d 7;',
    );
    assert.deepEqual(tuned('http { }', 'a 1;'), 'a 1; http { }');
    assert.deepEqual(
      tuned(
        'http { add_header A 1; add_header b 2; set $a 1; }',
        'http { add_header a 3; add_header C 4; set $b 2; }',
      ),
      'http { add_header a 3; add_header b 2; set $a 1; add_header C 4; set $b 2; }',
    );
    assert.deepEqual(tuned('env A; env B=1; env;', 'env A=2; env;'), 'env A; env B=1; env; env A=2;');
  });

  test('applies to the blocks with its name and arguments, and adds some', () => {
    assert.deepEqual(
      tuned(
        'http { upstream A { x 1; } upstream b { x 1; } server { location /a { x 1; } location /b { x 1; } x { y; } } }',
        'http { upstream a { x 2; } server { location /b { x 3; } } }',
      ),
      'http { upstream A { x 2; } upstream b { x 1; } server { location /a { x 1; } location /b { x 3; } x { y; } } }',
    );
    assert.deepEqual(
      tuned(
        'http { server { } server { } }',
        'http { map $a $b { c d; } server { z 1; } geo $x { } } events { y 1; }',
      ),
      'http { server { z 1; } server { z 1; } map $a $b { c d; } geo $x { } } events { y 1; }',
    );
    assert.deepEqual(
      tuned('http { server { } }', 'http { server { location / { a; } } }'),
      'Problem: The tuning\'s block "location /" at tuning:1 matches no block of the configuration, so it would change nothing. Name an existing block.',
    );
    assert.deepEqual(
      tuned('http { }', 'http { upstream a { server { } } location; }'),
      'http { location; upstream a { server { } } }',
    );
    assert.deepEqual(
      tuned('http;', 'http { }'),
      'Problem: The tuning\'s block "http" at tuning:1 matches no block of the configuration, so it would change nothing. Name an existing block.',
    );
  });

  test('adds parameters to every listen, in place of those with the same name', () => {
    assert.deepEqual(
      tuned(
        'server { listen 80 backlog=1 ssl; listen 81; listen { } }',
        'server { listen reuseport backlog=2; }',
      ),
      'server { listen 80 ssl reuseport backlog=2; listen 81 reuseport backlog=2; listen { } }',
    );
    assert.deepEqual(
      tuned('server { listen 80; listen 81; }', 'server { listen 82 reuseport; }'),
      'server { listen 82 reuseport; }',
    );
    assert.deepEqual(
      tuned(
        'server { listen 80; }',
        'server { listen; listen backlog=x; listen so_keepalive=on; listen default_server; }',
      ),
      'server { listen backlog=x so_keepalive=on default_server; }',
    );
  });
});

test('access rules are removed or noted, unless they admit everybody', () => {
  const text =
    'allow all; deny all;\nallow 10.0.0.1; auth_basic off; auth_basic x; auth_jwt_key_file y; auth_jwt off; limit_conn z 1; limit_conn_zone a; ssl_verify_client off; satisfy any; auth_request; # deny';
  assert.deepEqual(changed(withoutGuards, text), [
    'allow all; auth_basic off; auth_jwt off; limit_conn_zone a; ssl_verify_client off; satisfy any; # deny',
    'guards deny:1',
    'guards allow:2',
    'guards auth_basic:2',
    'guards auth_jwt_key_file:2',
    'guards limit_conn:2',
    'guards auth_request:2',
  ]);
  assert.deepEqual(changed(noteGuards, text), [
    'allow all; deny all; allow 10.0.0.1; auth_basic off; auth_basic x; auth_jwt_key_file y; auth_jwt off; limit_conn z 1; limit_conn_zone a; ssl_verify_client off; satisfy any; auth_request; # deny',
    'kept-guards deny:1',
    'kept-guards allow:2',
    'kept-guards auth_basic:2',
    'kept-guards auth_jwt_key_file:2',
    'kept-guards limit_conn:2',
    'kept-guards auth_request:2',
  ]);
});

test('headers that name worker and upstream are added to every proxied level, with what it inherits', () => {
  const traced = (text: string) =>
    shown(traceLocations(parse(text, 'a'))).replaceAll(
      'add_header X-Bench-Worker $pid always; add_header X-Bench-Upstream $upstream_addr always;',
      'TRACE;',
    );
  assert.deepEqual(
    [
      'http { add_header A 1; server { # c\nlocation / { proxy_pass x; if ($a) { add_header B 2; } if ($b) { return 1; } location /in { add_header C 3; proxy_pass y; } } location /s { if ($c) { add_header D 4; } } } upstream u { proxy_pass z; } }',
      'http { server { proxy_pass a; limit_except GET { proxy_pass b; } } } stream { server { proxy_pass c; } } http;',
    ].map(traced),
    [
      'http { add_header A 1; server { # c location / { proxy_pass x; if ($a) { add_header B 2; TRACE; } if ($b) { return 1; } location /in { add_header C 3; proxy_pass y; TRACE; } add_header A 1; TRACE; } location /s { if ($c) { add_header D 4; } } } upstream u { proxy_pass z; } }',
      'http { server { proxy_pass a; limit_except GET { proxy_pass b; } TRACE; } } stream { server { proxy_pass c; } } http;',
    ],
  );
});

describe('failed handshakes', () => {
  const levels = (text: string) => {
    const [server = assert.fail()] = directives(parse(text, '/x/a.conf'));
    return [server, ...directives(server.block, 'location')];
  };

  test('have a likely line for each kind', () => {
    const all = levels(
      'server {\nallow a;\ndeny all; proxy_hide_header X;\nproxy_hide_header CONNECTION;\nlocation /\n{ proxy_set_header A b;\nproxy_set_header UPGRADE c;\nproxy_pass d; } }',
    );
    const kinds = [
      'status-500',
      'status-599',
      'status-400',
      'status-426',
      'status-403',
      'status-404',
      'status-4260',
      'timeout',
    ];
    assert.deepEqual(
      [kinds.map(likelyLine(all)), kinds.map(likelyLine(all, true))],
      [
        ['a.conf:8', 'a.conf:8', 'a.conf:7', 'a.conf:7', 'a.conf:5', 'a.conf:5', 'a.conf:5', 'a.conf:4'],
        ['a.conf:8', 'a.conf:8', 'a.conf:7', 'a.conf:7', 'a.conf:3', 'a.conf:5', 'a.conf:5', 'a.conf:4'],
      ],
    );
    assert.equal(likelyLine([])('status-500'), null);
    const added = levels('server { location / { } }').map((each) => ({ ...each, origin: null }));
    assert.equal(likelyLine(added)('status-500'), null);
    assert.equal(
      likelyLine(levels('server { deny a; location / {\nallow b; } }'), true)('status-403'),
      'a.conf:1',
    );
  });

  test('are reported if they are the most frequent failure', () => {
    const line = (kind: string) => `line of ${kind}`;
    const of = (...failures: Record<string, number>[]) =>
      handshakeNotices(
        failures.map((each) => ({ failures: each })),
        line,
      );
    const found = (kind: string, count: number) => [
      notice('warning', 'handshakes-failed', { count, kind, line: `line of ${kind}` }),
    ];
    assert.deepEqual(
      of({ 'upgrade/status-426': 2, 'tcp/reset': 2, 'upgrade/timeout': 1 }, { 'upgrade/timeout': 2 }),
      found('timeout', 3),
    );
    assert.deepEqual(of({ 'upgrade/status-426': 2, 'tcp/reset': 3 }), []);
    assert.deepEqual(of({ 'tcp/reset': 1 }, { 'upgrade/status-426': 2 }), found('status-426', 2));
    assert.deepEqual(of({}), []);
  });
});
