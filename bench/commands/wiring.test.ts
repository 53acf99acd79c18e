import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PlannedStep } from '../plan/plan.ts';
import type { VariantProxy } from '../topology/driver.ts';
import { bunHere } from '../topology/engine.ts';
import { temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

test('the names to hide are those of this machine and its user, each once', () => {
  const names = services.readIdentity();
  assert.equal(names[0], hostname());
  assert.ok(names.includes(hostname().split('.')[0] ?? ''));
  assert.deepEqual(names, [...new Set(names)]);
  assert.ok(!names.includes(''));
});

test('a side is checked exactly if it has a proxy', async () => {
  const ears = { say: () => {}, urgent: new AbortController().signal };
  const checked: unknown[][] = [];
  const binary = { path: '/nginx' };
  const prepared = { check: async (...given: unknown[]) => void checked.push(given) };
  const side = { prepared, binary } as unknown as VariantProxy;
  const step = (proxy: object | null) => ({ plan: { proxy, servers: 3 } }) as unknown as PlannedStep;
  await services.checkSide(step(null), side, ears);
  assert.deepEqual(checked, []);
  await services.checkSide(step({ workers: 2 }), side, ears);
  assert.deepEqual(checked, [[{ workers: 2 }, binary, 3, ears]]);
});

test('seeds are integers of 32 bits, and time does not go backwards', () => {
  const seeds = Array.from({ length: 50 }, () => services.drawSeed());
  assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
  assert.ok(new Set(seeds).size > 1);
  const [before, after] = [services.elapsedMs(), services.elapsedMs()];
  assert.ok(after >= before);
});

test('the profiles and tunings of the package are read', async () => {
  const [profiles, tunings] = await Promise.all([services.loadProfiles(), services.loadTunings()]);
  for (const name of ['direct', 'plain', 'tls']) assert.ok(profiles.some((each) => each.name === name));
  assert.ok(tunings.some(({ name }) => name === 'placebo'));
});

test('an address to listen on must be one of this machine, for a runner and for an agent', async () => {
  const { signal } = new AbortController();
  const nats = { url: 'nats://127.0.0.1:1', secretFile: null, caFile: null };
  const refused = { kind: 'usage', message: /^--listen 192\.0\.2\.1 is not an address of this machine\./ };
  const listen = '192.0.2.1';
  const wanted = { nats, listen, generators: 1, proxy: null, servers: null, isWatched: false };
  await assert.rejects(services.findAgents(wanted, signal), refused);
  const agent = {
    ...{ nats, listen, name: 'a', allowed: [], limits: { connections: null, ratePerSecond: null } },
    ...{ role: 'generator' as const, watches: [] },
  };
  const ears = { say: assert.fail, signal, urgent: signal };
  await assert.rejects(services.serveAgent(agent, ears), refused);
  // Without an address, the first obstacle is that there is no NATS server.
  const unreachable = { kind: 'environment', message: /^The NATS server nats:\/\/127\.0\.0\.1:1 / };
  await assert.rejects(services.findAgents({ ...wanted, listen: null }, signal), unreachable);
  await assert.rejects(services.serveAgent({ ...agent, listen: null }, ears), unreachable);
});

test('the environment and the machine are those of this process', async () => {
  const [environment, machine] = await Promise.all([services.readEnvironment(), services.readMachine()]);
  assert.equal(environment.node, process.version);
  const bun = bunHere()?.version ?? null;
  assert.deepEqual([environment.bun, machine.bun, environment.ioUring], [bun, bun, machine.ioUring]);
});

test('an Nginx on PATH is found by every command', async (t) => {
  const bin = await temporaryFolder(t);
  const path = join(bin, 'nginx');
  const facts = 'nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.19\nconfigure arguments: --with-stream';
  await writeFile(path, `#!/bin/sh\necho "${facts}" >&2\n`, { mode: 0o755 });
  const before = process.env.PATH;
  process.env.PATH = bin;
  t.after(() => {
    process.env.PATH = before;
  });
  const search = { say: assert.fail, signal: new AbortController().signal };
  const found = [await services.findNginx(null, search), await services.findProxy('nginx', null, search)];
  assert.deepEqual(
    found.map((each) => [each.path, each.version]),
    [
      [path, '1.22.1'],
      [path, '1.22.1'],
    ],
  );
  const { nginx } = await services.examine({ source: null, say: assert.fail });
  assert.ok(typeof nginx !== 'string' && nginx.path === path);
});
