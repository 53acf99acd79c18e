import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lines, move, moveServer, SPEC, WEBSOCKET } from './sandbox.test.fixture.ts';

describe('upstream servers', () => {
  const entries = (servers: string, upstreams = SPEC.upstreams) =>
    lines(
      moveServer('', { upstreams }, `upstream app { zone app 64k; ${servers} keepalive 8; }`),
      'server',
    ).slice(0, -1);

  test('are the echo servers, each used, with the parameters of the entries in turn', () => {
    const three = [7001, 7002, 7003].map((port) => ({ host: '127.0.0.1', port }));
    assert.deepEqual(entries('server a:1 max_fails=0; server b:1 weight=2;', three), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002 weight=2;',
      'server 127.0.0.1:7003 max_fails=0;',
    ]);
  });

  test('stay as many as were written', () => {
    assert.deepEqual(entries('server a; server b; server c;'), [
      'server 127.0.0.1:7001;',
      'server 127.0.0.1:7002;',
      'server 127.0.0.1:7001;',
    ]);
  });

  test('never ask a name server, and leave out what is down', () => {
    assert.deepEqual(entries('server a.example.com resolve; server b down; server c backup;'), [
      'server 127.0.0.1:7001;',
      'server 127.0.0.1:7002;',
      'server 127.0.0.1:7001 backup;',
    ]);
  });

  test('stand in for a host named in proxy_pass, with its URI', () => {
    const moved = move(`http { upstream app { server a; } server {
      ${WEBSOCKET}
      location /api { proxy_pass https://api.example.com:8443/v1/; proxy_bind 10.0.0.1; }
      location /var { proxy_pass http://$target$request_uri; }
      location /sock { proxy_pass http://unix:/run/app.sock:/x; }
    } }`);
    assert.deepEqual(lines(moved, 'proxy_pass'), [
      'proxy_pass http://app;',
      'proxy_pass http://bench_echo_servers/v1/;',
      'proxy_pass http://bench_echo_servers;',
      'proxy_pass http://bench_echo_servers/x;',
    ]);
    assert.deepEqual(lines(moved, 'upstream'), ['upstream bench_echo_servers {', 'upstream app {']);
    assert.deepEqual(lines(moved, 'server').slice(0, 2), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002 max_fails=0;',
    ]);
    assert.deepEqual(lines(moved, 'proxy_bind'), []);
  });
});
