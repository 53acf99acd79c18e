import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../nginx/parse.ts';
import { print } from '../nginx/print.ts';
import { shortened } from './shortened.ts';

const lines = (text: string) =>
  print(shortened(parse(text, 'mine.conf')))
    .text.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

test('every timeout that closes WebSockets is a second, the defaults as well', () => {
  assert.deepEqual(
    lines('http { server { location / { proxy_read_timeout 1h 30m; proxy_send_timeout 5m; } } }'),
    [
      'http {',
      'proxy_read_timeout 1s;',
      'server {',
      'location / {',
      'proxy_read_timeout 1s;',
      'proxy_send_timeout 5m;',
      '}',
      '}',
      '}',
    ],
  );
  assert.deepEqual(lines('worker_shutdown_timeout 30s; stream { proxy_timeout 1d; }'), [
    'worker_shutdown_timeout 1s;',
    'stream {',
    'proxy_timeout 1s;',
    '}',
  ]);
  assert.deepEqual(lines('stream { server { listen 1; } }').slice(0, 2), ['stream {', 'proxy_timeout 1s;']);
});
