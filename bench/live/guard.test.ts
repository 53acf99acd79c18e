import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejectionReason } from './guard.ts';

const FOREIGN = 'This server only answers requests from its own pages.';

test('only requests of this server’s own pages are allowed, and only by GET', () => {
  const host = '127.0.0.1:80';
  for (const [request, reason] of [
    [{ headers: { host } }, null],
    [{ method: 'GET', headers: { host: 'LOCALHOST:80' } }, null],
    [{ headers: { host: '[::1]:80' } }, null],
    [{ headers: { host, origin: 'http://[::1]:80' } }, null],
    [{ headers: { host, 'sec-fetch-site': 'none' } }, null],
    [{ headers: { host, origin: 'http://127.0.0.1:80', 'sec-fetch-site': 'same-origin' } }, null],
    [{ headers: { host, origin: 'http://127.0.0.1:81', 'sec-fetch-site': 'same-origin' } }, FOREIGN],
    [{ headers: { host, origin: 'http://127.0.0.1:80', 'sec-fetch-site': 'same-site' } }, FOREIGN],
    [{ method: 'POST', headers: { host, 'sec-fetch-site': 'cross-site' } }, FOREIGN],
    [{ method: 'POST', headers: { host } }, 'This server only answers GET requests.'],
    [
      { method: 'POST', headers: {} },
      'This server only answers requests for 127.0.0.1:80, localhost:80, [::1]:80.',
    ],
  ] as const)
    assert.equal(rejectionReason(request, 80), reason, JSON.stringify(request));
});
