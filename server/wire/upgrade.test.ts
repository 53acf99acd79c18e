import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptFor, upgrades } from './upgrade.ts';

test('the accept value of the example in RFC 6455 section 1.3', () => {
  assert.equal(acceptFor('dGhlIHNhbXBsZSBub25jZQ=='), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test('an upgrade needs both headers', () => {
  const both = { upgrade: 'WebSocket', connection: 'keep-alive, Upgrade' };
  const of = (changes: object) => upgrades(new Map(Object.entries({ ...both, ...changes })));
  assert.ok(of({}));
  assert.ok(!of({ upgrade: 'h2c' }));
  assert.ok(!of({ connection: 'keep-alive' }));
  assert.ok(!upgrades(new Map([['connection', 'upgrade']])));
  assert.ok(!upgrades(new Map([['upgrade', 'websocket']])));
});
