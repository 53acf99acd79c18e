import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines, move } from './sandbox.test.fixture.ts';

test('stream alone: TCP is passed on, by the module if it is a dynamic one', () => {
  const moved = move(
    'events {} stream { upstream app { server a:1; } server { listen 443 ssl; proxy_pass app; } }',
    {
      streamModule: '/opt/ngx_stream_module.so',
    },
  );
  assert.deepEqual(lines(moved, 'load_module'), ['load_module /opt/ngx_stream_module.so;']);
  assert.deepEqual(lines(moved, 'proxy_pass'), ['proxy_pass app;']);
  assert.deepEqual(moved.listeners, [{ host: '127.0.0.1', port: 9001, tls: true, http2: false }]);
  assert.equal(moved.websocketPath, '/');
});
