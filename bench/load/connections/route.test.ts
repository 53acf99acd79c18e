import assert from 'node:assert/strict';
import { test } from 'node:test';
import { triedServers } from './route.ts';

test('all servers that were tried are returned; the last one answered', () => {
  assert.deepEqual(triedServers('127.0.0.1:8080'), ['127.0.0.1:8080']);
  assert.deepEqual(triedServers('127.0.0.1:8080, unix:/tmp/a:b.sock'), [
    '127.0.0.1:8080',
    'unix:/tmp/a:b.sock',
  ]);
  // After an internal redirect, Nginx separates the servers of the two requests by a colon.
  assert.deepEqual(triedServers('127.0.0.1:1 : 127.0.0.1:2'), ['127.0.0.1:1', '127.0.0.1:2']);
});
