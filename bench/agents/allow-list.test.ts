import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf, withAddresses } from './allow-list.ts';

const isAllowed = (host: string, ports: number[], allowed: { host: string; port: number | null }[]) =>
  refusalOf({ host, ports }, allowed) === null;

test('without a list, an agent accepts its own machine and nothing else', () => {
  for (const host of ['127.0.0.1', '127.4.5.6', '::1']) assert.ok(isAllowed(host, [1, 2], []), host);
  for (const host of ['10.0.0.1', '0.0.0.0', '127.0.0.1.example.com', 'localhost.example.com', '::2'])
    assert.ok(!isAllowed(host, [1], []), host);
});

test('with a list, an agent accepts exactly the hosts and ports in it', () => {
  const allowed = [
    { host: '10.0.0.1', port: null },
    { host: '10.0.0.2', port: 443 },
  ];
  assert.ok(isAllowed('10.0.0.1', [1, 2], allowed));
  assert.ok(isAllowed('10.0.0.2', [443], allowed));
  assert.ok(!isAllowed('10.0.0.2', [443, 444], allowed));
  assert.ok(!isAllowed('10.0.0.3', [443], allowed));
  assert.ok(!isAllowed('127.0.0.1', [443], allowed));
});

test('a refusal names the first port that is not allowed, and how to allow it', () => {
  const allowed = [{ host: '10.0.0.1', port: 80 }];
  assert.equal(
    refusalOf({ host: '10.0.0.1', ports: [80, 81, 82] }, allowed),
    'it is not allowed to put load on 10.0.0.1:81. Restart the agent with --allow 10.0.0.1:81, or --allow 10.0.0.1 for all ports.',
  );
  assert.equal(
    refusalOf({ host: '::2', ports: [1] }, allowed),
    'it is not allowed to put load on [::2]:1. Restart the agent with --allow [::2]:1, or --allow [::2] for all ports.',
  );
});

test('a name in the list allows its addresses, and nothing if it has none', async () => {
  const named = await withAddresses([
    { host: 'localhost', port: 443 },
    { host: 'no-such-name.invalid', port: null },
  ]);
  assert.ok(isAllowed(named.some(({ host }) => host === '127.0.0.1') ? '127.0.0.1' : '::1', [443], named));
  assert.ok(!isAllowed('127.0.0.1', [444], named));
  // Otherwise a list whose only name cannot be resolved would count as none.
  const unknown = await withAddresses([{ host: 'no-such-name.invalid', port: null }]);
  assert.ok(!isAllowed('127.0.0.1', [443], unknown));
});
