import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changesOf, lines, move, moveServer, SPEC, WEBSOCKET } from './sandbox.test.fixture.ts';

const UP =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

describe('a server that passes requests to another one in the same configuration', () => {
  const hops = (front: string, listen = '127.0.0.1:81', http = '') =>
    move(`http { ${http} server { listen 80; location / { ${front} } }
      server { listen ${listen}; ${WEBSOCKET} } }`);

  test('still does so, at the other server’s new port', () => {
    for (const address of ['127.0.0.1:81', 'localhost:81']) {
      const moved = hops(`proxy_pass http://${address};`);
      assert.deepEqual(lines(moved, 'proxy_pass')[0], 'proxy_pass http://bench_hop_127_0_0_1_9002;');
      assert.ok(lines(moved, 'server').includes('server 127.0.0.1:9002 max_fails=0;'));
    }
    const named = hops(
      'proxy_pass http://inner;',
      '127.0.0.1:81',
      'upstream inner { server 127.0.0.1:81 weight=2; }',
    );
    assert.ok(lines(named, 'server').includes('server 127.0.0.1:9002 weight=2;'));
  });

  test('is the entry for clients, and needs twice the connections', () => {
    const moved = hops('proxy_pass http://127.0.0.1:81;');
    assert.deepEqual(moved.listeners[0]?.port, 9001);
    assert.equal(moved.websocketPath, '/ws');
    assert.deepEqual(lines(moved, 'worker_connections'), [
      `worker_connections ${SPEC.workerConnections * 2};`,
    ]);
  });

  test('is the entry for clients only if it keeps the path', () => {
    const entryFor = (location: string, url: string) =>
      move(`http { server { listen 80; location ${location} { proxy_pass ${url}; } }
        server { listen 127.0.0.1:81; ${WEBSOCKET} } }`).listeners[0]?.port;
    const [front, inner] = [9001, 9002];
    assert.equal(entryFor('/', 'http://127.0.0.1:81/'), front);
    assert.equal(entryFor('/ws', 'http://127.0.0.1:81'), front);
    // With a path in its URL, proxy_pass puts that path in place of the location's: /ws arrives as /.
    assert.equal(entryFor('/ws', 'http://127.0.0.1:81/'), inner);
    assert.equal(entryFor('/', 'http://127.0.0.1:81/chat'), inner);
  });

  test('connects to it as written, with or without TLS, and through an upstream if all entries lead there', () => {
    const passed = (...args: Parameters<typeof hops>) => lines(hops(...args), 'proxy_pass')[0];
    const tls = '127.0.0.1:81 ssl';
    assert.equal(
      passed('proxy_pass https://127.0.0.1:81;', tls),
      'proxy_pass https://bench_hop_127_0_0_1_9002;',
    );
    assert.equal(
      passed('proxy_pass http://127.0.0.1:81;', tls),
      'proxy_pass http://bench_hop_127_0_0_1_9002;',
    );
    const upstream = (entries: string) => `upstream inner { server 127.0.0.1:81; ${entries} }`;
    assert.equal(passed('proxy_pass https://inner;', tls, upstream('')), 'proxy_pass https://inner;');
    const mixed = hops('proxy_pass https://inner;', tls, upstream('server 10.0.0.1;'));
    assert.equal(lines(mixed, 'proxy_pass')[0], 'proxy_pass http://inner;');
    assert.ok(!lines(mixed, 'server').some((line) => line.includes('9002')));
  });

  test('goes to the echo servers if it would connect to itself', () => {
    const moved = hops('proxy_pass http://127.0.0.1:80;');
    assert.equal(lines(moved, 'proxy_pass')[0], 'proxy_pass http://bench_echo_servers;');
  });
});

describe('variables in proxy_pass that the configuration itself sets', () => {
  const passed = (server: string, http = '') => move(`http { ${http} server { ${WEBSOCKET} ${server} } }`);

  test('form no address if they are empty', () => {
    const moved = passed('location / { set $h app; set $p 80; location /x { proxy_pass http://$h:$p/y; } }');
    assert.equal(lines(moved, 'proxy_pass')[1], 'proxy_pass http://$bench_upstream_3/y;');
    assert.equal(lines(moved, 'map').length, 3);
    const capture = passed('location ~ ^/(\\d+)$ { proxy_pass http://127.0.0.1:$1; }');
    assert.equal(lines(capture, 'proxy_pass')[1], 'proxy_pass http://$bench_upstream_1;');
  });

  test('are not judged if they depend on a client, an access rule or a server name', () => {
    for (const server of [
      'location /x { proxy_pass http://$arg_host; }',
      'location /x { set $h $cookie_h; proxy_pass http://$h; }',
      'location /x { auth_request_set $h $upstream_http_h; proxy_pass http://$h; }',
      'server_name ~^(.*)$; location /x { proxy_pass http://$1; }',
      'location /x { set $h a; proxy_pass http://$h$uri; }',
    ]) {
      const expected = server.includes('$uri') ? /bench_(echo_servers|upstream_1)/ : /bench_echo_servers/;
      assert.match(lines(passed(server), 'proxy_pass').at(-1) ?? '', expected, server);
    }
  });
});

describe('the route to a location', () => {
  test('leads through error_page, and through try_files', () => {
    for (const fallback of ['error_page 418 = @ws; return 418;', 'try_files $uri @ws;']) {
      const moved = move(
        `http { server { location / { ${fallback} } location @ws { proxy_pass http://a; ${UP} } } }`,
      );
      assert.equal(moved.websocketPath, '/');
      const wanted = { websocketPath: '/', host: null };
      const named = move(
        `http { server { location / { ${fallback} } location @ws { proxy_pass http://a; ${UP} } } }`,
        { wanted },
      );
      assert.equal(named.websocketPath, '/');
    }
  });

  test('is blocked by a regular expression, which is reported; a requested path is used unchanged', () => {
    const source = `http { server { ${WEBSOCKET}\nlocation ~ ^/ws { return 404; } } }`;
    assert.throws(
      () => move(source),
      /"location \/ws" at mine\.conf:1 is shadowed by .* mine\.conf:2.*\^~ \/ws.*`check`/,
    );
    assert.equal(move(source, { wanted: { websocketPath: '/ws/a', host: null } }).websocketPath, '/ws/a');
  });

  test('goes through stream if only stream proxies', () => {
    const moved = move('http { server { listen 80; } } stream { server { listen 9; proxy_pass a:1; } }');
    assert.equal(moved.listeners[0]?.port, 9002);
    assert.deepEqual(changesOf(moveServer('').notices), []);
  });
});
