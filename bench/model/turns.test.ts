import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cycleUs, ownTimeUs, sinceFirstTurnUs, sliceUs, type Turns, turnUs, wallMs } from './turns.ts';

const TURNS: Turns = { index: 1, of: 2, lengthMs: 250, pauseMs: 50, mirrored: false };

const anyTurns = fc
  .record({ of: fc.integer({ min: 1, max: 5 }), lengthMs: fc.integer({ min: 2, max: 2000 }) })
  .chain(({ of, lengthMs }) =>
    fc.record({
      index: fc.integer({ min: 0, max: of - 1 }),
      of: fc.constant(of),
      lengthMs: fc.constant(lengthMs),
      pauseMs: fc.integer({ min: 0, max: lengthMs - 1 }),
      mirrored: fc.boolean(),
    }),
  );

describe('the own time of an interleaved run', () => {
  test('passes only in its turns, without their pauses', () => {
    assert.deepEqual([ownTimeUs(TURNS, 1), ownTimeUs({ ...TURNS, index: 0 }, 1)], [0, 1]);
    const at = [0, 250, 300, 450, 500, 750, 800].map((ms) => ownTimeUs(TURNS, ms * 1e3) / 1e3);
    assert.deepEqual(at, [0, 0, 50, 200, 200, 200, 250]);
  });

  test('passes in a different order in every second cycle if the turns are mirrored', () => {
    const mirrored = { ...TURNS, mirrored: true };
    const at = [0, 250, 450, 500, 700, 750, 1000, 1250, 1450, 1500, 1700, 2000].map(
      (ms) => ownTimeUs(mirrored, ms * 1e3) / 1e3,
    );
    assert.deepEqual(at, [0, 0, 200, 200, 400, 400, 400, 400, 600, 600, 800, 800]);
  });

  test('one slice belongs to one turn, and lasts at most a second', () => {
    assert.equal(sliceUs(null), 1e6);
    fc.assert(
      fc.property(anyTurns, (turns) => {
        const parts = cycleUs(turns) / sliceUs(turns);
        assert.ok(Math.abs(parts - Math.round(parts)) < 1e-9 && sliceUs(turns) <= 1e6);
      }),
    );
  });

  test('is all time without turns, or before the first one', () => {
    assert.deepEqual(
      [ownTimeUs(null, 123), ownTimeUs(TURNS, -5), sinceFirstTurnUs(null, 123), wallMs(null, 123)],
      [123, -5, 123, 123],
    );
  });

  test('of all runs together is all time except the pauses', () => {
    fc.assert(
      fc.property(anyTurns, fc.nat(10_000_000), (turns, sinceUs) => {
        const runs = Array.from({ length: turns.of }, (_, index) => ({ ...turns, index }));
        const own = runs.reduce((sum, each) => sum + ownTimeUs(each, sinceUs), 0);
        const pauses = Math.ceil(sinceUs / (turns.lengthMs * 1e3)) * turns.pauseMs * 1e3;
        assert.ok(own <= sinceUs && own >= sinceUs - pauses, `${own} of ${sinceUs}`);
      }),
    );
  });

  test('is reached at the predicted time', () => {
    fc.assert(
      fc.property(anyTurns, fc.nat(10_000_000), (turns, ownUs) => {
        assert.equal(ownTimeUs(turns, sinceFirstTurnUs(turns, ownUs)), ownUs);
      }),
    );
  });

  test('has passed for every run after whole rounds of turns', () => {
    fc.assert(
      fc.property(anyTurns, fc.integer({ min: 1, max: 60_000 }), (turns, ownMs) => {
        const wallUs = wallMs(turns, ownMs) * 1e3;
        assert.equal(wallUs % cycleUs(turns), 0);
        for (let index = 0; index < turns.of; index++) {
          const own = ownTimeUs({ ...turns, index }, wallUs);
          const most = (turns.mirrored ? 2 : 1) * turnUs(turns);
          assert.ok(own >= ownMs * 1e3 && own < ownMs * 1e3 + most);
        }
      }),
    );
  });
});
