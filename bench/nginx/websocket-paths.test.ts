import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { notice } from '../wording/finding.ts';
import { parse } from './parse.ts';
import { directives } from './tree.ts';
import {
  findPaths,
  hostOf,
  streamEntrances,
  streamProxies,
  UPGRADE_MAP,
  upgradeNotices,
} from './websocket.ts';

describe('the paths of a configuration, whole', () => {
  const UP = 'proxy_set_header Upgrade $http_upgrade;';
  const paths = (server: string, wanted?: Parameters<typeof findPaths>[1], more = '') => {
    const found = findPaths(parse(`http { server { ${server} } ${more} }`, 'a.conf'), wanted);
    return {
      server: found.server?.origin?.line ?? null,
      location: found.levels.map(({ name, args }) => [name, ...args.map(({ text }) => text)].join(' ')),
      paths: [found.websocketPath, found.httpPath],
      notices: found.notices.map(({ level, code, data }) => [level, code, data]),
    };
  };
  const proxied = (name: string, lines = '') => `location ${name} { proxy_pass http://a; ${lines} }`;

  test('prefer a location’s own header, then its name, then a plain path, then the first', () => {
    const chosen = (...locations: string[]) => paths(`${UP} ${locations.join(' ')}`).paths[0];
    assert.deepEqual(
      [
        chosen(proxied('/ws'), proxied('/a', UP)),
        chosen(proxied('~ ^/a'), proxied('/b'), proxied('~ ^/ws')),
        chosen(proxied('~ ^/a'), proxied('/b'), proxied('/c')),
        chosen(proxied('/a', UP), proxied('/ws', UP), proxied('~ ^/live', UP)),
        chosen(proxied('~ ^/ws', UP), proxied('/a', UP)),
        chosen(proxied('/ws'), proxied('~ ^/a', UP)),
        chosen(proxied('/a', UP), proxied('~ ^/ws', UP)),
        chosen('location / { try_files $uri @ws; }', proxied('@ws', UP), proxied('/x')),
        chosen('location /y { try_files $uri @ws; }', proxied('@ws', UP)),
      ],
      ['/a', '/ws', '/b', '/ws', '/ws', '/a', '/ws', '/x', '/y'],
    );
    assert.deepEqual(paths(proxied('/a', UP) + proxied('/b', UP)), {
      server: 1,
      location: ['http', 'server', 'location /a'],
      paths: ['/a', null],
      notices: [
        [
          'info',
          'sandbox-location',
          { path: '/a', location: '/a', place: 'a.conf:1', others: [{ location: '/b', place: 'a.conf:1' }] },
        ],
      ],
    });
    assert.deepEqual(paths(proxied('~ ^/a', UP)), {
      server: 1,
      location: ['http', 'server', 'location ~ ^/a'],
      paths: ['/a', null],
      notices: [
        ['info', 'sandbox-location', { path: '/a', location: '~ ^/a', place: 'a.conf:1', others: [] }],
      ],
    });
    assert.deepEqual(paths(proxied('/a', UP)).notices, []);
    assert.deepEqual(paths(`${proxied('/a', UP)} location = /a { return 204; }`), {
      server: 1,
      location: ['http', 'server', 'location /a'],
      paths: ['/a/websocket', null],
      notices: [
        ['info', 'sandbox-location', { path: '/a/websocket', location: '/a', place: 'a.conf:1', others: [] }],
      ],
    });
  });

  test('are missing where no location sets the header, which may be added to the first that proxies', () => {
    assert.throws(() => paths(`location /s { }\n${proxied('/a')}\n${proxied('/b')}`), {
      code: 'incomplete',
      message: /a\.conf:2: /,
    });
    assert.throws(
      () => paths('location /s { }'),
      (error) => error instanceof Problem && !/a\.conf/.test(error.message),
    );
  });

  test('of ordinary GETs lead to pages of the same server, cached ones first', () => {
    const page = (...locations: string[]) => paths(proxied('/ws', UP) + locations.join(' ')).paths[1];
    assert.deepEqual(
      [
        page(proxied('/a'), proxied('/b')),
        page(proxied('/a'), proxied('/b', 'proxy_cache c;')),
        page(proxied('/a', 'proxy_cache c;'), proxied('/b', 'proxy_cache c;')),
        page(proxied('/a', 'proxy_cache off;'), proxied('/b', 'proxy_cache off;')),
        page(proxied('/a', 'internal;'), 'location /b { return 204; }', proxied('@c'), proxied('/d', UP)),
      ],
      ['/a', '/b', '/a', '/a', null],
    );
  });

  test('that the user names lead to any location that proxies or falls back', () => {
    const named = (server: string, path: string | null, host: string | null = null, more = '') =>
      paths(server, { websocketPath: path, host }, more);
    assert.deepEqual(named(proxied('/a') + proxied('/ws', UP), '/a/b?c'), {
      server: 1,
      location: ['http', 'server', 'location /a'],
      paths: ['/a/b?c', null],
      notices: [],
    });
    assert.deepEqual(named(`location / { try_files $uri @x; } ${proxied('@x')}`, '/b'), {
      server: 1,
      location: ['http', 'server', 'location @x'],
      paths: ['/b', null],
      notices: [],
    });
    assert.deepEqual(named(`${proxied('/ws', UP)} location ~ ^/ws { return 404; }`, '/ws'), {
      server: 1,
      location: ['http', 'server', 'location ~ ^/ws'],
      paths: ['/ws', null],
      notices: [],
    });
    const other = `\nserver { server_name b; ${proxied('/ws', UP)} }`;
    assert.deepEqual(named(proxied('/'), '/ws', null, other), {
      server: 2,
      location: ['http', 'server', 'location /ws'],
      paths: ['/ws', null],
      notices: [],
    });
    assert.deepEqual(named(proxied('/ws', UP), null, 'b', other), {
      server: 2,
      location: ['http', 'server', 'location /ws'],
      paths: ['/ws', null],
      notices: [],
    });
    const message = (server: string) => {
      try {
        return named(server, '/none?x');
      } catch (error) {
        assert.ok(error instanceof Problem);
        return [error.kind, error.message];
      }
    };
    assert.deepEqual(message(proxied('/ws', UP) + proxied('= /x', UP)), [
      'configuration',
      'No location with proxy_pass in the server at a.conf:1 matches --ws-path /none. WebSockets go to: "location /ws" at a.conf:1, "location = /x" at a.conf:1.',
    ]);
    assert.deepEqual(message('location / { return 204; }'), [
      'configuration',
      'No location with proxy_pass in the server at a.conf:1 matches --ws-path /none. No location sets the Upgrade header.',
    ]);
    assert.deepEqual(message(''), [
      'configuration',
      'No location with proxy_pass in the server at a.conf:1 matches --ws-path /none. No location sets the Upgrade header.',
    ]);
  });

  test('lead through the server in front of an inner one, preferably where it sets the headers', () => {
    const inner = `\nserver { listen 127.0.0.1:81; ${proxied('/ws', UP)} }`;
    const front = (lines: string) => `listen 80; location / { proxy_pass http://127.0.0.1:81; ${lines} }`;
    assert.deepEqual(paths(front(''), undefined, inner), {
      server: 1,
      location: ['http', 'server', 'location /'],
      paths: ['/ws', null],
      notices: [],
    });
    assert.deepEqual(paths(front(''), undefined, `${inner}\nserver { ${front(UP)} }`).server, 3);
    assert.deepEqual(
      paths(
        front('').replace('listen 80', 'listen 127.0.0.1:80'),
        undefined,
        inner.replace('127.0.0.1:81', '81'),
      ).server,
      2,
    );
  });

  test('are those of stream if only that forwards connections', () => {
    const stream = (text: string, wanted?: Parameters<typeof findPaths>[1]) =>
      findPaths(parse(text, 'a.conf'), wanted);
    const text = 'stream { server { listen 1; proxy_pass a:1; } }';
    const nothing = { server: null, levels: [], httpPath: null, notices: [] };
    assert.deepEqual(stream(text), { ...nothing, websocketPath: '/' });
    assert.deepEqual(stream(text, { websocketPath: '/x', host: null }), { ...nothing, websocketPath: '/x' });
    assert.throws(() => stream('stream { server { listen 1; pass a:1; } }'), {
      kind: 'configuration',
      code: 'incomplete',
    });
  });
});

