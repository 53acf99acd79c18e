import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  carries,
  inherited,
  isProxied,
  isTellingPath,
  type Located,
  locatedIn,
  namesOf,
  reachablePath,
  upgrades,
} from './located.ts';
import { parse } from './parse.ts';
import { fallbackOf, frontsOf, leadingTo, pathTo, shadowedBy, shadowOf } from './route.ts';
import { directives, texts } from './tree.ts';

const UP = 'proxy_set_header Upgrade $http_upgrade;';
const nameOf = ({ location }: Pick<Located, 'location'>) => texts(location).join(' ');
const allIn = (http: string, host: string | null = null) =>
  locatedIn(parse(`http { ${http} }`, 'a.conf'), host);

test('locations are listed with the blocks around them, in the servers of a host', () => {
  const http = `server { server_name a b; server_name c; location /a { location /a/x { } } location /b { } }
    server { server_name c; location /c { } } server { location /d { } }`;
  const listed = (host: string | null) =>
    allIn(http, host).map((each) => `${each.levels.map(({ name }) => name).join(' ')} ${nameOf(each)}`);
  assert.deepEqual(listed(null), [
    'http server /a',
    'http server location /a/x',
    'http server /b',
    'http server /c',
    'http server /d',
  ]);
  assert.deepEqual(listed('c'), [
    'http server /a',
    'http server location /a/x',
    'http server /b',
    'http server /c',
  ]);
  assert.deepEqual(listed('b'), ['http server /a', 'http server location /a/x', 'http server /b']);
  assert.deepEqual(listed('none').length, 5);
  assert.deepEqual(
    allIn(http).map(({ server }) => namesOf(server).join()),
    ['a,b,c', 'a,b,c', 'a,b,c', 'c', ''],
  );
  assert.deepEqual(locatedIn(parse('server { location / { } }', 'a.conf'), null), []);
});

test('a location carries WebSockets if it proxies, is not internal, and sets Upgrade to a value', () => {
  const carrying = (location: string, server = '') =>
    allIn(`server { ${server} location / { ${location} } }`).map(carries)[0];
  assert.deepEqual(
    [
      carrying(`proxy_pass http://a; ${UP}`),
      carrying('proxy_pass http://a;', UP),
      carrying('if ($a) { proxy_pass http://a; }', UP),
      carrying(`proxy_pass http://a; proxy_set_header UPGRADE x; proxy_set_header Host a;`),
      carrying(`proxy_pass http://a; internal; ${UP}`),
      carrying(`proxy_pass http://a; proxy_set_header Host a;`, UP),
      carrying(`proxy_pass http://a; proxy_set_header Upgrade "";`),
      carrying(UP),
      carrying('proxy_pass http://a;'),
    ],
    [true, true, true, true, false, false, false, false, false],
  );
  const [located = assert.fail()] = allIn(`server { ${UP} location / { if ($a) { root /x; } } }`);
  assert.deepEqual(
    [isProxied(located.location), upgrades(located.levels), upgrades([located.location])],
    [false, true, false],
  );
  assert.deepEqual(inherited([...located.levels, located.location], 'proxy_set_header').length, 1);
  assert.deepEqual(inherited([], 'proxy_set_header'), []);
});

test('some paths are typical of WebSockets', () => {
  assert.deepEqual(
    [
      '/ws',
      '/WSS',
      '/api/ws/',
      '/websocket',
      '/mywebsockets2',
      '/socket',
      '/socket.io',
      '/sockjs',
      '/stream',
      '/streaming',
      '/live',
      '/cable',
      '/signalr',
      '/ws2',
      '/news',
      '/aws/x',
      '/lively',
      '/sockets',
      '/socketxio',
    ].map(isTellingPath),
    [
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ],
  );
});

test('a path reaches a location if Nginx selects that location, and changes nothing in the path', () => {
  const reached = (server: string) =>
    allIn(`server { ${server} }`).map((each) => `${nameOf(each)} ${reachablePath(each)}`);
  assert.deepEqual(
    reached('location / { } location = / { } location /a//b { } location /a/../b { } location /a/..b { }'),
    ['/ /websocket', '= / /', '/a//b null', '/a/../b null', '/a/..b /a/..b'],
  );
  assert.deepEqual(
    reached('location ~ ^/(api|ws|live) { } location ~ ^/(a|b) { } location /ws { } location @a { }'),
    ['~ ^/(api|ws|live) /ws', '~ ^/(a|b) /a', '/ws null', '@a null'],
  );
  assert.deepEqual(
    reached(`location "/a b" { } location "/~.!$&'()*+,=:@-" { } location /é { } location /./x { }`),
    ['/a b null', "/~.!$&'()*+,=:@- /~.!$&'()*+,=:@-", '/é null', '/./x null'],
  );
});

