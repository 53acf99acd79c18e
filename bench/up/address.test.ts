import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { keepUp, type UpInput } from './up.ts';

/** Inputs of a topology that is rejected before they are used. */
const at = (host: string, port: number | null) => keepUp({ host, port } as UpInput);

test('an address that no interface has is rejected with a list of those available', async () => {
  // No machine has this address, because it is reserved for documentation (RFC 5737).
  await assert.rejects(at('192.0.2.1', null), {
    kind: 'usage',
    message: /^--allow-remote 192\.0\.2\.1 is not .* Use one of ([\d.]+, )*127\.0\.0\.1(, [\d.]+)*\.$/,
  });
});

test('a port that is in use is rejected', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(at('127.0.0.1', port), {
    kind: 'environment',
    message: `--port ${port} is already in use on 127.0.0.1. Choose another port.`,
  });
});
