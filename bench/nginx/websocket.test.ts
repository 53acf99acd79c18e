import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { notice } from '../wording/finding.ts';
import { move, moveServer, WEBSOCKET } from './sandbox.test.fixture.ts';
import { UPGRADE_MAP } from './websocket.ts';

describe('the WebSocket path', () => {
  const pathOf = (location: string) => {
    return move(`http { server { ${WEBSOCKET.replace('/ws', location)} } }`).websocketPath;
  };

  test('is that of the location, whatever its kind', () => {
    const cases = ['/chat', '= /chat', '^~ /chat', '=/chat', '~ ^/chat$', '~* /chat', '~ "^/chat"'];
    assert.deepEqual(
      cases.map(pathOf),
      cases.map(() => '/chat'),
    );
  });

  test('is never the name of a location', () => {
    assert.throws(() => pathOf('@chat'), Problem);
  });

  test('is made from a regular expression', () => {
    const cases: [string, string][] = [
      [String.raw`~ ^/chat/\d+`, '/chat/0'],
      ['~ ^/(a|b)/ws$', '/a/ws'],
      [String.raw`~* \.?(socket|live)/?$`, '/socket'],
      ['~ ^/api/(?!v1)[^/]+/events', '/api/a/events'],
      ['~ "^/room/[0-9a-f]{8}$"', '/room/aaaaaaaa'],
      ['~ (?i)^/(?P<name>X)', '/X'],
    ];
    assert.deepEqual(
      cases.map(([location]) => pathOf(location)),
      cases.map(([, path]) => path),
    );
  });

  test('cannot be derived from an expression that JavaScript cannot parse', () => {
    assert.throws(
      () => pathOf('~ ^/chat/(*FAIL)'),
      (error) =>
        error instanceof Problem && /No path can be derived from .* at mine.conf:1/.test(error.message),
    );
  });

  test('must begin with a slash, although a location may lack it', () => {
    assert.throws(() => pathOf('= ws'), {
      kind: 'configuration',
      message: /mine\.conf:1 is never used: its name does not begin with a slash.* Write "location = \/ws"\./,
    });
  });

  test('may be set by the server, and a plain GET has its own', () => {
    const moved = move(`http { server { proxy_set_header upgrade $http_upgrade;
      location / { proxy_pass http://app; proxy_set_header Host $host; }
      location /deep { location /deep/ws { proxy_pass http://app; } } } }`);
    assert.deepEqual([moved.websocketPath, moved.httpPath], ['/deep/ws', '/']);
  });

  test('ordinary GETs use a cached location first, and none if there is none', () => {
    const cached = move(`http { server { ${WEBSOCKET}
      location / { proxy_pass http://app; } location = /page { proxy_pass http://app; proxy_cache c; } } }`);
    assert.equal(cached.httpPath, '/page');
    const uncached = move(`http { server { proxy_cache c; ${WEBSOCKET}
      location /off { proxy_pass http://app; proxy_cache off; } location /on { proxy_pass http://app; } } }`);
    assert.equal(uncached.httpPath, '/on');
    assert.equal(moveServer('location /static { root /srv; }').httpPath, null);
  });

  test('needs proxy_pass, in the location or in an if of it', () => {
    const upgrade = 'proxy_set_header Upgrade $http_upgrade;';
    const moved = move(`http { server {
      location /php { ${upgrade} fastcgi_pass php; }
      location /if { ${upgrade} if ($a) { proxy_pass http://app; } } } }`);
    assert.equal(moved.websocketPath, '/if');
  });

  test('of ordinary GETs is on the same server, and takes no WebSockets', () => {
    const other = `server { listen 81; location /other { proxy_pass http://app; } }`;
    const chat = WEBSOCKET.replace('/ws', '/chat');
    const moved = move(`http { ${other} server { ${WEBSOCKET} ${chat} } }`);
    assert.deepEqual([moved.websocketPath, moved.httpPath], ['/ws', null]);
    const nearest = move(
      `http { ${other} server { ${WEBSOCKET} ${chat} location = /page { proxy_pass http://app; } } }`,
    );
    assert.equal(nearest.httpPath, '/page');
  });

  test('must be given if there is none', () => {
    assert.throws(
      () => move('http { server { location / { proxy_pass http://app; } } }'),
      (error) => error instanceof Problem && /no location for WebSockets/.test(error.message),
    );
  });
});

