import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ownTimeUs } from '../../model/turns.ts';
import { makePacer, type Pacer } from './pacer.ts';

function take(pacer: Pacer, count: number): number[] {
  return Array.from({ length: count }, () => {
    const { dueUs } = pacer;
    pacer.advance();
    return dueUs;
  });
}

const shape = fc.record({
  ratePerSecond: fc.double({ min: 0.5, max: 1e6, noNaN: true }),
  startUs: fc.nat(1e9),
  workers: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(2 ** 31),
});

test('uniform: together, the workers send one message every 1/rate, without duplicates or omissions', () => {
  fc.assert(
    fc.property(shape, ({ ratePerSecond, startUs, workers, seed }) => {
      const load = { kind: 'open', ratePerSecond, arrivals: 'uniform' } as const;
      const all = Array.from({ length: workers }, (_, w) =>
        take(makePacer(load, startUs, w, workers, seed), 50),
      );
      const expected = Array.from({ length: workers * 50 }, (_, k) => startUs + (k * 1e6) / ratePerSecond);
      assert.deepEqual(
        all.flat().toSorted((a, b) => a - b),
        expected,
      );
    }),
  );
});

test('uniform: the millionth message is due at the exact time, without accumulated rounding errors', () => {
  const pacer = makePacer({ kind: 'open', ratePerSecond: 3_333, arrivals: 'uniform' }, 0, 0, 1, 1);
  for (let i = 0; i < 1_000_000; i++) pacer.advance();
  assert.equal(pacer.dueUs, (1_000_000 * 1e6) / 3_333);
});

test('poisson: times never decrease, are the same for the same seed, and differ between workers', () => {
  fc.assert(
    fc.property(shape, ({ ratePerSecond, startUs, workers, seed }) => {
      const load = { kind: 'open', ratePerSecond, arrivals: 'poisson' } as const;
      const once = take(makePacer(load, startUs, 0, workers, seed), 100);
      assert.deepEqual(take(makePacer(load, startUs, 0, workers, seed), 100), once);
      assert.ok(once.every((dueUs, i) => dueUs >= (once[i - 1] ?? startUs)));
      if (workers > 1) assert.notDeepEqual(take(makePacer(load, startUs, 1, workers, seed), 100), once);
    }),
  );
});

test('poisson: gaps have the mean and the spread of an exponential distribution', () => {
  const due = take(
    makePacer({ kind: 'open', ratePerSecond: 1_000, arrivals: 'poisson' }, 0, 0, 1, 7),
    100_000,
  );
  const gaps = due.map((dueUs, i) => dueUs - (due[i - 1] ?? 0));
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  // With 100,000 samples of a seeded sequence, the standard error of both is 0.3 %.
  assert.ok(Math.abs(mean - 1_000) < 15, `mean gap ${mean}`);
  assert.ok(Math.abs(deviation - 1_000) < 20, `deviation ${deviation}`);
  const ofOneOfFour = take(
    makePacer({ kind: 'open', ratePerSecond: 1_000, arrivals: 'poisson' }, 0, 0, 4, 7),
    100_000,
  );
  assert.ok(Math.abs((ofOneOfFour.at(-1) ?? 0) / 100_000 - 4_000) < 60, 'a quarter of the rate');
});

test('in turns: nothing is due during another run’s turn or a pause, and the rate applies to the run’s own time', () => {
  const turns = { index: 1, of: 3, lengthMs: 100, pauseMs: 10, mirrored: false };
  for (const arrivals of ['uniform', 'poisson'] as const) {
    const load = { kind: 'open', ratePerSecond: 10_000, arrivals } as const;
    const startUs = 5_000;
    const due = take(makePacer(load, startUs, 0, 1, 1, turns), 9_000);
    for (const dueUs of due) {
      const inCycleUs = (dueUs - startUs) % 300_000;
      assert.ok(inCycleUs >= 100_000 && inCycleUs < 190_000, `${arrivals}: ${dueUs}`);
    }
    assert.ok(due.every((dueUs, i) => dueUs >= (due[i - 1] ?? 0)));
    const plain = take(makePacer(load, 0, 0, 1, 1), 9_000);
    assert.deepEqual(
      due.map((dueUs) => Math.round(ownTimeUs(turns, dueUs - startUs))),
      plain.map(Math.round),
    );
  }
});

test('poisson: each worker has a schedule of its own, which does not change between versions', () => {
  const load = { kind: 'open', ratePerSecond: 1000, arrivals: 'poisson' } as const;
  const due = (worker: number, seed: number) =>
    take(makePacer(load, 500, worker, 2, seed), 4).map((us) => Math.round(us * 1e6) / 1e6);
  assert.deepEqual(due(1, 7), [839.905146, 2802.589307, 3517.838903, 5898.993338]);
  assert.deepEqual(due(0, 8), due(1, 7));
});
