import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  hopsOf,
  httpAddresses,
  httpHops,
  httpServersBehind,
  innerAddresses,
  innerConnections,
  isInner,
  listenedFor,
  passesTlsOn,
  socketAt,
  streamHops,
  unlistenedTargets,
  usualPort,
} from './hop.ts';
import { serversIn } from './listen.ts';
import { locatedIn } from './located.ts';
import { parse } from './parse.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';

const treeOf = (text: string) => parse(text, 'a.conf');
/** Names a server by its first `listen`. */
const nameOf = (server: Directive) => texts(directives(server.block, 'listen')[0] ?? assert.fail())[0];

test('an address is that of a listen if host and port agree, or both mean this machine', () => {
  const listened = ['*:80', '127.0.0.1:81', 'localhost:82', '[::1]:83', '10.0.0.1:84', 'unix:/a', '*:443'];
  const found = (target: string, port?: string) => listenedFor(target, listened, port);
  assert.deepEqual(
    [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '127.1.2.3:80',
      'LOCALHOST:80',
      '10.0.0.1',
      '10.0.0.1:84',
      'a:80',
    ].map((target) => found(target)),
    ['*:80', '*:80', '*:80', '*:80', '*:80', null, '10.0.0.1:84', null],
  );
  assert.deepEqual(
    ['localhost:81', 'localhost:83', '[::1]:83', '[::1]:81', 'localhost:84'].map((target) => found(target)),
    ['127.0.0.1:81', '[::1]:83', '[::1]:83', null, null],
  );
  assert.deepEqual(
    ['unix:/a', 'unix:/a:', 'unix:/b', '127.0.0.1', 'x:y:z', 'localhost:443'].map((target) =>
      found(target, '443'),
    ),
    ['unix:/a', 'unix:/a', null, '*:443', null, '*:443'],
  );
  assert.deepEqual(
    [usualPort({ scheme: 'https' }), usualPort({ scheme: 'http' }), usualPort({ scheme: null })],
    ['443', '80', '80'],
  );
});

test('a socket has what any of its servers asks for', () => {
  const tree = treeOf(`http { server { listen 80; } server { listen 80 ssl; listen 81 proxy_protocol; }
    server { listen 82 ssl proxy_protocol; listen 80; } }
    stream { server { listen 9; proxy_pass a; } }`);
  assert.deepEqual(httpAddresses(tree), ['*:80', '*:81', '*:82']);
  assert.deepEqual(
    ['*:80', '*:81', '*:82', '*:9'].map((address) => socketAt(tree, address)),
    [
      { tls: true, proxyProtocol: false },
      { tls: false, proxyProtocol: true },
      { tls: true, proxyProtocol: true },
      { tls: false, proxyProtocol: false },
    ],
  );
});

describe('the connections of a location to other servers', () => {
  const TREE = treeOf(`http {
    upstream both { server 127.0.0.1:81; server 127.0.0.1:82; server; server 10.0.0.1; }
    upstream both { server 10.0.0.2; }
    server { listen 80;
      location /one { proxy_pass http://127.0.0.1:81/x; }
      location /two { if ($a) { proxy_pass https://localhost:82; } proxy_pass https://BOTH; }
      location /own { proxy_pass http://127.0.0.1:80; proxy_pass http://127.0.0.1:81; }
      location /far { proxy_pass http://10.0.0.1; }
      location /any { proxy_pass http://127.0.0.1:$port; proxy_pass $scheme://127.0.0.1:81; }
      location /usual { proxy_pass https://127.0.0.1; }
      location /none { return 204; } location /wrong { proxy_pass app; } }
    server { listen 127.0.0.1:81; } server { listen 82 ssl; listen 443 ssl; } }`);

  test('are those to addresses of the configuration, if none leads back', () => {
    const found = locatedIn(TREE, null).map((located) => [
      texts(located.location)[0],
      httpHops(TREE, located),
      hopsOf(TREE, located).map(nameOf),
    ]);
    assert.deepEqual(found, [
      ['/one', [{ address: '127.0.0.1:81', tls: false }], ['127.0.0.1:81']],
      [
        '/two',
        [
          { address: '127.0.0.1:81', tls: true },
          { address: '*:82', tls: true },
          { address: '*:82', tls: true },
        ],
        ['127.0.0.1:81', '82'],
      ],
      ['/own', [], []],
      ['/far', [], []],
      ['/any', [], []],
      ['/usual', [{ address: '*:443', tls: true }], ['82']],
      ['/none', [], []],
      ['/wrong', [], []],
    ]);
    assert.deepEqual([...innerAddresses(TREE)], ['127.0.0.1:81', '*:82', '*:443']);
  });

  test('may lead to a loopback address without a server', () => {
    const tree = treeOf(`http { upstream up { server localhost:91; server 127.0.0.1:81; server [::1]:92; }
      server { listen 80; location / { proxy_pass http://up; proxy_pass http://127.0.0.1:93;
        proxy_pass http://10.0.0.1:94; proxy_pass http://127.0.0.1; } }
      server { listen 127.0.0.1:81; } }
      stream { upstream s { server 127.0.0.1:95; server unix:/a; }
        server { listen 1; proxy_pass s; } server { listen 2; pass 127.0.0.1:81; } server { listen 3; proxy_pass localhost; } }`);
    const [located = assert.fail()] = locatedIn(tree, null);
    assert.deepEqual(unlistenedTargets(tree, located.location), ['localhost:91', '[::1]:92', '127.0.0.1:93']);
    assert.deepEqual(
      serversIn(tree).stream.map((server) => unlistenedTargets(tree, server)),
      [['127.0.0.1:95'], [], ['localhost']],
    );
    assert.deepEqual(unlistenedTargets(treeOf(''), serversIn(tree).stream[0] ?? assert.fail()), []);
  });
});

