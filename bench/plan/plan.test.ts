import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { assertGolden } from '../../test/golden.ts';
import { Problem } from '../model/failure.ts';
import { loadOf } from '../model/load.ts';
import { planSchema } from '../model/plan.ts';
import { resultId } from '../model/result.ts';
import { isBuiltIn, SCENARIOS, stepNamed } from '../scenarios/registry.ts';
import { profileNamed, requestOf, SMALL_MACHINE, sidesOf, specOf } from './plan.test.fixture.ts';
import { planRequest } from './plan.ts';

const CIRCUMSTANCES = {
  command: ['--profile', 'plain,tls'],
  now: new Date('2025-01-02T03:04:05.678Z'),
  seed: 42,
  machine: SMALL_MACHINE,
};
const PROFILES = [profileNamed('plain'), profileNamed('tls')];
const SIDES = sidesOf(PROFILES);

function planned(line: string, context = CIRCUMSTANCES) {
  const request = { ...requestOf(line), variants: ['plain', 'tls'] };
  const planning = planRequest(request, SIDES, context);
  const runs = PROFILES.map((profile, index) => planning.planRun(specOf(request, profile), index + 1));
  return { ...planning, runs };
}

test('runs of a comparison do not take turns if agents generate the load, and each says so', () => {
  const generators = { agents: ['a', 'b'], openFilesLimit: 1e6, bun: false, scarcePorts: null };
  const host = { agent: 's', cpus: 2, openFilesLimit: 20_000, somaxconn: 4096, bun: true };
  const request = requestOf('--nats nats://n --agents 2 --steps throughput');
  for (const elsewhere of [{ generators }, { proxyHost: host }, { serverHosts: [host] }]) {
    const machine = { ...SMALL_MACHINE, ...elsewhere };
    const planning = planRequest(request, SIDES, { ...CIRCUMSTANCES, machine });
    assert.equal(planning.together, false);
    for (const profile of PROFILES) {
      const { plan, notices } = planning.planRun({ ...specOf(request, profile), round: 1 }, 1);
      assert.equal(plan.turns, null);
      assert.ok(notices.some(({ code }) => code === 'agents-apart'));
    }
  }
});

test('a plan has the whole request and its variants, and a run its own variant', () => {
  const { id, plan, variants, runs } = planned(
    '--strict --threshold messages.lost==0 --label branch=main --note Why. --series nightly',
  );
  v.assert(planSchema, plan);
  assert.equal(id, '20250102T030405Z-plain-tls');
  assert.deepEqual(plan, {
    command: ['--profile', 'plain,tls'],
    seed: 42,
    strict: true,
    thresholds: ['messages.lost==0'],
    scenario: 'echo',
    steps: ['throughput', 'latency'],
    labels: { branch: 'main' },
    note: 'Why.',
    series: 'nightly',
  });
  assert.deepEqual(variants, [
    {
      name: 'plain',
      title: 'The plain profile',
      profile: 'plain',
      proxy: { kind: 'nginx', binary: null, tunings: [] },
    },
    {
      name: 'tls',
      title: 'The tls profile',
      profile: 'tls',
      proxy: { kind: 'nginx', binary: null, tunings: [] },
    },
  ]);
  assert.deepEqual(
    runs.map((run) => [run.profile.name, run.plan.variant, run.plan.step, run.plan.workload.load]),
    ['plain', 'tls'].map((name) => [name, name, 'throughput', { kind: 'closed', inFlight: 1 }]),
  );
  assert.equal(
    planRequest(requestOf(), sidesOf([profileNamed('direct')]), CIRCUMSTANCES).variants[0]?.proxy,
    null,
  );
});

test('a given seed is kept; otherwise the drawn one is used', () => {
  const seeds = (line: string): number[] => {
    const { plan, runs } = planned(line);
    return [plan.seed, ...runs.map((run) => run.plan.seed)];
  };
  assert.deepEqual(seeds('--seed 7'), [7, 7, 7]);
  assert.deepEqual(seeds(''), [42, 42, 42]);
});

test('no two runs connect from the same address', () => {
  for (const seed of [0, 249, 2 ** 32 - 1]) {
    const { runs } = planned('-c 50k', { ...CIRCUMSTANCES, seed });
    const addresses = runs.flatMap((run) => run.plan.sourceAddresses);
    assert.equal(addresses.length, 8);
    assert.equal(new Set(addresses).size, 8);
  }
});

test('a name is made valid for a folder, or rejected', () => {
  const idOf = (name: string | null, variants = ['tls']): string =>
    planRequest({ ...requestOf(), name, variants }, SIDES, CIRCUMSTANCES).id.slice(
      '20250102T030405Z-'.length,
    );
  assert.equal(idOf('after the été/2 change!'), 'after-the-ete-2-change');
  assert.equal(idOf('Größe ŁØ'), 'Grosse-LO');
  assert.equal(idOf('ßẞæÆœŒøØłŁđĐðÐþÞıħĦŧŦ'), 'ssSSaeAEoeOEoOlLdDdDthThihHtT');
  assert.equal(idOf(`${'x'.repeat(80)}yz`), 'x'.repeat(80));
  assert.equal(idOf(null, ['plain', 'tls', 'http2']), 'plain-tls-http2');
  assert.equal(idOf('../../etc'), 'etc');
  assert.equal(idOf(null, ['all']), 'all');
  assert.equal(idOf(null, ['plain', 'tls', 'http2', 'cache']), '4-variants');
  assert.throws(() => idOf('…'), { kind: 'usage', message: /^--name "…"/ });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      try {
        const { id } = planRequest({ ...requestOf(), name }, SIDES, CIRCUMSTANCES);
        assert.ok(v.is(resultId, id), id);
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
      }
    }),
  );
});

test('the plans of runs are what their golden file says', () => {
  const lines = [
    '--seed 1',
    '-c 30k --nginx-workers 4 --client ws --server lean --engine bun --seed 9',
    '-c 7 -R 250 --arrivals poisson --warmup 3s -d 4s --ramp 100 --steps latency',
    '--payload 4k --type binary --in-flight 3 --connect-timeout 4s --echo-timeout 3s --no-http',
    ...SCENARIOS.filter(({ name }) => isBuiltIn(name)).map(({ name }) => `--scenario ${name}`),
    '--scenario idle --hold 90s --ping server',
    '--scenario storm --cut backend --recovery 9s',
    '--scenario backend-loss --loss stop -R 300',
    '--scenario broadcast -c 90 --room 9 --publishers 2',
  ];
  const plans = lines.flatMap((line) => {
    const request = requestOf(line);
    const servers = request.scenario.servers?.least ?? 2;
    const profiles = [profileNamed('direct', servers), profileNamed('tls', servers)];
    const planning = planRequest(request, sidesOf(profiles), CIRCUMSTANCES);
    return profiles.flatMap((profile, index) =>
      request.steps.map((step) => {
        const load = loadOf(stepNamed(step).load, request.load, request.load.ratePerSecond ?? 1000);
        const spec = { variant: profile.name, step, round: null, load };
        const { plan, notices } = planning.planRun(spec, index + 1);
        return [line, JSON.stringify(plan), ...notices.map(({ code }) => code)].join('\n');
      }),
    );
  });
  assertGolden('plans.txt', `${plans.join('\n\n')}\n`);
});
