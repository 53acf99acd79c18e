import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from './parse.ts';
import { print } from './print.ts';
import type { Node } from './tree.ts';
import { address, isResolved, type Redirection, redirectUpstreams } from './upstream.ts';
import { fitsInMap, ownUpstream, upstreamsIn } from './upstream-choice.ts';
import { passesOverTls, securedBy, underServerName } from './upstream-tls.ts';

const SERVERS = [
  { host: '127.0.0.1', port: 7001, socket: '/run/1.sock' },
  { host: '127.0.0.1', port: 7002, socket: null },
];
const shown = (tree: readonly Node[]) => print(tree).text.replace(/\s+/g, ' ').trim();

/** The redirected configuration on one line, and the changes. */
function redirected(text: string, changes: Partial<Redirection> = {}): string[] {
  const noted: string[] = [];
  const redirection = { servers: SERVERS, hop: () => null, ...changes };
  const tree = redirectUpstreams(parse(text, 'a.conf'), redirection, (change, { name, origin }) =>
    noted.push(`${change} ${name}:${origin?.line}`),
  );
  return [shown(tree), ...noted];
}

const http = (text: string, changes?: Partial<Redirection>) => redirected(`http { ${text} }`, changes);
const stream = (text: string, changes?: Partial<Redirection>) => redirected(`stream { ${text} }`, changes);
/** Addresses that start with `in` are those of servers of the configuration. */
const hop = (text: string, port = '80') => (text.startsWith('in') ? `127.0.0.1:9${port}` : null);

describe('the entries of an upstream', () => {
  test('become echo servers in turn, at the place of the first, with their parameters', () => {
    assert.deepEqual(
      http(
        'upstream a { zone a 1m; server x:1 weight=2; # c\n server y down; server z max_fails=3 resolve service=s; keepalive 4; }',
      ),
      [
        'http { upstream a { zone a 1m; server 127.0.0.1:7001 weight=2; server 127.0.0.1:7002 max_fails=3; # c keepalive 4; } }',
      ],
    );
    assert.deepEqual(
      http(
        'upstream a { server x backup; server unix:/a; server unix:/b backup max_fails=2; server y backup; }',
      ),
      [
        'http { upstream a { server unix:/run/1.sock; server 127.0.0.1:7002; server 127.0.0.1:7001 backup; server unix:/run/1.sock backup max_fails=2; server 127.0.0.1:7001 backup; } }',
      ],
    );
    assert.deepEqual(http('upstream a { keepalive 4; } upstream b { server x down; server y backup; }'), [
      'http { upstream a { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; keepalive 4; } upstream b { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } }',
    ]);
    assert.deepEqual(redirected('events { } http; mail { upstream a { server x; } }'), [
      'events { } http; mail { upstream a { server x; } }',
    ]);
    assert.deepEqual(http('upstream a; upstream b { server; }', { hop }), [
      'http { upstream a { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } upstream b { server 127.0.0.1:7001; server 127.0.0.1:7002; } }',
    ]);
  });

  test('stay as they are, except for their addresses, if their flags are to be observed', () => {
    assert.deepEqual(
      http('upstream a { server x down; server y backup; server z; } upstream b { ip_hash; }', {
        keepEntries: true,
      }),
      [
        'http { upstream a { server 127.0.0.1:7001 down; server 127.0.0.1:7002 backup; server 127.0.0.1:7001; } upstream b { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; ip_hash; } }',
      ],
    );
  });

  test('are still resolved if the run has a name server', () => {
    assert.deepEqual(
      http('upstream a { server x resolve weight=2; server y service=s resolve; server z; }', {
        resolvesNames: true,
      }),
      [
        'http { upstream a { server backend.test:7001 resolve weight=2; server backend.test:7002 resolve; server 127.0.0.1:7001; } }',
      ],
    );
    const entries = parse('server a resolve; server { resolve; } server a; other a resolve;', 'a');
    assert.deepEqual(
      entries.map((node) => node.kind === 'directive' && isResolved(node)),
      [true, false, false, false],
    );
  });

  test('lead to servers of the configuration if all of them do', () => {
    assert.deepEqual(
      http(
        'upstream a { server in1 weight=2; server in2; } upstream b { server in1; server x; } server { location / { proxy_pass https://a/x; proxy_pass http://b; proxy_pass $scheme://a; } }',
        { hop },
      ),
      [
        'http { upstream a { server 127.0.0.1:980 weight=2; server 127.0.0.1:980; } upstream b { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { location / { proxy_pass https://a/x; proxy_pass http://b; proxy_pass http://a; } } }',
        'upstream-tls proxy_pass:1',
      ],
    );
    assert.deepEqual(stream('upstream a { server in1; } server { proxy_pass a; }', { hop }), [
      'stream { upstream a { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { proxy_pass a; } }',
    ]);
    assert.deepEqual(
      stream(
        'upstream a { server in1; } server { proxy_pass a; } server { listen 127.0.0.1:980; proxy_pass in2; pass in1; }',
        { streamHop: hop },
      ),
      [
        'stream { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } upstream a { server 127.0.0.1:980; server 127.0.0.1:980; } server { proxy_pass a; } server { listen 127.0.0.1:980; proxy_pass bench_echo_servers; proxy_pass bench_echo_servers; } }',
        'stream-pass pass:1',
      ],
    );
  });
});

