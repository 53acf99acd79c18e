import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { move, moveServer, WEBSOCKET } from './sandbox.test.fixture.ts';

describe('the path for WebSockets', () => {
  const pathOf = (location: string) => {
    return move(`http { server { ${WEBSOCKET.replace('/ws', location)} } }`).websocketPath;
  };

  test('is the location’s, of any kind', () => {
    const cases = ['/chat', '= /chat', '^~ /chat', '=/chat', '~ ^/chat$', '~* /chat', '~ "^/chat"'];
    assert.deepEqual(
      cases.map(pathOf),
      cases.map(() => '/chat'),
    );
  });

  test('is never the name of a location', () => {
    assert.throws(() => pathOf('@chat'), Problem);
  });

  test('cannot be derived from an expression with operators', () => {
    assert.throws(
      () => pathOf(String.raw`~ ^/chat/\d+`),
      (error) =>
        error instanceof Problem && /No path can be derived from .* at mine.conf:1/.test(error.message),
    );
  });

  test('may be set by the server, and a plain GET has its own', () => {
    const moved = move(`http { server { proxy_set_header upgrade $http_upgrade;
      location / { proxy_pass http://app; proxy_set_header Host $host; }
      location /deep { location /deep/ws { proxy_pass http://app; } } } }`);
    assert.deepEqual([moved.websocketPath, moved.httpPath], ['/deep/ws', '/']);
  });

  test('leaves GETs to a cached location first, and to none where there is none', () => {
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
      location /if { ${upgrade} if ($a) { proxy_pass http://app; } }
      ${WEBSOCKET} } }`);
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

  test('is asked for where there is none', () => {
    assert.throws(
      () => move('http { server { location / { proxy_pass http://app; } } }'),
      (error) => error instanceof Problem && /no location for WebSockets/.test(error.message),
    );
  });
});