test('an upgrade lacks what a location neither sets nor inherits', () => {
  const of = (location: string, version: string, http = '') => {
    const tree = parse(`http { ${http} server { location /ws {\n${location} } } }`, 'a.conf');
    const [http_ = assert.fail()] = directives(tree, 'http');
    const [server = assert.fail()] = directives(http_.block, 'server');
    const levels = [http_, server, ...directives(server.block, 'location')];
    return upgradeNotices({ levels }, version);
  };
  const facts = (missing: string[], map: string | null, version = '1.29.6') => [
    notice('warning', 'sandbox-upgrade', { version, location: '/ws', place: 'a.conf:1', missing, map }),
  ];
  const [line, header] = ['proxy_http_version 1.1;', 'proxy_set_header Connection $connection_upgrade;'];
  assert.deepEqual(of('', '1.29.6'), facts([line, header], UPGRADE_MAP));
  assert.deepEqual(of('', '1.29.7'), facts([header], UPGRADE_MAP, '1.29.7'));
  assert.deepEqual(
    of('proxy_http_version 1.0;', '1.29.7', 'map $a $connection_upgrade { default x; }'),
    facts([line, header], null, '1.29.7'),
  );
  assert.deepEqual(of('proxy_set_header CONNECTION upgrade;', '1.29.6'), facts([line], null));
  assert.deepEqual(
    of('proxy_http_version 2;', '1.29.6', 'map $connection_upgrade $b { default x; }'),
    facts([header], UPGRADE_MAP),
  );
  assert.deepEqual(of('proxy_set_header Connection x;', '1.29.7'), []);
  assert.deepEqual(upgradeNotices({ levels: [] }, '1.0.0'), []);
});

test('servers of stream take TCP connections if any listen does, and forward them in one of two ways', () => {
  const tree = parse(
    `stream { server { listen 1; proxy_pass a; } server { listen 2; pass b; } server { listen 3 udp; proxy_pass a; }
     server { listen 4 udp; listen 5; proxy_pass a; } server { listen 6; return x; } }`,
    'a.conf',
  );
  const listens = (servers: ReturnType<typeof streamEntrances>) =>
    servers.map(({ block }) =>
      directives(block, 'listen')
        .map(({ args }) => args[0]?.text)
        .join(),
    );
  assert.deepEqual(listens(streamEntrances(tree)), ['1', '2', '4,5']);
  assert.deepEqual(listens(streamProxies(tree)), ['1', '4,5']);
});

test('the host of a server is its first name that is one', () => {
  const host = (names: string) => {
    const [server] = directives(parse(`server { ${names} }`, 'a.conf'));
    return hostOf(server ?? null);
  };
  assert.deepEqual(
    [
      'server_name _ "" ~^a$ a.org b.org;',
      'server_name *.a.org;',
      'server_name .a.org;',
      'server_name A;',
      'server_name -a a-;',
      'server_name a; server_name b;',
      'server_name $hostname;',
      '',
    ].map(host),
    ['a.org', 'www.a.org', 'a.org', 'A', null, 'a', null, null],
  );
  assert.equal(hostOf(null), null);
});
