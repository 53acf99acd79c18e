import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { notice } from '../wording/finding.ts';
import { errorLogPath, readErrorLog } from './error-log.ts';
import { noteGuards, withoutGuards } from './guards.ts';
import { handshakeNotices, likelyLine } from './handshake-notice.ts';
import type { OnChange } from './notices.ts';
import { closeOff } from './outside.ts';
import { overlay } from './overlay.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { lineRedactor, redacted, shownArgument } from './redact.ts';
import { refuseOtherTargets } from './targets.ts';
import { traceLocations } from './trace.ts';
import { directives, type Node } from './tree.ts';
import { atLeast, parseVersion } from './version.ts';

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

describe('a shown configuration', () => {
  const of = (text: string) => redacted(parse(text, 'a')).replace(/\s+/g, ' ').trim();

  test('has stars in place of each secret, and nothing else', () => {
    assert.deepEqual(
      [
        'set $token abc; set $b "x $token"; add_header X "$b y" always;',
        'if ($http_x_api_key = "abc") { set $a b; }',
        'if ($cookie_a ~ abc) { }',
        'if ($host = abc) { }',
        'map $cookie_a $b { abc 1; default 2; include x; ~token=abc 3; hostnames; }',
        'map $a $token { b abc; default $x; volatile; }',
        'geo $token { default abc; }',
        'map $a $b { c "token: d"; }',
        'fastcgi_param AUTH abc if_not_empty; fastcgi_param X abc;',
        'auth_request_set $a $upstream_http_token; if ($a = abc) { }',
        'secure_link_secret "$a abc"; ssl_certificate_key "$file";',
        'set $a b; map $a $c { d e; } add_header Authorization $c;',
        'proxy_set_header Authorization "Basic"; proxy_set_header Cookie on;',
        'return 200 "token=$a key=b; password: $c";',
        'x "Bearer abcde"; x "Bearer abcdef";',
        'x http://a:80/@b http://a:b@c http://a@b;',
        'client_secret { a b; }',
        'set; map { } add_header;',
      ].map(of),
      [
        'set $token ***; set $b ***; add_header X "$b y" always;',
        'if ($http_x_api_key = "***" ) { set $a b; }',
        'if ($cookie_a ~ ***) { }',
        'if ($host = abc) { }',
        'map $cookie_a $b { *** 1; default 2; include x; *** 3; hostnames; }',
        'map $a $token { b ***; default $x; volatile; }',
        'geo $token { default ***; }',
        'map $a $b { c "token: ***"; }',
        'fastcgi_param AUTH *** if_not_empty; fastcgi_param X abc;',
        'auth_request_set $a $upstream_http_token; if ($a = ***) { }',
        'secure_link_secret ***; ssl_certificate_key "$file";',
        'set $a b; map $a $c { d ***; } add_header Authorization $c;',
        'proxy_set_header Authorization "Basic"; proxy_set_header Cookie on;',
        'return 200 "token=$a key=***; password: $c";',
        'x "Bearer abcde"; x "Bearer ***";',
        'x http://a:80/@b http://***@c http://***@b;',
        'client_secret { a b; }',
        'set; map { } add_header;',
      ],
    );
    assert.equal(
      redacted(parse('map $known $b { known known; } known a-known { }', 'a'), ['known'])
        .replace(/\s+/g, ' ')
        .trim(),
      'map $*** $b { *** ***; } known a-*** { }',
    );
  });

  test('shows a first argument only without a secret', () => {
    const [path, token, none, block] = directives(
      parse('root /a; root /a?token=b; root; x a { y; }', 'a'),
    ).map(shownArgument);
    assert.deepEqual([path, token, none, block], ['/a', null, null, 'a']);
  });

  test('is not quoted in a line with its secrets, the longest first', () => {
    const tree = parse('set $token "abcdef ghijkl"; set $key abcde; set $pwd abcdefgh;', 'a');
    const line = lineRedactor(tree, ['known-value']);
    assert.deepEqual(
      ['abcdefghi', 'ghijkl!', 'abcdef ghijkl', 'abcde', 'a known-value', 'GET /?token=x HTTP'].map(line),
      ['***i', '***!', '***', 'abcde', 'a ***', 'GET /?token=*** HTTP'],
    );
  });
});

test('a version is read from what nginx -V prints', () => {
  const parsed = (text: string) => {
    try {
      return Object.values(parseVersion(text));
    } catch (error) {
      return String(error);
    }
  };
  assert.deepEqual(
    [
      'nginx version: nginx/1.22.1',
      'x\nopenresty version: openresty/1.25.3.1 (a)\nbuilt with OpenSSL 3.0.1 a (running with OpenSSL 3.0.2 b)\nconfigure arguments: --a=b  --c \nTLS',
      'nginx version: nginx/1.2\nbuilt with AWS-LC 1.2\nconfigure arguments:',
      'nginx/1.2.3',
      ' nginx version: nginx/1.2.3',
      'nginx version: nginx/1',
    ].map(parsed),
    [
      ['1.22.1', null, ''],
      ['1.25.3.1', 'OpenSSL 3.0.2', '--a=b  --c'],
      ['1.2', 'AWS-LC 1.2', ''],
      'Problem: it does not answer -V as Nginx does.',
      'Problem: it does not answer -V as Nginx does.',
      'Problem: it does not answer -V as Nginx does.',
    ],
  );
  const pairs = [
    ['1.25.1', '1.25.1'],
    ['1.25.0', '1.25.1'],
    ['1.9.9', '1.10.0'],
    ['2.0', '1.99.9'],
    ['1.25', '1.25.0'],
    ['1.25', '1.25.1'],
    ['1.25.1.2', '1.25.1'],
  ] as const;
  assert.deepEqual(
    pairs.map(([version, wanted]) => atLeast(version, wanted)),
    [true, false, false, true, true, false, true],
  );
});

