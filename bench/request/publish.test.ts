import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from './request.ts';

test('a site is built from all reports, or from the given paths', () => {
  assert.deepEqual(parseRequest(['publish', '--no-config']), {
    command: 'publish',
    publish: { paths: ['reports'], out: 'site', title: 'WebSocket through Nginx', redact: false },
  });
  const words = ['publish', 'b', 'a', '--out', 'public', '--title', 'Nightly', '--redact'];
  assert.deepEqual(parseRequest(words), {
    command: 'publish',
    publish: { paths: ['b', 'a'], out: 'public', title: 'Nightly', redact: true },
  });
});