test('a server is an inner one if all of its addresses are on this machine', () => {
  const tree =
    treeOf(`http { server { listen 127.0.0.1:1; listen unix:/a; } server { listen localhost:1; listen [::1]:1; }
    server { listen 127.0.0.1:1; listen 80; } server { listen 10.127.0.1:1; } server { } }`);
  assert.deepEqual(serversIn(tree).http.map(isInner), [true, true, false, false, false]);
});

describe('stream servers that pass connections on', () => {
  const listed = (tree: readonly Node[]) =>
    streamHops(tree).map(({ server, ...hop }) => ({ server: nameOf(server), ...hop }));
  const inner = (tree: readonly Node[]) => {
    const { servers, addresses } = innerConnections(tree);
    return { servers: servers.map(nameOf), addresses };
  };
  const http = 'http { server { listen 127.0.0.1:81 ssl; } server { listen 127.0.0.1:82; listen 90; } }';

  test('are listed with their addresses and settings', () => {
    const tree = treeOf(`${http} stream {
      upstream two { server 127.0.0.1:81; server 127.0.0.1:82; server 127.0.0.1:81; }
      map $a $to { default 127.0.0.1:81; b 10.0.0.1:1; }
      server { listen 1; proxy_pass two; proxy_protocol on; }
      server { listen 2; proxy_pass 127.0.0.1:81; proxy_ssl on; proxy_protocol off; }
      server { listen 3; proxy_pass $to; }
      server { listen 4; proxy_pass 10.0.0.1:1; }
      server { listen 5; proxy_pass 127.0.0.1:5; }
      server { listen 6; proxy_pass $b; }
      server { listen 7; pass 127.0.0.1:1; } }`);
    assert.deepEqual(listed(tree), [
      {
        server: '1',
        addresses: ['127.0.0.1:81', '127.0.0.1:82'],
        isWhole: true,
        proxyProtocol: true,
        tls: false,
      },
      { server: '2', addresses: ['127.0.0.1:81'], isWhole: true, proxyProtocol: false, tls: true },
      { server: '3', addresses: ['127.0.0.1:81'], isWhole: false, proxyProtocol: false, tls: false },
      { server: '7', addresses: ['*:1'], isWhole: true, proxyProtocol: false, tls: false },
    ]);
    assert.deepEqual(inner(tree), { servers: ['7'], addresses: ['*:1'] });
    assert.deepEqual([...innerAddresses(tree)], ['127.0.0.1:81', '127.0.0.1:82', '*:1']);
  });

  test('share settings of the stream block only if all of them stay inside', () => {
    const tree = (settings: string, pass: string) =>
      treeOf(
        `${http} stream { ${settings} server { listen 1; proxy_pass 127.0.0.1:81; } server { listen 2; proxy_pass ${pass}; } }`,
      );
    assert.deepEqual(inner(tree('proxy_protocol on;', '127.0.0.1:82')), {
      servers: ['1', '2'],
      addresses: ['127.0.0.1:81', '127.0.0.1:82'],
    });
    assert.deepEqual(inner(tree('proxy_protocol on;', '10.0.0.1:1')), { servers: [], addresses: [] });
    assert.deepEqual(inner(tree('proxy_ssl off;', '10.0.0.1:1')), { servers: [], addresses: [] });
    assert.deepEqual(inner(tree('proxy_timeout 1s;', '10.0.0.1:1')), {
      servers: ['1'],
      addresses: ['127.0.0.1:81'],
    });
    assert.deepEqual(listed(tree('proxy_protocol on; proxy_ssl on;', '10.0.0.1:1')), [
      { server: '1', addresses: ['127.0.0.1:81'], isWhole: true, proxyProtocol: true, tls: true },
    ]);
  });

  test('lead to http servers, directly or through one another, without end', () => {
    const tree = treeOf(`${http} stream {
      server { listen 1; proxy_pass 127.0.0.1:2; }
      server { listen 2; listen 12; proxy_pass 127.0.0.1:3; }
      server { listen 3; proxy_pass 127.0.0.1:81; }
      server { listen 4; proxy_pass 127.0.0.1:82; }
      server { listen 5; proxy_pass 127.0.0.1:6; } server { listen 6; proxy_pass 127.0.0.1:5; }
      server { listen 7; proxy_pass 127.0.0.1:3; proxy_ssl on; }
      server { listen 8; proxy_pass 10.0.0.1:1; }
      upstream both { server 127.0.0.1:3; server 127.0.0.1:4; }
      server { listen 9; proxy_pass both; } }`);
    const { http: behind, stream } = serversIn(tree);
    assert.deepEqual(
      stream.map((server) => [
        nameOf(server),
        ...httpServersBehind(tree, server).map(nameOf),
        ...behind.map((each) => passesTlsOn(tree, server, each)),
      ]),
      [
        ['1', '127.0.0.1:81', true, false],
        ['2', '127.0.0.1:81', true, false],
        ['3', '127.0.0.1:81', true, false],
        ['4', '127.0.0.1:82', false, false],
        ['5', false, false],
        ['6', false, false],
        ['7', '127.0.0.1:81', false, false],
        ['8', false, false],
        ['9', '127.0.0.1:81', '127.0.0.1:82', true, false],
      ],
    );
  });
});
