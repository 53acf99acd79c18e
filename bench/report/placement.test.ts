import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { placementNotice, placementOf } from './placement.ts';
import { viewOf } from './view.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const [TLS = assert.fail(), DIRECT = assert.fail()] = viewOf(
  makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'direct' })]),
).runs;

type Cpus = readonly [proxy: number[], server: number[], generator: number[], runner: number[]];

function placed(view: typeof TLS, cpus: Cpus | null) {
  const [proxy = [], server = [], generator = [], runner = []] = cpus ?? [];
  const placement = cpus && { proxy, server, generator, runner };
  return { ...view, run: { ...view.run, plan: { ...view.run.plan, placement } } };
}

test('a placement lists the CPUs of each component, without those of a missing proxy', () => {
  const cpus: Cpus = [[1, 2], [3], [4, 5], [0]];
  const lists = { proxy: '1,2', server: '3', generator: '4,5', runner: '0' };
  assert.deepEqual(placementOf(placed(TLS, cpus).run.plan), lists);
  assert.deepEqual(placementOf(placed(DIRECT, cpus).run.plan), { ...lists, proxy: '' });
  assert.equal(placementOf(placed(TLS, null).run.plan), null);
});

test('runs of a step differ in placement if any component does, other than the proxy of a run without one', () => {
  const differs = (...runs: (typeof TLS)[]) => placementNotice({ step: 'throughput', runs }) !== null;
  const cpus: Cpus = [[1], [2], [3], [0]];
  const others: Cpus[] = [
    [[9], [2], [3], [0]],
    [[1], [9], [3], [0]],
    [[1], [2], [9], [0]],
  ];
  assert.deepEqual(
    others.map((other) => differs(placed(TLS, cpus), placed(TLS, other))),
    [true, true, true],
  );
  assert.deepEqual(
    others.map((other) => differs(placed(TLS, cpus), placed(DIRECT, other))),
    [false, true, true],
  );
  assert.deepEqual(
    [cpus, others[0] ?? null].map((last) =>
      differs(placed(TLS, cpus), placed(DIRECT, cpus), placed(TLS, last)),
    ),
    [false, true],
  );
  assert.deepEqual(
    [differs(placed(TLS, null), placed(TLS, null)), differs(placed(TLS, null), placed(TLS, cpus))],
    [false, true],
  );
});