describe('the choice among several locations', () => {
  const UPGRADE =
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
  const chosen = (locations: string, wanted = {}) => {
    const text = `http { server { ${locations.replaceAll('UP', `proxy_pass http://app; ${UPGRADE}`)} } }`;
    return move(text, { wanted: { websocketPath: null, host: null, ...wanted } });
  };

  test('depends on the name, then on how simple the location is', () => {
    const cases: [string, string][] = [
      ['location / { UP } location /socket.io/ { UP }', '/socket.io/'],
      ['location ~ ^/ws { UP } location = /ws/live { UP }', '/ws/live'],
      ['location ~ ^/(a|b) { UP } location /c { UP }', '/c'],
      ['location /news { UP } location /views { UP }', '/news'],
    ];
    assert.deepEqual(
      cases.map(([locations]) => chosen(locations).websocketPath),
      cases.map(([, path]) => path),
    );
  });

  test('excludes locations that accept no WebSockets', () => {
    const moved = chosen(`location @ws { UP } location /ws { internal; UP }
      location /live { proxy_pass http://app; proxy_set_header Upgrade ""; } location / { UP }`);
    assert.deepEqual([moved.websocketPath, moved.httpPath], ['/', '/live']);
  });

  test('uses a path that no other location handles first', () => {
    const moved = chosen(`location = / { return 302 /login; } location / { UP }
      location ~ ^/web { return 404; }`);
    assert.equal(moved.websocketPath, '/socket');
    assert.equal(chosen('location ^~ /ws { UP } location ~ ^/ws { return 404; }').websocketPath, '/ws');
    assert.equal(
      chosen('location /a { UP location ~ /b$ { return 1; } } location ~ ^/a$ { return 1; }').websocketPath,
      '/a/websocket',
    );
  });

  test('is reported with the alternatives', () => {
    const others = [{ location: '/', place: 'mine.conf:1' }];
    assert.deepEqual(chosen('location / { UP } location /ws { UP }').notices, [
      notice('info', 'sandbox-location', { path: '/ws', location: '/ws', place: 'mine.conf:1', others }),
    ]);
    assert.deepEqual(chosen('location /ws { UP }').notices, []);
  });

  test('is the user’s, if a location with proxy_pass handles that path', () => {
    const locations = 'location /ws { UP } location ~ ^/(x|y) { proxy_pass http://app; }';
    const path = '/y/socket?token=1';
    assert.equal(chosen(locations, { websocketPath: path }).websocketPath, path);
    assert.throws(() => chosen(locations, { websocketPath: '/z' }), {
      kind: 'configuration',
      message:
        /No location with proxy_pass in the server at mine.conf:1 matches --ws-path \/z\. WebSockets go to: "location \/ws" at mine.conf:1/,
    });
  });

  test('is the user’s only if that server forwards it, not if it responds itself', () => {
    const text = `http { server { listen 81; location /ws { return 404; } location /a { proxy_pass http://app; } }
      server { listen 82; ${WEBSOCKET} } }`;
    const { websocketPath, listeners } = move(text, { wanted: { websocketPath: '/ws/x', host: null } });
    assert.deepEqual([websocketPath, listeners[0]?.port], ['/ws/x', 9002]);
    const refusing = 'location /ws { UP } location /none { return 404; }';
    assert.throws(() => chosen(refusing, { websocketPath: '/none' }), { kind: 'configuration' });
  });

  test('is limited to the server with the given name', () => {
    const text = `http { server { server_name a.example; ${WEBSOCKET} }
      server { server_name b.example; ${WEBSOCKET.replace('/ws', '/b')} } }`;
    const wanted = { websocketPath: null, host: 'b.example' };
    assert.equal(move(text, { wanted }).websocketPath, '/b');
  });

  test('warns if Nginx does not forward the upgrade', () => {
    const lacks = (header: string, nginxVersion: string) => {
      const text = `http { server { location /ws { proxy_pass http://a; proxy_set_header Upgrade $a; ${header} } } }`;
      return move(text, { nginxVersion }).notices.flatMap(({ data }) => data.missing);
    };
    assert.deepEqual(lacks('', '1.22.1'), [
      'proxy_http_version 1.1;',
      'proxy_set_header Connection $connection_upgrade;',
    ]);
    assert.deepEqual(lacks('', '1.29.7'), ['proxy_set_header Connection $connection_upgrade;']);
    assert.deepEqual(lacks('proxy_set_header connection upgrade;', '1.29.7'), []);
  });

  test('names the map for those lines if there is none', () => {
    const mapWith = (http: string, header = '') => {
      const text = `http { ${http} server { location /ws { proxy_pass http://a; proxy_set_header Upgrade $a; ${header} } } }`;
      return move(text, { nginxVersion: '1.22.1' }).notices.map(({ data }) => data.map);
    };
    assert.deepEqual(mapWith(''), [UPGRADE_MAP]);
    assert.deepEqual(mapWith(UPGRADE_MAP), [null]);
    assert.deepEqual(mapWith('', 'proxy_set_header Connection upgrade;'), [null]);
  });

  test('finds no way in through a stream without TCP', () => {
    const stream = 'stream { server { listen 53 udp; proxy_pass a:53; } }';
    assert.throws(() => move(`events {} ${stream}`), /no location for WebSockets/);
    assert.throws(() => move('events {} stream { }'), /no location for WebSockets/);
  });
});