describe('the route to a named location', () => {
  const SERVER = `server { location /a { try_files $uri @one; } location /b { error_page 418 = @one; location /b/c { } }
    location @one { proxy_pass http://a; } location @two { return 204; } location /d { try_files $uri @two; } location /e { try_files @one /x; } }
    server { location /f { try_files $uri @one; } }`;
  const all = allIn(SERVER);
  const at = (name: string) => all.find((each) => nameOf(each) === name) ?? assert.fail();

  test('leads through the locations of the same server that fall back to it, and those in them', () => {
    assert.deepEqual(leadingTo(at('@one'), all).map(nameOf), ['/a', '/b', '/b/c']);
    assert.deepEqual(leadingTo(at('/a'), all), []);
    assert.deepEqual(
      all.map((each) => pathTo(each, all)),
      ['/a', '/b', '/b/c', '/a', '/d', '/d', '/e', '/f'],
    );
    assert.deepEqual(
      all.map((each) => {
        const fallback = fallbackOf(each, all);
        return fallback && nameOf(fallback);
      }),
      ['@one', '@one', '@one', null, null, null, null, null],
    );
    const several = allIn(`server { location { proxy_pass http://a; }
      location @one { proxy_pass http://a; } location @two { proxy_pass http://a; }
      location /a { try_files $uri @two; error_page 418 @one; } location /b { try_files; } try_files $uri @one; }`);
    assert.deepEqual(
      several.map((each) => {
        const fallback = fallbackOf(each, several);
        return [nameOf(each), fallback && nameOf(fallback), leadingTo(each, several).map(nameOf)];
      }),
      [
        ['', null, []],
        ['@one', null, ['/a']],
        ['@two', null, ['/a']],
        ['/a', '@one', []],
        ['/b', null, []],
      ],
    );
    const lost = allIn(
      'server { location ~ "^/(?R)" { try_files $uri @x; } location ~ x { try_files $uri @x; } location @x { } }',
    );
    assert.deepEqual(
      lost.map((each) => pathTo(each, lost)),
      [null, '/x', '/x'],
    );
  });
});

test('a regular expression shadows a prefix if it takes all of its paths', () => {
  const shadows = (server: string) =>
    allIn(`server { ${server} }`).map((each) => {
      const by = shadowOf(each);
      return by && texts(by).join(' ');
    });
  assert.deepEqual(shadows('location /ws { } location ~ ^/ws { } location ~ . { }'), ['~ ^/ws', null, null]);
  assert.deepEqual(shadows('location /ws { } location ~ ^/ws$ { }'), [null, null]);
  assert.deepEqual(shadows('location /ws { } location ~ ^/ws/ { }'), [null, null]);
  assert.deepEqual(shadows('location ^~ /ws { } location = /ws { } location ~ ^/ws { }'), [null, null, null]);
  assert.deepEqual(shadows('location /ws { } location = /ws { } location ~ ^/ws/ { }'), [null, null, null]);
  assert.deepEqual(shadows('location /ws { location /ws/ { } }'), [null, null]);
  assert.deepEqual(shadows('location ~ ^/w { } location ~ ^/ws { }'), [null, null]);
  const by = (path: string, server: string) => {
    const found = shadowedBy(path, allIn(`server { ${server} }`));
    return found && nameOf(found);
  };
  const server = 'location /a { } location /ws { } location /w { } location ~ ^/ws { }';
  assert.deepEqual(
    ['/ws', '/ws/a', '/w', '/a', '/b'].map((path) => by(path, server)),
    ['/ws', '/ws', null, null, null],
  );
  assert.equal(by('/ws', 'location ^~ /ws { } location ~ ^/ws { }'), null);
});

test('a location is in front of a server if it passes requests there with their path', () => {
  const front = (location: string) => {
    const tree = parse(
      `http { server { listen 80; ${location} } server { listen 127.0.0.1:81; location /ws { proxy_pass http://127.0.0.1:81; } } server { listen 127.0.0.1:82; } }`,
      'a.conf',
    );
    const [, server = assert.fail()] = directives(tree, 'http').flatMap(({ block }) =>
      directives(block, 'server'),
    );
    return frontsOf(tree, { server }, '/ws?a=1', locatedIn(tree, null)).map(nameOf);
  };
  assert.deepEqual(
    [
      front('location / { proxy_pass http://127.0.0.1:81; }'),
      front('location / { proxy_pass HTTP://127.0.0.1:81/; }'),
      front('location /ws { proxy_pass http://127.0.0.1:81; }'),
      front('location /ws { proxy_pass http://127.0.0.1:81/; }'),
      front('location / { proxy_pass http://127.0.0.1:81/x; }'),
      front('location / { proxy_pass http://127.0.0.1:81?x; }'),
      front('location / { proxy_pass http://127.0.0.1:81; proxy_pass http://127.0.0.1:81/x; }'),
      front('location / { proxy_pass http://127.0.0.1:82; }'),
      front('location / { proxy_pass http://127.0.0.1:81 x; }'),
      front('location / { return 204; }'),
      front('location / { proxy_pass http://127.0.0.1:81; } location /ws { return 204; }'),
    ],
    [['/'], ['/'], ['/ws'], [], [], [], [], [], [], [], []],
  );
});