test('the error log is its last lines of level warn and above', () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readErrorLog(folder), []);
    assert.equal(errorLogPath('/a'), '/a/error.log');
    const line = (level: string, index: number) => `2026 [${level}] ${index}: x`;
    const levels = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'];
    await writeFile(errorLogPath(folder), `${levels.map(line).join('\n')}\nno level\n`);
    assert.deepEqual(
      await readErrorLog(folder),
      levels.slice(3).map((level, index) => line(level, index + 3)),
    );
    const many = Array.from({ length: 201 }, (_, index) => line('warn', index));
    await writeFile(join(folder, 'error.log'), many.join('\n'));
    assert.deepEqual(await readErrorLog(folder), many.slice(1));
    await writeFile(
      join(folder, 'error.log'),
      `${line('warn', 1)}\n${'x'.repeat(1_048_576 - 20)}\n${line('warn', 2)}`,
    );
    assert.deepEqual(await readErrorLog(folder), [line('warn', 2)]);
  }));

test('every target of the final configuration is one of the run’s own', () => {
  const own = {
    host: 'h',
    ports: [1, 2],
    upstreams: [
      { host: 'u', port: 3, socket: '/s' },
      { host: 'v', port: 4 },
    ],
    nameServer: 'n:53',
  };
  const isOwn = (text: string, changes: Partial<typeof own> = {}) => {
    try {
      refuseOtherTargets(parse(text, 'a'), { ...own, ...changes });
      return true;
    } catch {
      return false;
    }
  };
  const http = (text: string) => `http { upstream a { server u:3; } ${text} }`;
  const kept = [
    'http { server { listen h:1; listen h:2 ssl; } }',
    'http { upstream a { server u:3; server v:4 weight=1; server unix:/s; server h:2; server backend.test:3 resolve; } }',
    http('proxy_pass http://a; proxy_pass https://A/x; proxy_pass a:80; proxy_pass http://a?x;'),
    http('map $x $b_1 { default a; } proxy_pass http://$b_1;'),
    http('map $x $b_1 { default a; "" ""; volatile; } proxy_pass http://$b_1/x; proxy_pass http://$b_1;'),
    http('resolver n:53 valid=1s status_zone=x;'),
    http('proxy_bind off; access_log off; access_log /x; error_log /y; proxy_bind 127.0.0.9 transparent;'),
    http(
      'return 301 http://x; fastcgi_param A http://x; ssl_x 10.0.0.1; more_set_headers http://x; x 1.2.3.4.5; x /a://b; x a;',
    ),
    http('map $a $b { pass x; } types { a b; }'),
    'mgmt { usage_report x endpoint=v:4; }',
    'stream { upstream a { server u:3; } proxy_pass a; }',
    'user x; worker_processes 1;',
  ];
  for (const text of kept) assert.equal(isOwn(text), true, text);
  const rejected = [
    'http { server { listen h:3; } }',
    'http { server { listen x:1; } }',
    'http { server { } }',
    'http { server u:3; }',
    'http { upstream a { server u:4; } }',
    'http { upstream a { server u:3 resolve; } }',
    'http { upstream a { server u:3 service=x; } }',
    'http { upstream a { server backend.test:9 resolve; } }',
    'http { upstream a { server unix:undefined; server unix:/t; } }',
    http('proxy_pass http://b;'),
    http('proxy_pass http://$b_1;'),
    http('map $x $b_1 { default a; b c; } proxy_pass http://$b_1;'),
    http('map $x $b_1 { b a; } proxy_pass http://$b_1;'),
    http('map $x $b_1 { default; } proxy_pass http://$b_1;'),
    http('map $x $b_1 { default a; } set $B_1 x; proxy_pass http://$b_1;'),
    http('map $x $b_1 { default a; } map $y $z { b_1 c; } proxy_pass http://$b_1;'),
    http('map $x $b_1 { default a; "" ""; } proxy_pass http://$b_1?x;'),
    http('map $x $b-1 { default a; } proxy_pass http://$b-1;'),
    http('resolver n:53 m:53;'),
    http('resolver n:54;'),
    http('proxy_bind 10.0.0.1;'),
    http('access_log syslog:x;'),
    http('js_x a; '),
    http('perl_set a;'),
    http('a_by_lua b;'),
    http('ssl_stapling_x off;'),
    http('types { include x; }'),
    http('my_server x;'),
    http('x 10.0.0.1;'),
    http('x a.b:80;'),
    http('x [::1];'),
    http('x unix:/a;'),
    http('x ftp://a;'),
    'mgmt { }',
    'mgmt { usage_report endpoint=u:4; }',
    'stream { upstream a { server u:3; } map $x $b_1 { default a; "" ""; } proxy_pass $b_1; }',
    'other { }',
  ];
  for (const text of rejected) assert.equal(isOwn(text), false, text);
  assert.equal(isOwn('http { resolver n:53; }', { nameServer: 'm:53' }), false);
});
