import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../model/finding.ts';
import { notice } from '../wording/finding.ts';
import { requestOf, SMALL_MACHINE } from './plan.test.fixture.ts';
import {
  checkAddresses,
  checkAgentPorts,
  type PortsNeeded,
  portsNeeded,
  sourceAddresses,
} from './source-ports.ts';

/** Each address has ports for 450 connections. */
const MACHINE = { ...SMALL_MACHINE, portRange: [10_000, 10_999] as const };
const EACH = 450;
const GIVEN = { isGiven: true };
const DERIVED = { isGiven: false };
/** Notices are added in order. */
const EARLIER = notice('info', 'own-backend', {});

test('a connection needs a port; a handshake needs one as well, at the given rate or the highest planned one', () => {
  const needed = (line: string, loop: 'open' | 'closed', warmupMs: number, durationMs: number) =>
    portsNeeded(requestOf(line), loop, { warmupMs, durationMs });
  assert.deepEqual(needed('-c 200', 'open', 1, 1), { ports: 200, handshakes: null });
  const connect = '--scenario connect -c 200 -R 100';
  assert.deepEqual(needed(connect, 'open', 1000, 2005), { ports: 200 + 301, handshakes: GIVEN });
  assert.deepEqual(needed(connect, 'closed', 1000, 2000), { ports: 200 + 60_000, handshakes: DERIVED });
  assert.deepEqual(needed('--scenario connect -c 200', 'open', 0, 1000), {
    ...{ ports: 200 + 20_000, handshakes: DERIVED },
  });
});

function checked(ports: number, handshakes: PortsNeeded['handshakes']): Notice[] {
  const notices = [EARLIER];
  checkAddresses({ ports, handshakes }, MACHINE, notices);
  assert.equal(notices.shift(), EARLIER);
  return notices;
}

test('several source addresses are a notice, and more than 200 a problem if their number is certain', () => {
  assert.deepEqual(checked(EACH, null), []);
  const addresses = (count: number) => [
    notice('info', 'preflight-addresses', { addresses: count, each: EACH }),
  ];
  assert.deepEqual(checked(EACH + 1, null), addresses(2));
  assert.deepEqual(checked(200 * EACH, null), addresses(200));
  assert.throws(() => checked(200 * EACH + 1, null), {
    kind: 'environment',
    message:
      /^90,001 connections need 201 source addresses, but a run can use only 200\. .* 450 connections\./,
  });
  const ofHandshakes = (count: number) => [
    notice('info', 'preflight-handshake-ports', { addresses: count, ports: count * EACH }),
  ];
  assert.deepEqual(checked(1, GIVEN), ofHandshakes(1));
  assert.deepEqual(checked(200 * EACH, GIVEN), ofHandshakes(200));
  assert.throws(() => checked(200 * EACH + 1, GIVEN), {
    kind: 'environment',
    message: /^90,001 handshakes need more source ports than the 90,000 /,
  });
  assert.deepEqual(checked(1e6, DERIVED), ofHandshakes(200));
});

test('handshakes from other hosts need ports there, unless their kernels reuse ports or the server closes', () => {
  const of = (
    { ports = 101, handshakes = GIVEN as PortsNeeded['handshakes'], scarcePorts = 50 as number | null },
    line = '--scenario connect --nats nats://n --agents 2 --listen 192.0.2.7',
  ) => {
    const notices = [EARLIER];
    const hosts = { agents: ['a', 'b'], openFilesLimit: 1e6, bun: false, scarcePorts };
    checkAgentPorts({ ports, handshakes }, requestOf(line), hosts, notices);
    assert.equal(notices.shift(), EARLIER);
    return notices;
  };
  assert.throws(() => of({}), {
    kind: 'environment',
    message: /^101 handshakes need 51 source ports on each agent's host, but at least one host has only 50\./,
  });
  assert.deepEqual(of({ ports: 100 }), []);
  assert.deepEqual(of({ handshakes: DERIVED }), [notice('warning', 'preflight-agent-ports', { ports: 50 })]);
  for (const found of [
    of({ handshakes: null }),
    of({ scarcePorts: null }),
    of({}, '--scenario connect --nats nats://n --agents 2 --listen 192.0.2.7 --close server'),
    of({}, '--scenario connect --nats nats://n --agents 2'),
  ])
    assert.deepEqual(found, []);
});

test('each run has its own block of addresses, in an order given by the seed', () => {
  const addresses = (ports: number, seed: number, number: number) =>
    sourceAddresses(ports, seed, MACHINE, number);
  assert.deepEqual(addresses(EACH, 0, 1), ['127.0.0.2']);
  assert.deepEqual(addresses(EACH + 1, 0, 1), ['127.0.0.2', '127.0.0.3']);
  assert.deepEqual([addresses(1, 0, 2), addresses(1, 2, 2)], [['127.0.1.2'], ['127.0.3.2']]);
  assert.deepEqual(
    [addresses(1, 249, 1), addresses(1, 249, 2), addresses(1, 250, 1), addresses(1, 251, 1)],
    [['127.0.249.2'], ['127.0.0.2'], ['127.0.0.2'], ['127.0.1.2']],
  );
  const all = addresses(1e9, 249, 1);
  assert.deepEqual([all.length, all.at(-1)], [200, '127.0.249.201']);
});
