import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { accepts, freePorts, portsOutside, requireOwnAddress } from './ports.ts';

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

test('ports are tried one after another from a random one, and again from the first', async (t) => {
  const within = async (random: number, range: readonly [number, number]) => {
    t.mock.method(Math, 'random', () => random);
    const [port = 0] = await portsOutside(range, HOST, 1);
    return port;
  };
  // Other programs may use a few of them.
  const near = (port: number, from: number) => port >= from && port < from + 20;
  assert.ok(near(await within(0, [32_768, 60_999]), 10_000));
  assert.ok(near(await within(0.5, [32_768, 60_999]), 10_000 + 11_384));
  assert.ok(near(await within(0, [10_100, 60_999]), 61_000));
  // Below and above the range are equally many ports.
  assert.ok(near(await within(0, [20_000, 55_535]), 10_000));
  const wrapped = await within(0.9999, [10_060, 65_535]);
  assert.ok(wrapped === 10_059 || near(wrapped, 10_000));
});

test('a port accepts connections while a server listens on it', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, HOST, done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  assert.equal(await accepts(HOST, port), true);
  await assert.rejects(freePorts(HOST, 1, port), { code: 'EADDRINUSE' });
  await new Promise((done) => server.close(done));
  assert.equal(await accepts(HOST, port), false);
  assert.deepEqual(await freePorts(HOST, 1, port), [port]);
});

test('an address must belong to this machine', async () => {
  await requireOwnAddress('--listen', HOST);
  await assert.rejects(requireOwnAddress('--listen', '192.0.2.1'), {
    kind: 'usage',
    message: /^--listen 192\.0\.2\.1 is not an address of this machine\. Use one of (\d+\.){3}\d+/,
  });
  await assert.rejects(
    requireOwnAddress('--listen', 'not an address'),
    (error) => !('kind' in (error as Error)),
  );
});
