import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { Problem } from '../model/failure.ts';
import { planSchema } from '../model/plan.ts';
import { resultSchema } from '../model/result.ts';
import { profileNamed, requestOf, SMALL_MACHINE } from './plan.test.fixture.ts';
import { makePlan } from './plan.ts';

const CIRCUMSTANCES = {
  command: ['--profile', 'plain,tls'],
  now: new Date('2025-01-02T03:04:05.678Z'),
  seed: 42,
  machine: SMALL_MACHINE,
};
const PROFILES = [profileNamed('plain'), profileNamed('tls')];

test('one run for each profile, in order, with all that was asked for as a whole', () => {
  const request = { ...requestOf('--strict --threshold messages.lost==0'), profiles: ['plain', 'tls'] };
  const { id, plan, runs } = makePlan(request, PROFILES, CIRCUMSTANCES);
  v.assert(planSchema, plan);
  assert.equal(id, '20250102T030405Z-plain-tls');
  assert.deepEqual(
    { ...plan, runs: plan.runs.map((run) => run.profile) },
    {
      command: ['--profile', 'plain,tls'],
      seed: 42,
      strict: true,
      thresholds: ['messages.lost==0'],
      runs: ['plain', 'tls'],
    },
  );
  assert.deepEqual(
    runs.map((run) => [run.profile.name, run.plan]),
    plan.runs.map((run) => [run.profile, run]),
  );
});

test('the seed that was asked for is kept, else the one that was drawn', () => {
  const seeds = (line: string): number[] => {
    const { plan } = makePlan(requestOf(line), PROFILES, CIRCUMSTANCES);
    return [plan.seed, ...plan.runs.map((run) => run.seed)];
  };
  assert.deepEqual(seeds('--seed 7'), [7, 7, 7]);
  assert.deepEqual(seeds(''), [42, 42, 42]);
});

test('no two runs connect from the same address', () => {
  for (const seed of [0, 249, 2 ** 32 - 1]) {
    const { plan } = makePlan(requestOf('-c 50k'), PROFILES, { ...CIRCUMSTANCES, seed });
    const addresses = plan.runs.flatMap((run) => run.sourceAddresses);
    assert.equal(addresses.length, 8);
    assert.equal(new Set(addresses).size, 8);
  }
});

test('a name becomes fit for a folder, or is refused', () => {
  const idOf = (name: string | null, profiles = ['tls']): string =>
    makePlan({ ...requestOf(), name, profiles }, PROFILES, CIRCUMSTANCES).id.slice(
      '20250102T030405Z-'.length,
    );
  assert.equal(idOf('after the été/2 change!'), 'after-the-ete-2-change');
  assert.equal(idOf('../../etc'), 'etc');
  assert.equal(idOf(null, ['all']), 'all');
  assert.equal(idOf(null, ['plain', 'tls', 'http2', 'cache']), '4-profiles');
  assert.throws(() => idOf('…'), { kind: 'usage', message: /^--name "…" has no letter or digit/ });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      try {
        const { id } = makePlan({ ...requestOf(), name }, PROFILES, CIRCUMSTANCES);
        assert.ok(v.is(resultSchema.entries.id, id), id);
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
      }
    }),
  );
});