describe('addresses', () => {
  test('of servers of the configuration lead there, unless a server would connect to itself', () => {
    assert.deepEqual(
      http(
        'server { listen 127.0.0.1:9443; location / { proxy_pass https://in1; proxy_pass http://in1/x a; proxy_pass http://in2; proxy_pass $scheme://in1; } }',
        { hop },
      ),
      [
        'http { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } upstream bench_hop_127_0_0_1_980 { server 127.0.0.1:980 max_fails=0; } server { listen 127.0.0.1:9443; location / { proxy_pass http://bench_echo_servers; proxy_pass http://bench_hop_127_0_0_1_980/x a; proxy_pass http://bench_hop_127_0_0_1_980; proxy_pass http://bench_echo_servers; } } }',
        'upstream-tls proxy_pass:1',
        'upstream-tls proxy_pass:1',
      ],
    );
    assert.deepEqual(
      http('upstream bench_hop_127_0_0_1_980 { server x; } server { proxy_pass http://in1; }', { hop }),
      [
        'http { upstream bench_hop_127_0_0_1_980 { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { proxy_pass http://bench_hop_127_0_0_1_980; } }',
      ],
    );
  });

  test('in stream follow variables whose values are known', () => {
    const map = 'map $a $to { default in1; b x; } upstream x { server y; }';
    assert.deepEqual(stream(`${map} server { proxy_pass $to; }`, { streamHop: hop }), [
      'stream { upstream bench_hop_127_0_0_1_980 { server 127.0.0.1:980 max_fails=0; } upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } map $a $to { default in1; b x; } upstream x { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { proxy_pass $bench_upstream_1; } map $to $bench_upstream_1 { volatile; default bench_echo_servers; in1 bench_hop_127_0_0_1_980; x x; } }',
    ]);
    assert.deepEqual(stream(`${map.replace('b x', 'b q')} server { proxy_pass $to; }`, { streamHop: hop }), [
      'stream { upstream bench_hop_127_0_0_1_980 { server 127.0.0.1:980 max_fails=0; } upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } map $a $to { default in1; b q; } upstream x { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { proxy_pass $bench_upstream_1; } map $to $bench_upstream_1 { volatile; default bench_echo_servers; in1 bench_hop_127_0_0_1_980; } }',
      'variable-upstream proxy_pass:1',
    ]);
    assert.deepEqual(stream(`${map} server { pass $none; }`, { streamHop: hop }), [
      'stream { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } map $a $to { default in1; b x; } upstream x { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { proxy_pass bench_echo_servers; } }',
      'variable-upstream pass:1',
      'stream-pass pass:1',
    ]);
    assert.deepEqual(stream('map $a $to { default q; } server { proxy_pass $to; }'), [
      'stream { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } map $a $to { default q; } server { proxy_pass bench_echo_servers; } }',
      'variable-upstream proxy_pass:1',
    ]);
  });

  test('in http follow variables whose values are upstreams', () => {
    const map = 'map $a $to { default x; b Y; } upstream x { server p; } upstream y { server q; }';
    assert.deepEqual(
      http(`${map} server { proxy_pass http://$to/a; proxy_pass http://$to/b; proxy_pass http://$none; }`),
      [
        'http { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } map $a $to { default x; b Y; } upstream x { server 127.0.0.1:7001; server 127.0.0.1:7002; } upstream y { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { proxy_pass http://$bench_upstream_1/a; proxy_pass http://$bench_upstream_1/b; proxy_pass http://bench_echo_servers; } map $to $bench_upstream_1 { volatile; default bench_echo_servers; x x; y y; } }',
        'variable-upstream proxy_pass:1',
      ],
    );
    assert.deepEqual(
      http(
        `${map.replace('b Y', 'b q')} server { location ~ ^/(a) { proxy_pass http://$to; set $p 1; proxy_pass http://$h:$1; proxy_pass $u$p/x; } set $h ""; set $u ""; }`,
      ),
      [
        'http { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } map $a $to { default x; b q; } upstream x { server 127.0.0.1:7001; server 127.0.0.1:7002; } upstream y { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { location ~ ^/(a) { proxy_pass http://bench_echo_servers; set $p 1; proxy_pass http://$bench_upstream_3; proxy_pass http://bench_echo_servers; } set $h ""; set $u ""; } map $h $bench_upstream_1 { volatile; default 1; "" ""; } map $1 $bench_upstream_2 { volatile; default 1; "" ""; } map $bench_upstream_1$bench_upstream_2 $bench_upstream_3 { volatile; default ""; 11 bench_echo_servers; } }',
        'variable-upstream proxy_pass:1',
        'variable-upstream proxy_pass:1',
        'variable-upstream proxy_pass:1',
      ],
    );
  });

  test('in http stay empty where a variable that selects an upstream is empty', () => {
    const own =
      'upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; }';
    assert.deepEqual(
      http(
        'upstream x { server p; } server { set $u x; proxy_pass http://$u; add_header A $BENCH_UPSTREAM_1; }',
      ),
      [
        `http { ${own} upstream x { server 127.0.0.1:7001; server 127.0.0.1:7002; } server { set $u x; proxy_pass http://$bench_upstream_2; add_header A $BENCH_UPSTREAM_1; } map $u $bench_upstream_2 { volatile; default bench_echo_servers; x x; "" ""; } }`,
      ],
    );
  });

  test('in http are not judged to be empty if other parts may follow, or others set them', () => {
    for (const url of ['http://$u?x', 'http://$u$arg_b', 'http://$arg_b$u'])
      assert.deepEqual(http(`server { set $u ""; proxy_pass ${url}; }`)[0]?.includes('map'), false, url);
    assert.equal(http('server { set $u ""; proxy_pass http://$u/x; }')[0]?.includes('map'), true);
  });

  test('are sockets only if the echo servers have some', () => {
    assert.deepEqual(http('server { proxy_pass http://unix:/a.sock:/x; proxy_pass http://h; }'), [
      'http { upstream bench_echo_sockets { server unix:/run/1.sock max_fails=0; server 127.0.0.1:7002 max_fails=0; } upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } server { proxy_pass http://bench_echo_sockets/x; proxy_pass http://bench_echo_servers; } }',
    ]);
    assert.equal(address({ host: 'h', port: 1 }), 'h:1');
    assert.deepEqual(
      shown([ownUpstream('n', ['a', 'b'])]),
      'upstream n { server a max_fails=0; server b max_fails=0; }',
    );
    assert.deepEqual(upstreamsIn(parse('upstream a { } upstream; upstream B { }', 'x')), ['a', '', 'B']);
    assert.deepEqual(
      [46, 47].map((length) => fitsInMap('a'.repeat(length))),
      [true, false],
    );
    assert.equal(fitsInMap('é'.repeat(24)), false);
  });

  test('that are invalid stay, with all arguments', () => {
    assert.deepEqual(http('server { proxy_pass; proxy_pass ftp://a; pass x; }'), [
      'http { server { proxy_pass; proxy_pass ftp://a; pass x; } }',
    ]);
    assert.deepEqual(stream('server { proxy_pass a b c; pass d; }'), [
      'stream { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } server { proxy_pass bench_echo_servers b c; proxy_pass bench_echo_servers; } }',
      'stream-pass pass:1',
    ]);
  });
});

