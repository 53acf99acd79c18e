import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handshakeNotices, likelyLine } from './handshake-notice.ts';
import { parse } from './parse.ts';
import { directives } from './tree.ts';

const [server] = directives(
  parse(
    `server { proxy_hide_header Upgrade;
location /ws {
proxy_pass http://app;
proxy_set_header Upgrade $x;
proxy_set_header Upgrade $y;
}
proxy_hide_header; proxy_hide_header Connection; }`,
    '/etc/nginx/site.conf',
  ),
);
const levels = server === undefined ? [] : [server, ...directives(server.block, 'location')];

test('failed handshakes are reported with their status and the most likely cause', () => {
  const lines = { 'status-500': 3, 'status-426': 4, 'status-404': 2, 'protocol-error': 1 };
  for (const [kind, line] of Object.entries(lines)) {
    const [found] = handshakeNotices(
      [{ failures: { [`upgrade/${kind}`]: 2 } }, { failures: { [`upgrade/${kind}`]: 1, 'tcp/reset': 1 } }],
      likelyLine(levels),
    );
    assert.deepEqual(
      [found?.code, found?.data],
      ['handshakes-failed', { count: 3, kind, line: `site.conf:${line}` }],
    );
  }
});

test('a kept access rule is named as the cause of a 403, a removed one is not', () => {
  const denying = directives(
    parse('server { deny all;\nlocation /ws {\nallow 10.0.0.1;\ndeny all; } }', 'a.conf'),
  );
  const all = [...denying, ...directives(denying[0]?.block ?? null, 'location')];
  assert.equal(likelyLine(all, true)('status-403'), 'a.conf:4');
  assert.equal(likelyLine(all, false)('status-403'), 'a.conf:2');
  assert.equal(likelyLine(denying, true)('status-403'), 'a.conf:1');
});

test('there is no notice for other failures, or for a profile', () => {
  assert.deepEqual(
    handshakeNotices([{ failures: { 'tcp/refused': 3, 'upgrade/status-500': 1 } }], likelyLine(levels)),
    [],
  );
  assert.deepEqual(handshakeNotices([{ failures: { 'upgrade/status-500': 1 } }], null), []);
  assert.deepEqual(handshakeNotices([], likelyLine(levels)), []);
});
