import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { Placement } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { notice } from '../wording/finding.ts';
import { busyRun, placed, spinning } from './busy.test.fixture.ts';
import { busyFacts, utilisationOf } from './utilisation.ts';

describe('the utilisation', () => {
  const process = (
    component: string,
    cpuShare: number | null,
    loopUtilisation: number | null = null,
    changes: object = {},
  ) => ({
    component,
    role: component === 'proxy' ? 'worker' : component,
    cpuShare,
    loopUtilisation,
    ...changes,
  });
  const PROCESSES = [
    process('proxy', 0.1, null, { role: 'master' }),
    process('proxy', 0.5),
    process('proxy', 0.3),
    process('server', 0.2, 0.4),
    process('server', 0.3, 0.1),
    process('generator', 0.6, null),
    process('generator', null, 0.25),
    process('runner', 0.05),
    process('generator', 0.7, null, { host: 'h' }),
  ];
  const of = (run: Run, processes: readonly object[] = PROCESSES, cpus = 4) =>
    utilisationOf(run, { ...figuresOf(run), processes: processes as RunFigures['processes'] }, cpus);
  const used = (value: number) => Number(value.toFixed(9));

  test('is that of the busiest process of each kind, and of the CPUs of this machine', () => {
    const { machine, ...found } = of(busyRun());
    assert.deepEqual(found, {
      proxy: { busiest: 0.5, least: 0.3 },
      server: 0.4,
      generator: 0.7,
      shared: null,
    });
    assert.equal(used(machine), used((0.1 + 0.5 + 0.3 + 0.2 + 0.3 + 0.6 + 0.05) / 4));
    assert.equal(of(spinning(busyRun())).generator, null);
    assert.equal(of(busyRun(), PROCESSES, 0).machine, 0);
    assert.deepEqual(of(busyRun(), []), {
      proxy: null,
      server: null,
      generator: null,
      machine: 0,
      shared: null,
    });
    assert.deepEqual(of(busyRun(), [process('proxy', null)]).proxy, { busiest: 0, least: 0 });
  });

  test('of shared CPUs is that of the components on them, and of the runner if it has the same CPUs', () => {
    const sharedIn = (placement: Placement) => {
      const { shared } = of(placed(busyRun(), placement));
      return shared && [shared.components, used(shared.used)];
    };
    const [apart, server, generator] = [0.9, 0.5, 0.6];
    assert.deepEqual(sharedIn({ proxy: [0], server: [1, 2], generator: [1, 2], runner: [0] }), [
      ...[['server', 'generator'], used((server + generator) / 2)],
    ]);
    assert.deepEqual(sharedIn({ proxy: [0], server: [1, 2], generator: [1, 2], runner: [1, 2] }), [
      ...[['server', 'generator'], used((server + generator + 0.05) / 2)],
    ]);
    assert.deepEqual(sharedIn({ proxy: [1], server: [1], generator: [1], runner: [0] }), [
      ...[['proxy', 'server', 'generator'], used(apart + server + generator)],
    ]);
    const all = placed(busyRun(), { proxy: [1], server: [1], generator: [1], runner: [0] });
    for (const code of ['affinity-missing', 'affinity-refused'] as const)
      assert.equal(of({ ...all, notices: [notice('warning', code, {})] }).shared, null);
    assert.equal(sharedIn({ proxy: [], server: [], generator: [1], runner: [1] }), null);
    assert.equal(sharedIn({ proxy: [0], server: [1], generator: [1, 2], runner: [0] }), null);
  });

  test('is stated with the least busy worker only if that differs by a tenth', () => {
    const workers = (busiest: number, least: number) =>
      busyFacts({ proxy: { busiest, least }, server: 0.1, generator: 0.2, machine: 1, shared: null });
    const others = { server: 0.1, generator: 0.2 };
    assert.deepEqual(workers(0.5, 0.375), { proxy: { busiest: 0.5, least: 0.375 }, ...others });
    assert.deepEqual(workers(0.1, 0), { proxy: { busiest: 0.1, least: 0 }, ...others });
    assert.deepEqual(workers(0.5, 0.4375), { proxy: { busiest: 0.5, least: null }, ...others });
  });
});
