import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { errorLogPath, readErrorLog } from './error-log.ts';
import { parse } from './parse.ts';
import { lineRedactor, redacted, shownArgument } from './redact.ts';
import { refuseOtherTargets } from './targets.ts';
import { directives } from './tree.ts';
import { atLeast, parseVersion } from './version.ts';

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
      'Problem: it does not respond to -V as Nginx does.',
      'Problem: it does not respond to -V as Nginx does.',
      'Problem: it does not respond to -V as Nginx does.',
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
    } catch (error) {
      assert.ok(error instanceof Problem, String(error));
      return false;
    }
  };
  const http = (text: string) => `http { upstream a { server u:3; } ${text} }`;
  const kept = [
    'http { server { listen h:1; listen h:2 ssl; } }',
    'http { upstream a { server u:3; server v:4 weight=1; server unix:/s; server h:2; server backend.test:3 resolve; } }',
    http('proxy_pass http://a; proxy_pass https://A/x; proxy_pass a:80; proxy_pass http://a?x;'),
    http('map $x $b_1 { default a; } proxy_pass http://$b_1;'),
    http('map $y $z { default q; } map $x $b_1 { default a; } proxy_pass http://$b_1;'),
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
    http('map $x $b_1 { default a; } map $y $b_1 { default a; } proxy_pass http://$b_1;'),
    http('resolver n:53 m:53;'),
    http('resolver n:53 m:53 valid=1s;'),
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