describe('TLS and the PROXY protocol', () => {
  test('towards the upstream are removed with a notice if they were on', () => {
    assert.deepEqual(
      http('proxy_ssl_verify on; grpc_ssl_name a; uwsgi_ssl_ciphers b; proxy_protocol on; proxy_sslx a;'),
      ['http { proxy_protocol on; proxy_sslx a; }'],
    );
    assert.deepEqual(
      stream('proxy_ssl on; server { proxy_ssl off; proxy_protocol on; proxy_protocol off; proxy_pass a; }'),
      [
        'stream { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } server { proxy_pass bench_echo_servers; } }',
        'upstream-tls proxy_ssl:1',
        'proxy-protocol proxy_protocol:1',
      ],
    );
    assert.deepEqual(
      stream(
        'proxy_ssl on; proxy_protocol on; server { proxy_ssl on; proxy_pass a; } server { proxy_protocol on; }',
        { isInner: (server) => server !== null },
      ),
      [
        'stream { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; server 127.0.0.1:7002 max_fails=0; } server { proxy_ssl on; proxy_pass bench_echo_servers; } server { proxy_protocol on; } }',
        'upstream-tls proxy_ssl:1',
        'proxy-protocol proxy_protocol:1',
      ],
    );
    assert.deepEqual(stream('proxy_ssl on; proxy_protocol off;', { isInner: (server) => server === null }), [
      'stream { proxy_ssl on; proxy_protocol off; }',
    ]);
  });

  test('are used if the echo servers use TLS, under their name', () => {
    const servers = [{ host: '127.0.0.1', port: 7001, certPath: '/c.pem' }];
    assert.deepEqual(
      http(
        'proxy_ssl_verify on; proxy_ssl_name x; server { proxy_ssl_crl a; proxy_ssl_certificate x; proxy_pass http://a; proxy_pass https://b/x; proxy_pass $scheme://a; }',
        { servers },
      ),
      [
        'http { upstream bench_echo_servers { server 127.0.0.1:7001 max_fails=0; } proxy_ssl_verify on; proxy_ssl_name localhost; server { proxy_pass https://bench_echo_servers; proxy_pass https://bench_echo_servers/x; proxy_pass https://bench_echo_servers; } }',
        'upstream-certificate proxy_ssl_crl:1',
        'upstream-certificate proxy_ssl_certificate:1',
        'upstream-tls-added proxy_pass:1',
      ],
    );
    assert.deepEqual(http('server { location / { proxy_ssl_verify on; } } ', { servers }), [
      'http { proxy_ssl_name localhost; server { location / { proxy_ssl_verify on; } } }',
    ]);
    assert.deepEqual(http('proxy_ssl_verify off;', { servers }), ['http { proxy_ssl_verify off; }']);
    const [cipher, protocols] = ['proxy_ssl_ciphers', 'proxy_ssl_protocols'];
    const secured = (line: string) => {
      const noted: string[] = [];
      const [node] = parse(line, 'a');
      assert.ok(node?.kind === 'directive');
      return [shown(securedBy(node, '/c', (change) => noted.push(change))), ...noted];
    };
    assert.deepEqual(
      [
        `${cipher} ECDHE-RSA-AES128-GCM-SHA256;`,
        `${cipher} HIGH;`,
        `${cipher};`,
        `${protocols} TLSv1.1 TLSv1.2;`,
        `${protocols} TLSv1;`,
        `${protocols} TLSv1.3;`,
        'proxy_ssl_trusted_certificate x;',
        'proxy_ssl_password_file x;',
        'proxy_ssl_key_log x;',
        'proxy_ssl_session_reuse on;',
      ].map(secured),
      [
        ['', 'upstream-handshake'],
        ['proxy_ssl_ciphers HIGH;'],
        ['proxy_ssl_ciphers;'],
        ['proxy_ssl_protocols TLSv1.1 TLSv1.2;'],
        ['', 'upstream-handshake'],
        ['proxy_ssl_protocols TLSv1.3;'],
        ['proxy_ssl_trusted_certificate /c;'],
        ['', 'upstream-certificate'],
        ['', 'upstream-certificate'],
        ['proxy_ssl_session_reuse on;'],
      ],
    );
    assert.equal(
      shown(underServerName(parse('a { b { proxy_ssl_verify on; } }', 'x'))),
      'proxy_ssl_name localhost; a { b { proxy_ssl_verify on; } }',
    );
    assert.equal(
      shown(underServerName(parse('proxy_ssl_verify off; proxy_ssl_verifyx on;', 'x'))),
      'proxy_ssl_verify off; proxy_ssl_verifyx on;',
    );
  });

  test('are used if the location of the WebSockets passes them on over TLS', () => {
    const UP = 'proxy_set_header Upgrade $http_upgrade;';
    const over = (server: string, more = '') =>
      passesOverTls(parse(`http { ${more} server { ${UP} ${server} } }`, 'a'), {
        websocketPath: null,
        host: null,
      });
    const ws = (url: string) => `location /ws { proxy_pass ${url}; }`;
    assert.deepEqual(
      [
        over(ws('https://a')),
        over(ws('http://a')),
        over(ws('$scheme://a')),
        over(`listen 443 ssl; ${ws('$scheme://a')}`),
        over(`ssl on; ${ws('$scheme://a')}`),
        over(`set $a https://b; ${ws('$a')}`),
        over(`set $a http://b; ${ws('$a/x')}`),
        over(ws('$a'), 'map $b $a { default http://x; c https://y; }'),
        over(`set $a http://b; ${ws('$a')}`, 'map $b $a { default https://x; }'),
        over(ws('$a://x')),
        over('location /ws { if ($b) { proxy_pass https://a; } }'),
        over(
          ws('http://127.0.0.1:81'),
          'server { listen 127.0.0.1:81; location / { proxy_pass https://x; } }',
        ),
        over(
          ws('https://127.0.0.1:81'),
          'server { listen 127.0.0.1:81 ssl; location / { proxy_pass http://x; } }',
        ),
        over(
          ws('https://127.0.0.1:81'),
          'server { listen 127.0.0.1:81 ssl; location /other { proxy_pass http://x; } }',
        ),
        // Three servers that pass requests on to each other, without end.
        over(
          ws('https://127.0.0.1:81'),
          `server { listen 127.0.0.1:81; location / { proxy_pass http://127.0.0.1:82; } }
          server { listen 127.0.0.1:82; location / { proxy_pass http://127.0.0.1:83; } }
          server { listen 127.0.0.1:83; location / { proxy_pass http://127.0.0.1:81; } }`,
        ),
      ],
      [true, false, false, true, true, true, false, true, false, false, true, true, false, true, false],
    );
    const shadowed = parse(
      `http { server { ${UP} ${ws('https://a')} location ~ ^/ws { return 404; } } }`,
      'a',
    );
    assert.equal(passesOverTls(shadowed, { websocketPath: '/ws', host: null }), false);
    const overStream = (text: string) =>
      passesOverTls(parse(`stream { ${text} }`, 'a'), { websocketPath: null, host: null });
    assert.deepEqual(
      [
        overStream('server { listen 1; proxy_pass a; proxy_ssl on; }'),
        overStream('proxy_ssl on; server { listen 1; proxy_pass a; }'),
        overStream('proxy_ssl on; server { listen 1; proxy_pass a; proxy_ssl off; }'),
        overStream('server { listen 1; proxy_pass a; proxy_ssl on; } server { listen 2 ssl; proxy_pass a; }'),
        overStream('server { listen 1; proxy_pass a; } server { listen 2 ssl; proxy_pass a; proxy_ssl on; }'),
        overStream('server { listen 1; proxy_pass a; } server { listen 2; proxy_pass a; proxy_ssl on; }'),
        overStream(
          'server { listen 1 ssl; proxy_pass a; proxy_ssl on; } server { listen 2 ssl; proxy_pass a; }',
        ),
      ],
      [true, true, false, false, true, false, true],
    );
  });
});
