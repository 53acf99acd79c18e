import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import net, { createServer } from 'node:net';
import os from 'node:os';
import { type TestContext, test } from 'node:test';
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

/** Simulates a machine on which only these ports, and any that the system chooses, are free. Returns what is tried. */
function machine(t: TestContext, free: readonly number[], random: number): number[] {
  const tried: number[] = [];
  t.mock.method(Math, 'random', () => random);
  t.mock.method(net, 'createServer', () => {
    const server = new EventEmitter();
    let port = 0;
    return Object.assign(server, {
      listen(wanted: number, _host: string, done: () => void) {
        tried.push(wanted);
        port = wanted === 0 ? 40_000 + tried.length : wanted;
        setImmediate(() =>
          wanted === 0 || free.includes(wanted) ? done() : server.emit('error', new Error('in use')),
        );
        return server;
      },
      address: () => ({ port }),
      close: (done: () => void) => done(),
    });
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return tried;
}

/** Consecutive numbers. */
const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

test('ports are tried one after another from a random one, and again from the first', async (t) => {
  const tried = machine(t, [10_001, 10_003], 0.7);
  assert.deepEqual(await portsOutside([10_004, 65_535], HOST, 2), [10_003, 10_001]);
  assert.deepEqual(tried, [10_002, 10_003, 10_000, 10_001]);
});

test('all ports above the range are used, up to the last one', async (t) => {
  const tried = machine(t, from(65_532, 4), 0.75);
  assert.deepEqual(await portsOutside([10_000, 65_531], HOST, 4), [65_535, 65_532, 65_533, 65_534]);
  assert.deepEqual(tried, [65_535, 65_532, 65_533, 65_534]);
});

test('if too few ports outside the range are free, any are returned', async (t) => {
  const tried = machine(t, [10_002], 0.7);
  assert.deepEqual(await portsOutside([10_004, 65_535], HOST, 2), [40_005, 40_006]);
  assert.deepEqual(tried, [10_002, 10_003, 10_000, 10_001, 0, 0]);
});

test('for each port that is needed, fifty are tried', async (t) => {
  const tried = machine(t, [], 1 / 3);
  await portsOutside([32_768, 60_999], HOST, 1);
  assert.deepEqual(tried, [...from(10_000 + 7589, 50), 0]);
  tried.length = 0;
  await portsOutside([10_100, 60_999], HOST, 2);
  assert.deepEqual(tried, [...from(61_000 + 1512, 100), 0, 0]);
  tried.length = 0;
  // Below and above the range are equally many ports.
  await portsOutside([20_000, 55_535], HOST, 1);
  assert.deepEqual(tried, [...from(10_000 + 3333, 50), 0]);
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

test('an address must belong to this machine', async (t) => {
  t.mock.method(os, 'networkInterfaces', () => ({
    lo: [
      { family: 'IPv6', address: '::1' },
      { family: 'IPv4', address: HOST },
    ],
    down: undefined,
    eth0: [{ family: 'IPv4', address: '192.0.2.7' }],
  }));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  await requireOwnAddress('--listen', HOST);
  await assert.rejects(requireOwnAddress('--listen', '192.0.2.1'), {
    kind: 'usage',
    message: '--listen 192.0.2.1 is not an address of this machine. Use one of 127.0.0.1, 192.0.2.7.',
  });
  await assert.rejects(
    requireOwnAddress('--listen', 'not an address'),
    (error) => !('kind' in (error as Error)),
  );
});
