import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { portsOutside } from './ports.ts';

const HOST = '127.0.0.1';

test('ports are free and outside the range, on the side with more ports', async () => {
  const below = await portsOutside([32_768, 60_999], HOST, 3);
  assert.equal(new Set(below).size, 3);
  assert.ok(below.every((port) => port >= 10_000 && port < 32_768));
  const above = await portsOutside([10_000, 30_000], HOST, 2);
  assert.ok(above.every((port) => port > 30_000));
  for (const port of [...below, ...above]) {
    const server = createServer();
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, HOST, done));
    await new Promise((done) => server.close(done));
  }
});

test('a range that covers all ports does not prevent finding some', async () => {
  assert.equal((await portsOutside([1024, 65_535], HOST, 2)).length, 2);
});
