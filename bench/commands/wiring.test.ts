import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { PlannedStep } from '../plan/plan.ts';
import type { VariantProxy } from '../topology/driver.ts';
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
